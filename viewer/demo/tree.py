"""The coronary arteries and cardiac veins of the canonical heart: which there are, how wide, along which grooves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from viewer.demo import heart as anatomy
from viewer.demo.courses import STEP_MM, Ground, Leg, Plan, bent, smooth_course, swayed
from viewer.demo.heart import AORTIC_AXIS, Heart, sinus
from viewer.model.geometry import Float, unit

END = -1.0  #: leaves the parent where it ends

LEFT_OSTIUM = tuple(sinus(25.0) + 9.0 * unit((0.95, 0.1, 0.1)) + 2.5 * AORTIC_AXIS)
RIGHT_OSTIUM = tuple(sinus(258.0) + 9.0 * unit((-0.45, -0.9, 0.1)) + 2.5 * AORTIC_AXIS)

PLANS: dict[str, Plan] = {
    "LM": Plan(None, 0, (Leg((23.0, -4.0, 35.0), free=True),), 2.25, 2.1),
    "LAD": Plan(
        "LM",
        END,
        (
            Leg((27, -11, 33.5)),
            Leg((31, -20, 27)),
            Leg((33, -30, 18), "RV LV"),
            Leg((41, -42, 4), "RV LV"),
            Leg((49, -50, -14), "RV LV"),
            Leg((58, -50, -30)),
            Leg((62, -42, -42)),
        ),
        1.85,
        0.75,
        0.8,
        27.0,
    ),
    "LCX": Plan(
        "LM",
        END,
        (
            Leg((30, 2, 31)),
            Leg((38, 11, 25)),
            Leg((41, 21, 16), "LA LV"),
            Leg((35, 30, -1), "LA LV"),
            Leg((25, 36, -9), "LA LV"),
            Leg((14, 33, -15)),
        ),
        1.7,
        1.0,
        0.7,
        25.0,
    ),
    "RCA": Plan(
        None,
        0,
        (
            Leg((-18, -27, 26), free=True),
            Leg((-29, -29, 19)),
            Leg((-40, -26, 8), "RA RV"),
            Leg((-44, -20, -6), "RA RV"),
            Leg((-42, -10, -19), "RA RV"),
            Leg((-30, 2, -28), "RA RV"),
            Leg((-14, 8, -29)),
            Leg((-4, 8, -26)),
        ),
        2.05,
        1.5,
        0.7,
        29.0,
    ),
    "D1": Plan("LAD", 22.0, (Leg((44, -25, 20)), Leg((57, -17, 8)), Leg((64, -12, -6))), 1.15, 0.62, 0.8, 19.0),
    "D2": Plan("LAD", 44.0, (Leg((54, -38, 2)), Leg((64, -30, -10)), Leg((68, -25, -20))), 0.95, 0.58, 0.6, 17.0),
    "S1": Plan(
        "LAD",
        27.0,
        (Leg((26, -30, 6), free=True), Leg((24, -27, -6), free=True), Leg((25, -25, -16), free=True)),
        0.62,
        0.4,
    ),
    "OM1": Plan("LCX", 26.0, (Leg((50, 14, 4)), Leg((56, 8, -8)), Leg((60, -2, -22))), 1.2, 0.62, 0.8, 21.0),
    "OM2": Plan("LCX", 50.0, (Leg((42, 25, -10)), Leg((47, 14, -21)), Leg((51, 4, -28))), 1.0, 0.58, 0.6, 18.0),
    "CONUS": Plan("RCA", 7.0, (Leg((-10, -40, 24)), Leg((-2, -48, 20)), Leg((8, -50, 12))), 0.72, 0.45, 0.6, 15.0),
    "RVM": Plan("RCA", 39.4, (Leg((-32, -36, -10)), Leg((-16, -46, -22)), Leg((0, -50, -30))), 1.1, 0.62, 0.7, 18.0),
    "PDA": Plan(
        "RCA",
        END,
        (Leg((2, 2, -31), "RV LV"), Leg((14, -10, -36), "RV LV"), Leg((28, -24, -41), "RV LV"), Leg((42, -34, -45))),
        1.2,
        0.62,
        0.7,
        21.0,
    ),
    "PLV": Plan("RCA", END, (Leg((4, 16, -26)), Leg((16, 14, -31)), Leg((30, 8, -34))), 1.15, 0.6, 0.6, 19.0),
}

#: The bend inside the right coronary's middle third: station, push and width in mm.
RCA_BEND = (58.0, 6.0, 4.2)

_FAT_MM = 0.9  #: between a coronary artery and the muscle


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A vessel of the canonical heart, in steps of `STEP_MM`.

    Attributes
    ----------
    name, parent : str, str or None
    leaves_mm : float or None
        Station on the parent.
    points : ndarray of shape (N, 3)
    lumen_mm, outer_mm : ndarray of shape (N,)
        Radius of the healthy lumen and of the outer wall.
    """

    name: str
    parent: str | None
    leaves_mm: float | None
    points: Float
    lumen_mm: Float
    outer_mm: Float


def wall_mm(lumen_mm: Float) -> Float:
    """Return the thickness of a healthy wall for a lumen radius: 0.35 mm in a twig, 0.6 mm in the left main."""
    return 0.24 + 0.16 * np.asarray(lumen_mm)


def _taper(plan: Plan, count: int) -> Float:
    share = np.linspace(0, 1, count)
    return plan.end_mm + (plan.start_mm - plan.end_mm) * (
        0.62 * (1 - share) + 0.38 * np.exp(-3.2 * share) * (1 - share**4)
    )


@lru_cache(maxsize=4)
def courses(calibre: float = 1.0) -> tuple[tuple[Course, ...], Heart]:
    """Return the arteries of the canonical heart, parents before children, and the heart that they rest on.

    Parameters
    ----------
    calibre : float
        Factor on every radius; a wider vessel rests with its centre higher above the muscle.
    """
    heart = anatomy.build()
    ground = Ground.of(heart)
    found: dict[str, Course] = {}
    for name, plan in PLANS.items():
        if plan.parent is None:
            start = np.array(LEFT_OSTIUM if name == "LM" else RIGHT_OSTIUM)
            leaves = None
        else:
            parent = found[plan.parent]
            at = len(parent.points) - 1 if plan.leaves_mm == END else round(plan.leaves_mm / STEP_MM)
            start, leaves = parent.points[at], at * STEP_MM
        mean = calibre * 0.5 * (plan.start_mm + plan.end_mm)
        rest = mean + float(wall_mm(np.array(mean))) + _FAT_MM
        settled = ground.settle(plan.legs, start, rest)
        points = smooth_course(settled, 0.25)
        points = swayed(points, ground.surface, plan.sway_mm, plan.sway_length_mm)
        if name == "RCA":
            points = ground.lift(bent(points, ground.surface, *RCA_BEND), rest)
        points = smooth_course(points[::4], 0.03)
        lumen = calibre * _taper(plan, len(points))
        found[name] = Course(name, plan.parent, leaves, points, lumen, lumen + wall_mm(lumen))
    return tuple(found.values()), heart


def veins(arteries: tuple[Course, ...], heart: Heart) -> list[tuple[Float, Float]]:
    """Return the cardiac veins as (points, radius): great vein with coronary sinus, middle and left marginal vein."""
    ground = Ground.of(heart)
    sinus_legs = (
        Leg((66, -38, -30)),
        Leg((59, -47, -16)),
        Leg((50, -45, 2)),
        Leg((43, -34, 16)),
        Leg((40, -18, 23)),
        Leg((41, 0, 21)),
        Leg((44, 14, 14), "LA LV"),
        Leg((42, 28, 4), "LA LV"),
        Leg((33, 38, -5), "LA LV"),
        Leg((18, 40, -12), "LA LV"),
        Leg((0, 32, -17)),
        Leg((-16, 22, -19), free=True),
        Leg((-28, 16, -16), free=True),
    )
    great = smooth_course(ground.settle(sinus_legs, np.array((66.0, -34.0, -36.0)), 2.6), 0.3)
    share = np.linspace(0, 1, len(great))
    great_mm = np.interp(share, (0, 0.35, 0.6, 0.75, 0.95, 1), (0.7, 1.3, 1.9, 3.0, 5.0, 5.2))
    middle_legs = (
        Leg((36, -26, -45)),
        Leg((18, -6, -39)),
        Leg((4, 8, -33)),
        Leg((-4, 20, -25)),
        Leg((-8, 26, -19), free=True),
    )
    middle = smooth_course(ground.settle(middle_legs, np.array((48.0, -34.0, -46.0)), 2.4), 0.3)
    middle_mm = np.linspace(0.7, 1.9, len(middle))
    side_legs = (Leg((62, 4, -10)), Leg((57, 16, 2)), Leg((46, 24, 8)))
    side = smooth_course(ground.settle(side_legs, np.array((62.0, -4.0, -24.0)), 2.2), 0.3)
    side_mm = np.linspace(0.6, 1.4, len(side))
    clear = []
    for points, radius in ((great, great_mm), (middle, middle_mm), (side, side_mm)):
        clear.append((_beside(points, radius, arteries), radius))
    return clear


def _beside(points: Float, radius_mm: Float, arteries: tuple[Course, ...]) -> Float:
    """Push a vein off the arteries so that a film of fat remains between them."""
    p = points[::4].copy()
    wide = radius_mm[::4]
    walls = np.concatenate([a.outer_mm[::4] for a in arteries])
    near = cKDTree(np.concatenate([a.points[::4] for a in arteries]))
    for _ in range(60):
        distance, which = near.query(p)
        gap = distance - walls[which] - wide - 0.7
        push = np.where(gap < 0, -gap, 0.0) / np.maximum(distance, 0.3)
        p += 0.6 * push[:, None] * (p - near.data[which])
        p[1:-1] += 0.3 * (0.5 * (p[:-2] + p[2:]) - p[1:-1])
    return _same_length(smooth_course(p, 0.15), len(points))


def _same_length(points: Float, count: int) -> Float:
    share = np.linspace(0, len(points) - 1, count)
    return np.stack([np.interp(share, np.arange(len(points)), points[:, axis]) for axis in range(3)], axis=1)
