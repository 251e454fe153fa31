"""What lies around the heart: chest wall, spine, lungs, diaphragm, mediastinum. LPS mm, not posed with the heart."""

from __future__ import annotations

import numpy as np

from viewer.demo.implicit import Body, Primitive, axes_along, chain, cut, ellipsoid, half_space, keep, rod, sampled

_INF = np.inf
VERTEBRA = np.array([-4.0, 84.0, 0.0])
_DISC_STEP_MM = 27.0


def _cylinder(center: tuple[float, float], radii_mm: tuple[float, float]) -> Primitive:
    return ellipsoid((*center, 0.0), (_INF, *radii_mm), axes_along((0, 0, 1), (1, 0, 0)))


def chest() -> list[Body]:
    """Return skin, fat, muscle and the space of the lungs, before the lung vessels are painted."""
    return [
        Body("skin", (_cylinder((0, 6), (166, 101)),), 40.0, posed=False),
        Body(
            "subcutaneous fat", (_cylinder((0, 6), (164, 99)),), -105.0, texture_hu=6, texture_scale_mm=5, posed=False
        ),
        Body(
            "chest muscle",
            (_cylinder((0, 8), (146, 89)),),
            52.0,
            rough_mm=1.6,
            rough_scale_mm=17,
            texture_hu=7,
            texture_scale_mm=4,
            posed=False,
        ),
        Body(
            "intercostal fat",
            (_cylinder((0, 9), (136, 82)),),
            -60.0,
            rough_mm=1.5,
            rough_scale_mm=12,
            texture_hu=20,
            texture_scale_mm=5,
            posed=False,
        ),
        Body("lungs", (_cylinder((0, 12), (128, 76)),), -862.0, texture_hu=17, texture_scale_mm=5, posed=False),
    ]


def _thicker(rods: tuple[Primitive, ...], by_mm: float) -> tuple[Primitive, ...]:
    return tuple(Primitive((*p.row[:9], p.row[9] + by_mm, p.row[10] + by_mm)) for p in rods)


def mediastinum(contrast_hu: float) -> list[Body]:
    """Return what covers the roots of the lung vessels: fat, diaphragm, liver, aorta, oesophagus, airways, spine."""
    c = contrast_hu
    aorta = chain(
        [(20, 62, 80), (22, 64, 40), (22, 65, 0), (17, 66, -40), (12, 66, -80)], (12.5, 12.5, 12, 11.5, 11.5), 2
    )
    gullet = chain(
        [(4, 52, 80), (6, 58.5, 40), (8, 59, 10), (16, 52, -30), (24, 44, -80)], (5.5, 5.0, 5.0, 6.0, 6.0), 2
    )
    right_bronchus = chain([(-2, 40, 78), (-6, 42, 66), (-30, 44, 52), (-50, 46, 42)], (8.5, 8.0, 6.5, 4.0), 2)
    left_bronchus = chain([(-6, 42, 66), (14, 45, 56), (36, 47, 49), (54, 50, 42)], (8.0, 6.0, 5.5, 3.6), 2)

    liver = (
        ellipsoid((-58, -6, -112), (88, 84, 76)),
        ellipsoid((8, -28, -99), (64, 48, 58), rounding_mm=20),
    )
    return [
        Body(
            "mediastinal fat",
            (sampled(),),
            -98.0,
            inflate_mm=7.0,
            rough_mm=1.6,
            rough_scale_mm=16,
            texture_hu=9,
            texture_scale_mm=4,
        ),
        Body(
            "upper mediastinum",
            (ellipsoid((-6, 14, 66), (42, 42, 34)), rod((0, 20, 40), (0, 20, 110), 30, 36, 8)),
            -96.0,
            rough_mm=1.5,
            rough_scale_mm=14,
            texture_hu=10,
            texture_scale_mm=4,
            posed=False,
        ),
        Body(
            "anterior mediastinum",
            (ellipsoid((-4, -58, 6), (15, 22, 90)),),
            -100.0,
            rough_mm=1.5,
            rough_scale_mm=14,
            texture_hu=8,
            texture_scale_mm=4,
            posed=False,
        ),
        Body(
            "posterior mediastinum",
            (
                rod((2, 58, -110), (2, 58, 110), 13, 13),
                rod((20, 66, -110), (21, 64, 110), 14.5, 14.5, 6),
                rod((-6, 84, -110), (-6, 84, 110), 25, 25, 8),
            ),
            -95.0,
            rough_mm=1.2,
            rough_scale_mm=12,
            texture_hu=10,
            texture_scale_mm=4,
            posed=False,
        ),
        Body(
            "diaphragm",
            (*liver, ellipsoid((62, 2, -110), (66, 74, 70), rounding_mm=14)),
            50.0,
            inflate_mm=2.5,
            rough_mm=1.0,
            rough_scale_mm=24,
            posed=False,
        ),
        Body(
            "abdominal fat",
            (*liver, ellipsoid((62, 2, -110), (66, 74, 70), rounding_mm=14)),
            -100.0,
            rough_mm=1.0,
            rough_scale_mm=24,
            texture_hu=10,
            texture_scale_mm=4,
            posed=False,
        ),
        Body(
            "liver",
            (*liver, cut(rod((30, 60, -60), (28, 20, -160), 30, 30), 8)),
            92.0,
            inflate_mm=0.2,
            texture_hu=6,
            texture_scale_mm=9,
            posed=False,
        ),
        Body("stomach", (ellipsoid((64, 10, -98), (36, 40, 44)),), 45.0, posed=False, rough_mm=1, rough_scale_mm=14),
        Body(
            "stomach content",
            (ellipsoid((64, 10, -98), (31, 35, 39)),),
            30.0,
            posed=False,
            texture_hu=10,
            texture_scale_mm=4,
        ),
        Body(
            "air in the stomach",
            (ellipsoid((64, 10, -98), (31, 35, 39)), keep(half_space((64, -6, -98), (0, 1, 0.02)))),
            -960.0,
            posed=False,
        ),
        Body("gullet", gullet, 42.0, posed=False, rough_mm=0.5, rough_scale_mm=6),
        Body("air in the gullet", chain([(5, 57, 50), (7, 58.5, 26)], (1.6, 1.0)), -700.0, posed=False),
        Body("left bronchus wall", _thicker(left_bronchus, 1.4), 35.0, posed=False),
        Body("right bronchus wall", _thicker(right_bronchus, 1.4), 35.0, posed=False),
        Body("left bronchus", left_bronchus, -990.0, posed=False),
        Body("right bronchus", right_bronchus, -990.0, posed=False),
        *(
            Body("node", (ellipsoid(p, r),), 55.0, posed=False)
            for p, r in (
                ((-14, 36, 46), (6, 4, 7)),
                ((8, 44, 44), (7, 4, 5)),
                ((-40, 36, 38), (5, 4, 5)),
                ((28, 24, 48), (4, 3.5, 4)),
            )
        ),
        Body("descending aortic wall", _thicker(aorta, 1.6), 50.0, posed=False),
        Body("descending aorta", aorta, 0.97 * c, posed=False, texture_hu=0.01 * c),
        Body("azygos vein", chain([(-7, 64, -90), (-8, 63, 90)], (3.4, 3.6)), 0.25 * c, posed=False),
        Body("thoracic duct", chain([(2, 65, -90), (3, 64, 90)], (1.2, 1.2)), 5.0, posed=False),
        *_spine(),
        *_sternum(),
    ]


def _spine() -> list[Body]:
    trunk = _cylinder((VERTEBRA[0], VERTEBRA[1]), (18.0, 15.5))
    found: list[Body] = [
        Body(
            "back muscle",
            (rod((-38, 100, -110), (-38, 100, 110), 22, 22), rod((30, 102, -110), (30, 102, 110), 22, 22)),
            55.0,
            posed=False,
            texture_hu=8,
            texture_scale_mm=4,
        ),
        Body("disc", (trunk,), 85.0, posed=False, texture_hu=8),
    ]
    for n in range(-4, 5):
        z = n * _DISC_STEP_MM + 6.0
        half = _DISC_STEP_MM / 2 - 2.8
        waist = ellipsoid((VERTEBRA[0], VERTEBRA[1], z), (19, 16.5, 40))
        block = (
            waist,
            keep(half_space((0, 0, z + half), (0, 0, 1)), 3),
            keep(half_space((0, 0, z - half), (0, 0, -1)), 3),
        )
        found.append(Body("vertebra", block, 520.0, posed=False, rough_mm=0.4, rough_scale_mm=6))
        found.append(Body("marrow", block, 190.0, inflate_mm=-1.4, posed=False, texture_hu=55, texture_scale_mm=2.2))
        for side in (-1, 1):
            x = VERTEBRA[0] + side * 20.0
            rib = chain([(x, 90, z + 3), (x + side * 16, 94, z), (x + side * 30, 96, z - 4)], (5.0, 4.6, 5.0), 2)
            found.append(Body("rib head", rib, 560.0, posed=False))
            found.append(
                Body("rib head marrow", rib, 230.0, inflate_mm=-1.5, posed=False, texture_hu=50, texture_scale_mm=2.2)
            )
    return found


def _sternum() -> list[Body]:
    plate = (ellipsoid((-3, -79.5, 10), (17, 6.5, 95), axes_along((1, 0, 0), (0, 1, -0.06))),)
    found = [
        Body("sternum", plate, 430.0, posed=False, rough_mm=0.7, rough_scale_mm=9),
        Body("sternal marrow", plate, 120.0, inflate_mm=-1.3, posed=False, texture_hu=50, texture_scale_mm=2.4),
    ]
    for side in (-1, 1):
        for n in range(-4, 4):
            z = 26.0 * n + 8.0
            arc = [np.array([side * 16.0 - 3, -79.0, z])]
            for t in np.radians(np.arange(14.0, 88.0, 12.0)):
                # down from the sternum to the cartilage's bend, then up along the rib to the back
                drop = -26.0 * np.sin(np.clip(t * 1.3, 0, np.pi / 2)) + 40.0 * max(0.0, t - 0.8)
                arc.append(np.array([side * 140.0 * np.sin(t), 9.0 - 86.0 * np.cos(t), z + drop]))
            cartilage, bone = arc[:4], arc[3:]
            found.append(
                Body(
                    "cartilage",
                    chain(cartilage, (5.5,) * len(cartilage), 2),
                    105.0,
                    posed=False,
                    texture_hu=18,
                    texture_scale_mm=4,
                )
            )
            found.append(Body("rib", chain(bone, (5.8,) * len(bone), 2), 640.0, posed=False))
            found.append(
                Body(
                    "rib marrow",
                    chain(bone, (4.2,) * len(bone), 2),
                    240.0,
                    posed=False,
                    texture_hu=60,
                    texture_scale_mm=2.2,
                )
            )
        found.append(
            Body(
                "mammary artery",
                chain([(side * 15.0 - 3, -70.5, -90), (side * 14.0 - 3, -70.0, 90)], (1.2, 1.3)),
                330.0,
                posed=False,
            )
        )
    return found
