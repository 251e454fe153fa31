"""The plan as tables for a spreadsheet: one row a lesion, one row a station; units stand in the headings.

CSV as of RFC 4180 in UTF-8 with a byte-order mark, by which spreadsheets know the letters; unknown is an empty cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from viewer.analysis.occlusion.measures import measure_lesion
from viewer.desk.sight import along
from viewer.model.case import Case
from viewer.model.composition import PLAQUE, TissueClass
from viewer.model.cross_section import Contour
from viewer.model.lesion import Cap, Lesion
from viewer.model.lesion_measures import LesionMeasures
from viewer.model.vessel import Vessel

Cell = str | float | int | bool | None
Measured = Callable[[Lesion, LesionMeasures], Cell]


def _cap_columns(name: str, cap_of: Callable[[Lesion], Cap]) -> dict[str, Measured]:
    return {
        f"{name}_cap_station_mm": lambda lesion, _: cap_of(lesion).station_mm,
        f"{name}_cap_from_mm": lambda lesion, _: cap_of(lesion).range_mm[0],
        f"{name}_cap_to_mm": lambda lesion, _: cap_of(lesion).range_mm[1],
        f"{name}_cap_x_lps_mm": lambda lesion, _: float(cap_of(lesion).lps_mm[0]),
        f"{name}_cap_y_lps_mm": lambda lesion, _: float(cap_of(lesion).lps_mm[1]),
        f"{name}_cap_z_lps_mm": lambda lesion, _: float(cap_of(lesion).lps_mm[2]),
        f"{name}_cap_shape": lambda lesion, _: _word(cap_of(lesion).shape),
        f"{name}_cap_ambiguous": lambda lesion, _: cap_of(lesion).ambiguous,
        f"{name}_cap_side_branch_mm": lambda lesion, _: cap_of(lesion).side_branch_mm,
        f"{name}_cap_calcium_percent": lambda lesion, _: cap_of(lesion).calcium_csa_percent,
        f"{name}_cap_set_by": lambda lesion, _: cap_of(lesion).author.value,
    }


def _tissue_columns() -> dict[str, Measured]:
    def share(tissue: TissueClass) -> Measured:
        return lambda _, m: None if m.composition is None else m.composition.share_percent(tissue)

    def volume(tissue: TissueClass) -> Measured:
        return lambda _, m: None if m.composition is None else float(m.composition.volume_mm3[tissue])

    columns: dict[str, Measured] = {}
    for tissue in PLAQUE:
        columns[f"{tissue.name.lower()}_mm3"] = volume(tissue)
        columns[f"{tissue.name.lower()}_percent"] = share(tissue)
    return columns


#: Heading and what stands under it, in the order of the columns.
LESION_COLUMNS: dict[str, Measured] = {
    "vessel": lambda lesion, _: lesion.vessel,
    "kind": lambda lesion, _: lesion.kind.value,
    "confidence": lambda lesion, _: lesion.confidence,
    "length_mm": lambda _, m: m.length_mm,
    "length_low_mm": lambda _, m: m.length_range_mm[0],
    "length_high_mm": lambda _, m: m.length_range_mm[1],
    "chord_mm": lambda _, m: m.chord_mm,
    "ostium_to_proximal_cap_mm": lambda _, m: m.ostium_mm,
    **_cap_columns("proximal", lambda lesion: lesion.proximal),
    **_cap_columns("distal", lambda lesion: lesion.distal),
    "max_bend_deg": lambda _, m: None if m.max_bend is None else m.max_bend.angle_deg,
    "bends_over_45": lambda _, m: len(m.bends_over_45),
    "other_occlusion_in_vessel": lambda _, m: m.multiple,
    "area_stenosis_percent": lambda _, m: m.area_stenosis_percent,
    "calcium_threshold_hu": lambda _, m: None if m.calcium is None else m.calcium.threshold.hu,
    "calcium_mm3": lambda _, m: None if m.calcium is None else m.calcium.volume_mm3,
    "calcium_mean_hu": lambda _, m: None if m.calcium is None else m.calcium.mean_hu,
    "calcium_max_percent": lambda _, m: None if m.calcium is None else m.calcium.max_csa_percent,
    "calcium_max_arc_deg": lambda _, m: None if m.calcium is None else m.calcium.max_arc_deg,
    "calcium_over_50_percent_mm": lambda _, m: None if m.calcium is None else m.calcium.over_50_mm,
    "calcium_full_moon_mm": lambda _, m: None if m.calcium is None else m.calcium.full_moon_mm,
    "calcium_length_share_percent": lambda _, m: None if m.calcium is None else m.calcium.length_share_percent,
    **_tissue_columns(),
    "landing_zone_diameter_mm": lambda _, m: None if m.landing_zone is None else m.landing_zone.mean_diameter_mm,
    "landing_zone_calcium_free_mm": lambda _, m: None if m.landing_zone is None else m.landing_zone.calcium_free_mm,
    "distal_gradient_hu_per_cm": lambda _, m: m.distal_gradient_hu_per_cm,
}
STATION_COLUMNS = (
    "vessel", "segment", "station_mm", "from_ostium_mm", "x_lps_mm", "y_lps_mm", "z_lps_mm", "guessed_course",
    "lumen_area_mm2", "lumen_diameter_mm", "lumen_contour", "vessel_area_mm2", "vessel_diameter_mm", "vessel_contour",
    "calcium_percent", "calcium_arc_deg", "calcium_mean_hu", "lesion",
)  # fmt: skip


def lesions_csv(case: Case) -> bytes:
    """Return a table with one row a lesion."""
    measured = [(lesion, measure_lesion(case, lesion)) for lesion in case.lesions]
    return _table(
        tuple(LESION_COLUMNS), ([cell(lesion, found) for cell in LESION_COLUMNS.values()] for lesion, found in measured)
    )


def stations_csv(case: Case) -> bytes:
    """Return a table with one row a station of every vessel; where sections were measured, at their stations."""
    return _table(STATION_COLUMNS, (row for vessel in case.tree for row in _station_rows(case, vessel)))


def _station_rows(case: Case, vessel: Vessel) -> Iterable[list[Cell]]:
    line, name = vessel.centerline, vessel.name
    sections, calcium = case.sections_of(name), case.calcium_of(name)
    if sections is not None:
        stations, points = sections.frames.station_mm, sections.frames.center_lps_mm
    else:
        stations, points = line.station_mm, line.points_lps_mm
    start = along(case.tree, name).course.on_course(name, 0.0) or 0.0
    guessed = line.is_inferred(stations)
    at = None if calcium is None else np.abs(calcium.frames.station_mm[None] - stations[:, None]).argmin(1)
    for n, station in enumerate(stations):
        segment = next((s.code for s in vessel.segments if s.from_mm <= station <= s.to_mm), None)
        lesion = next(
            (
                one.kind.value
                for one in case.lesions
                if one.vessel == name and one.proximal.station_mm <= station <= one.distal.station_mm
            ),
            None,
        )
        contours: list[Cell] = [None] * 6
        if sections is not None:
            lumen, wall = float(sections.lumen_area_mm2[n]), float(sections.wall_area_mm2[n])
            contours = [
                lumen, _diameter(lumen), Contour(int(sections.lumen_source[n])).name.lower(),
                wall, _diameter(wall), Contour(int(sections.wall_source[n])).name.lower(),
            ]  # fmt: skip
        deposits: list[Cell] = [None] * 3
        if calcium is not None and at is not None:
            deposits = [float(values[at[n]]) for values in (calcium.csa_percent, calcium.arc_deg, calcium.mean_hu)]
        place = [float(value) for value in (station, start + station, *points[n])]
        yield [name, segment, *place, bool(guessed[n]), *contours, *deposits, lesion]


def _diameter(area_mm2: float) -> float:
    """Return the diameter of the circle of an area."""
    return float(2 * np.sqrt(area_mm2 / np.pi))


def _word(value: object) -> str | None:
    return None if value is None else str(getattr(value, "value", value))


def _table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if np.isfinite(value) else ""
    return str(value)
