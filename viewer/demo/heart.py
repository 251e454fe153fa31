"""The heart's chambers and great vessels, in a canonical pose: LPS mm about the middle of the heart.

Sizes are those of a normal adult heart in diastole: left ventricle 46 mm across and 85 mm long with a wall of 9 mm,
aortic annulus 24 mm, left atrium 38 mm from front to back. The apex points to the left, forwards and down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.demo.implicit import Body, Primitive, axes_along, chain, cut, ellipsoid, half_space, rod, sampled
from viewer.model.geometry import unit

AXIS = unit((0.66, -0.55, -0.51))  #: of the left ventricle, from base to apex
BASE = np.array([10.0, 7.0, 11.0])  #: middle of the left ventricle's base plane
MITRAL = np.array([19.0, 15.0, 5.0])
TRICUSPID = np.array([-20.0, -8.0, -6.0])
AORTIC = np.array([0.0, -2.0, 20.0])
AORTIC_AXIS = unit((-0.28, -0.24, 0.93))

_LV_AXES = axes_along(AXIS, (0.0, -0.5, 0.85))
_LV_MIDDLE = BASE + 22 * AXIS
#: The base leans: its upper edge, over which the left main runs, is nearer to the apex.
_BASE_NORMAL = unit(AXIS + np.array([0.05, 0.15, -0.40]))
_ROOT = np.array([AORTIC - 2 * AORTIC_AXIS, AORTIC + 10 * AORTIC_AXIS, AORTIC + 20 * AORTIC_AXIS])
_ASCENDING = np.array([[-6.0, -7.0, 38.0], [-9.0, -8.0, 50.0], [-9.0, -6.0, 62.0], [-6.0, 0.0, 76.0]])
_OUTFLOW = np.array([15.0, -32.0, 34.0])


def sinus(angle_deg: float) -> np.ndarray:
    """Return the middle of the bulge of the aortic root at an angle about its axis (0 to the left, 90 to the back)."""
    right, back, _ = _root_frame()
    a = np.radians(angle_deg)
    return AORTIC + 8 * AORTIC_AXIS + 6.0 * (np.cos(a) * right + np.sin(a) * back)


def _root_frame() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    left = unit(np.array([1.0, 0, 0]) - AORTIC_AXIS[0] * AORTIC_AXIS)
    return left, np.cross(AORTIC_AXIS, left), AORTIC_AXIS


#: Angles of the left, the non-coronary and the right sinus.
SINUS_DEG = (25.0, 145.0, 258.0)


@dataclass(frozen=True, slots=True, eq=False)
class Heart:
    """The solids that the courses of the vessels rest on, and all bodies in the order of painting."""

    left_ventricle: tuple[Primitive, ...]
    right_ventricle: tuple[Primitive, ...]
    left_atrium: tuple[Primitive, ...]
    right_atrium: tuple[Primitive, ...]
    aorta: tuple[Primitive, ...]
    pulmonary: tuple[Primitive, ...]
    sac: tuple[Primitive, ...]

    def solids(self) -> tuple[tuple[Primitive, ...], ...]:
        """Return outer surfaces of chambers and great arteries, walls included."""
        return (
            self.left_ventricle,
            self.right_ventricle,
            self.left_atrium,
            self.right_atrium,
            self.aorta,
            self.pulmonary,
        )


def _grown(primitives: tuple[Primitive, ...], by_mm: float) -> tuple[Primitive, ...]:
    """Return the same body with its rods and ellipsoids thicker by `by_mm`."""
    grown = []
    for p in primitives:
        row = list(p.row)
        if row[0] == 1:
            row[9] += by_mm
            row[10] += by_mm
        elif row[0] == 2:
            row[6] += by_mm
        else:
            axes = np.array(row[6:15]).reshape(3, 3)
            lengths = np.linalg.norm(axes, axis=1)
            radii = 1 / lengths + by_mm
            row[6:15] = (axes / lengths[:, None] / radii[:, None]).ravel()
        grown.append(Primitive(tuple(row)))
    return tuple(grown)


def _rv_blood() -> tuple[Primitive, ...]:
    return (
        rod((-17, -15, -8), (27, -46, -29), 19, 9),
        rod((-10, -28, 0), tuple(_OUTFLOW), 16, 12.5, 12),
        ellipsoid((1, -33, -7), (27, 15, 21), axes_along((0.75, -0.5, -0.42)), 10),
    )


def _ra_blood() -> tuple[Primitive, ...]:
    return (
        ellipsoid((-38, 11, 3), (19, 20, 27)),
        rod((-34, 0, 14), (-26, -11, 30), 10, 7.5, 6),
        rod((-26, -11, 30), (-20, -21, 37), 7.5, 4, 4),
        rod((-36, 18, -14), (-33, 21, -34), 11, 11, 6),
    )


def _la_blood() -> tuple[Primitive, ...]:
    return (
        ellipsoid((8, 37, 18), (27, 18, 21), axes_along((1, 0.05, 0.12))),
        rod((14, 30, 13), tuple(MITRAL - 3 * AXIS), 17, 15, 6),
        rod((26, 29, 31), (38, 14, 40), 8.5, 7.5, 6),
        rod((38, 14, 40), (41, 1, 39.5), 7.5, 6.5, 3),
        rod((41, 1, 39.5), (38, -8, 37), 6.5, 4, 2),
    )


def _lv_epicardium() -> tuple[Primitive, ...]:
    return (
        ellipsoid(_LV_MIDDLE, (63, 33, 32), _LV_AXES),
        cut(half_space(BASE - 3 * AXIS, _BASE_NORMAL), 9),
    )


def _lv_blood() -> tuple[Primitive, ...]:
    return (
        ellipsoid(_LV_MIDDLE, (56, 23.5, 22.5), _LV_AXES),
        cut(half_space(BASE - 1 * AXIS, _BASE_NORMAL), 6),
        rod(AORTIC + 2 * AORTIC_AXIS, BASE + 20 * AXIS, 11, 12, 5),
        rod(MITRAL - 6 * AXIS, BASE + 22 * AXIS, 14, 14, 5),
    )


def _aorta_blood() -> tuple[Primitive, ...]:
    bulges = tuple(
        ellipsoid(sinus(a), (10.5, 10.5, 9.5), axes_along((1, 0, 0), AORTIC_AXIS)[[0, 2, 1]], 3) for a in SINUS_DEG
    )
    return (
        rod(_ROOT[0], _ROOT[1], 11.5, 12),
        *bulges,
        rod(_ROOT[1], _ROOT[2], 12, 14, 3),
        *chain(np.vstack([_ROOT[2], _ASCENDING]), (14, 15.5, 16, 16, 15.5), 4),
    )


def _pulmonary_blood() -> tuple[Primitive, ...]:
    trunk = np.array([_OUTFLOW, [17, -24, 47], [17, -8, 55], [30, 10, 57], [60, 26, 54]])
    right = np.array([[17, -8, 55], [10, 13, 54], [-8, 23, 53], [-30, 26, 50], [-58, 30, 46]])
    return (*chain(trunk, (12.5, 13.5, 12.5, 9.5, 7), 4), *chain(right, (10, 9.5, 9, 8.5, 6), 4))


def build() -> Heart:
    """Return the solids of the canonical heart."""
    lv = _lv_epicardium()
    rv, ra, la = _grown(_rv_blood(), 3.0), _grown(_ra_blood(), 1.8), _grown(_la_blood(), 1.8)
    aorta, pulmonary = _grown(_aorta_blood(), 1.5), _grown(_pulmonary_blood(), 1.2)
    sac = tuple(p.with_operation(0, 14.0) for p in (*lv[:1], *rv, *ra[:3], *la, *aorta[:6], *pulmonary[:1]))
    return Heart(lv, rv, la, ra, aorta, pulmonary, sac)


def bodies(heart: Heart, contrast_hu: float) -> list[Body]:
    """Return everything from the pericardium inwards, in the order of painting.

    Parameters
    ----------
    heart : Heart
    contrast_hu : float
        Enhancement of the aorta; all other blood follows from it.
    """
    c = contrast_hu
    myocardium = 60 + 0.1 * c

    left, back, up = _root_frame()
    leaflet = 0.30 * c
    cusps = []
    for angle in (85.0, 201.5, 321.5):  # the commissures, between the sinuses
        a = np.radians(angle)
        radial = np.cos(a) * left + np.sin(a) * back
        start = AORTIC + 5.5 * AORTIC_AXIS
        cusps.append(
            Body(
                "cusp",
                chain([start, start + 5.5 * radial + 1.5 * up, start + 11.5 * radial + 4 * up], (0.55, 0.5, 0.6)),
                leaflet,
            )
        )
    veins = (
        chain([(-12, 40, 24), (-34, 38, 32), (-62, 30, 44)], (8, 6.5, 4.5), 3),
        chain([(-14, 44, 12), (-36, 50, 6), (-64, 56, -8)], (8, 6.5, 4), 3),
        chain([(28, 42, 26), (44, 44, 32), (66, 36, 46)], (8, 6.5, 4.5), 3),
        chain([(28, 46, 12), (46, 54, 4), (66, 58, -14)], (7.5, 6, 4), 3),
    )
    cava = chain([(-36, 8, 18), (-34, 3, 38), (-33, 1, 56), (-33, 0, 80)], (10.5, 10, 10, 10), 4)
    inferior = chain([(-34, 20, -30), (-32, 23, -48), (-26, 32, -90)], (10.5, 11.5, 11.5), 4)
    return [
        Body("pericardium", (sampled(),), 15.0, inflate_mm=3.9, shell_mm=0.7, rough_mm=0.7, rough_scale_mm=22.0),
        Body(
            "epicardial fat",
            (sampled(),),
            -92.0,
            inflate_mm=3.5,
            rough_mm=0.7,
            rough_scale_mm=22.0,
            texture_hu=7.0,
            texture_scale_mm=4.0,
        ),
        # walls before any blood, so that none of them stands in the way of the flow
        Body("right atrial wall", heart.right_atrium, 75.0, rough_mm=0.5, rough_scale_mm=11.0),
        Body("superior cava wall", _grown(cava, 1.0), 45.0),
        Body("inferior cava wall", _grown(inferior, 0.8), 60.0),
        *(Body("pulmonary vein wall", _grown(v, 0.8), 40.0) for v in veins),
        Body("left atrial wall", heart.left_atrium, 75.0, rough_mm=0.5, rough_scale_mm=11.0),
        Body("right ventricular wall", heart.right_ventricle, myocardium - 8, rough_mm=0.5, rough_scale_mm=11.0),
        Body("pulmonary wall", heart.pulmonary, 50.0),
        Body(
            "right atrium",
            _ra_blood(),
            0.5 * c,
            texture_hu=0.05 * c,
            texture_scale_mm=13.0,
            rough_mm=0.6,
            rough_scale_mm=5.0,
        ),
        Body("inferior cava", inferior, 0.36 * c, texture_hu=0.04 * c, texture_scale_mm=9.0),
        Body("superior cava", cava, 0.66 * c, texture_hu=0.09 * c, texture_scale_mm=9.0),
        Body(
            "left atrium",
            _la_blood(),
            1.01 * c,
            texture_hu=0.012 * c,
            texture_scale_mm=11.0,
            rough_mm=0.35,
            rough_scale_mm=6.0,
        ),
        *(Body("pulmonary vein", v, 1.0 * c) for v in veins),
        Body(
            "right ventricle",
            _rv_blood(),
            0.6 * c,
            texture_hu=0.045 * c,
            texture_scale_mm=12.0,
            rough_mm=0.9,
            rough_scale_mm=5.0,
        ),
        Body("pulmonary artery", _pulmonary_blood(), 0.62 * c, texture_hu=0.025 * c, texture_scale_mm=12.0),
        Body("tricuspid valve", (rod((-30, -4, -4), (-19, -14, -7), 16, 14.5),), 0.55 * c, texture_hu=0.04 * c),
        Body("moderator band", chain([(6, -20, -20), (10, -32, -26), (8, -42, -24)], (1.8, 1.6, 1.9)), myocardium),
        Body(
            "myocardium",
            heart.left_ventricle,
            myocardium,
            texture_hu=5.0,
            texture_scale_mm=8.0,
            rough_mm=0.5,
            rough_scale_mm=11.0,
        ),
        Body("aortic wall", heart.aorta, 55.0),
        Body(
            "left ventricle",
            _lv_blood(),
            0.98 * c,
            texture_hu=0.012 * c,
            texture_scale_mm=12.0,
            rough_mm=0.55,
            rough_scale_mm=5.0,
        ),
        Body(
            "lateral papillary muscle",
            chain(
                [BASE + 66 * AXIS + (4, 10, 7), BASE + 44 * AXIS + (5, 10, 6), BASE + 34 * AXIS + (3, 8, 5)],
                (4.5, 4.2, 2.2),
                2,
            ),
            myocardium + 4,
            rough_mm=0.8,
            rough_scale_mm=4.0,
            texture_hu=5.0,
            texture_scale_mm=5.0,
        ),
        Body(
            "medial papillary muscle",
            chain(
                [BASE + 64 * AXIS + (-3, 4, -13), BASE + 44 * AXIS + (-2, 5, -14), BASE + 33 * AXIS + (0, 5, -11)],
                (4.5, 4.0, 2.0),
                2,
            ),
            myocardium + 4,
            rough_mm=0.8,
            rough_scale_mm=4.0,
            texture_hu=5.0,
            texture_scale_mm=5.0,
        ),
        Body(
            "anterior mitral leaflet",
            chain(
                [MITRAL + np.array([-9, -8, 6]), BASE + 12 * AXIS + (0, -1, 0), BASE + 24 * AXIS + (3, 4, -1)],
                (0.9, 0.8, 0.9),
            ),
            0.35 * c,
        ),
        Body("aorta", _aorta_blood(), c, texture_hu=0.01 * c, texture_scale_mm=12.0),
        *cusps,
    ]
