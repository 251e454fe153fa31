"""Is this series fit for planning the PCI of a chronic occlusion? In words, and which one to begin with, and why.

Thresholds: CCTA is reconstructed at 0.5 to 0.75 mm, best below 0.625 mm (Leipsic et al., SCCT guidelines for the
interpretation and reporting of coronary CT angiography, JCCT 2014;8:342). Above 1 mm a vessel of 2 mm is two voxels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from viewer.dicom.series import SYNTAX_NAMES, Fitness, Picture, SeriesInfo, Stack
from viewer.model.geometry import Geometry
from viewer.model.volume import Finding, SeriesFacts, Severity

#: Slices or pixels up to this are what CCTA is made of (0.625 mm is a detector row).
FINE_MM = 0.65
#: Above this nothing is traced automatically.
COARSE_MM = 1.0
#: Less than this along the stack cannot hold the coronary tree.
SHORTEST_STACK_MM = 60.0
#: Less than this may cut it off.
SHORT_STACK_MM = 90.0
FEWEST_SLICES = 20

CT_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.2.2",
)
REFORMATS = {"MPR", "MIP", "MINIP", "VRT", "VR", "CURVED", "CPR", "PROJECTION", "AVERAGE", "3D", "SSD", "REFORMATTED"}
CALCIUM_SCORE = re.compile(r"ca[ _-]?sc|calcium|calcium.?scor|agatston|\bcs\b", re.IGNORECASE)
CORONARY = re.compile(r"c?cta|cor|heart|herz|coeur|cardiac|diast|syst|angio", re.IGNORECASE)
LUNG_KERNEL = re.compile(r"lung|\bl(?:un)?g?\b|^[bh][a-z]?[5-9]\d|^bl|^fc[58]\d|^ya|^yc|bone|edge", re.IGNORECASE)
VESSEL_KERNEL = re.compile(
    r"^[bh]v\s*([34]\d)|^[bh](2[0-9]|3\d|4\d)|^xc|^cb\b|^standard|^detail|^fc(03|04|43|44)", re.IGNORECASE
)

LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.81",
}
#: These can be either; without a word in the header they are taken for lossy.
MAYBE_LOSSY_SYNTAXES = {"1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"}


def judge(pictures: Sequence[Picture], facts: SeriesFacts, stack: Stack | None, lossy: bool) -> list[Finding]:
    """Return what speaks against planning on a series, as far as its headers tell."""
    first = pictures[0]
    found: list[Finding] = []

    def refuse(text: str) -> None:
        found.append(Finding(Severity.REFUSAL, text))

    def warn(text: str) -> None:
        found.append(Finding(Severity.CAUTION, text))

    if facts.modality != "CT":
        text = f"This is no CT ({_modality(facts.modality)}); planning needs a CT in Hounsfield units."
        beside = " Open the CT first; the step Views lays a run of the angiogram beside it."
        refuse(text + beside if facts.modality == "XA" else text)
    elif "LOCALIZER" in first.image_type:
        refuse("This is a localizer, the overview from which the scan was planned.")
    elif first.sop_class is not None and first.sop_class not in CT_CLASSES:
        refuse("These are no CT slices but pictures made from them (captures, a dose report or the like).")
    elif first.layout.samples != 1:
        refuse("These are coloured pictures, not CT slices.")
    else:
        found += _judge_values(pictures)
    if REFORMATS & set(first.image_type) and "LOCALIZER" not in first.image_type:
        kind = ", ".join(sorted(REFORMATS & set(first.image_type)))
        warn(f"These slices were reformatted from others ({kind}); the thin original slices show more.")
    elif first.image_type[:1] == ("DERIVED",) and not lossy:
        warn("These slices were derived from others; the original ones are better if they can be had.")
    if lossy:
        warn("The pictures were compressed with loss; fine plaque and the edge of the lumen may have changed.")
    if stack is not None:
        found += judge_grid(stack.geometry, first.slice_thickness_mm)
        if facts.modality == "CT" and facts.contrast_agent is None:
            found.append(
                Finding(Severity.NOTE, "The headers name no contrast agent; look whether the aorta is bright.")
            )
    return found


def _judge_values(pictures: Sequence[Picture]) -> list[Finding]:
    """Return what speaks against the values as Hounsfield units."""
    if any(picture.slope is None or picture.intercept is None for picture in pictures):
        text = "The headers do not tell how stored values become Hounsfield units, so no density can be measured."
        return [Finding(Severity.REFUSAL, text)]
    if any(picture.slope == 0 for picture in pictures):
        text = "The headers turn every stored value into the same density (a rescale slope of 0)."
        return [Finding(Severity.REFUSAL, text)]
    kinds = {picture.rescale_type for picture in pictures} - {None, "HU", "US"}
    if kinds:
        text = f"The values are not in Hounsfield units but in {', '.join(sorted(map(str, kinds)))}."
        return [Finding(Severity.CAUTION, text)]
    return []


def judge_grid(geometry: Geometry, thickness_mm: float | None) -> list[Finding]:
    """Return what speaks against planning on a grid: too coarse, too short, not axial."""
    found: list[Finding] = []
    step, row, column = (round(float(mm), 3) for mm in geometry.spacing_mm)
    thick = thickness_mm is not None and thickness_mm > step + 1e-3
    slices = f"slices {thickness_mm:g} mm thick" if thick else f"slices {step:g} mm apart"
    for size, what in (
        (max(step, thickness_mm or 0), slices),
        (max(row, column), f"pixels of {max(row, column):g} mm"),
    ):
        if size > COARSE_MM + 1e-3:
            text = f"With {what} this is too coarse for automatic planning; it can be viewed and traced by hand."
            found.append(Finding(Severity.REFUSAL, text))
        elif size > FINE_MM:
            text = f"With {what} small vessels and caps are blurred; up to {FINE_MM:g} mm is wanted."
            found.append(Finding(Severity.CAUTION, text))
    count, length = geometry.shape[0], step * (geometry.shape[0] - 1)
    axial = abs(geometry.directions[0][2]) >= 0.7
    if count < FEWEST_SLICES or (axial and length < SHORTEST_STACK_MM):
        text = f"The stack is too short to hold a heart: {count} slices over {length:.0f} mm."
        found.append(Finding(Severity.REFUSAL, text))
    elif axial and length < SHORT_STACK_MM:
        text = f"The stack covers {length:.0f} mm; the course of a coronary artery may be cut off."
        found.append(Finding(Severity.CAUTION, text))
    if not axial:
        text = "The slices are not axial; original axial slices are better if they can be had."
        found.append(Finding(Severity.CAUTION, text))
    return found


def _modality(modality: str | None) -> str:
    names = {"MR": "magnetic resonance", "XA": "X-ray angiography", "PT": "PET", "US": "ultrasound", "OT": "other"}
    return names.get(modality or "", modality or "kind unknown")


def is_lossy(pictures: Sequence[Picture], told: str | None) -> bool:
    """Tell whether the pictures were compressed with loss, by the header's word or by their syntax."""
    syntaxes = {picture.layout.syntax for picture in pictures}
    return told == "01" or bool(syntaxes & LOSSY_SYNTAXES) or (told is None and bool(syntaxes & MAYBE_LOSSY_SYNTAXES))


def undecodable(pictures: Sequence[Picture]) -> Finding | None:
    """Return a refusal if pictures are compressed in a way that is not decoded here."""
    for picture in pictures:
        syntax = picture.layout.syntax
        name = SYNTAX_NAMES.get(syntax)
        if name is None or syntax in ("1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"):
            name = name or f"transfer syntax {syntax}"
            return Finding(
                Severity.REFUSAL,
                f"The pictures are compressed as {name}, a retired or rare way that is not decoded here; export "
                "the series again, uncompressed or as JPEG 2000 or JPEG-LS.",
            )
        if picture.layout.bits_allocated not in (8, 16):
            return Finding(
                Severity.REFUSAL, f"The pictures have {picture.layout.bits_allocated} bits a pixel, which no CT has."
            )
    return None


def recommend(series: Sequence[SeriesInfo]) -> tuple[int | None, str]:
    """Return which series to begin with, and why, in a sentence."""
    if not series:
        return None, "There is no series in it."
    best = min(range(len(series)), key=lambda i: _rank(series[i]))
    chosen = series[best]
    if not chosen.readable or chosen.facts.modality != "CT":
        return None, "None of the series can be opened as a volume."
    if chosen.fitness is Fitness.REFUSED:
        return best, f"No series is fit for planning; this one comes closest. {chosen.reasons[0]}"
    return best, "Recommended because " + _joined(_reasons(chosen, series)) + "."


def _rank(series: SeriesInfo) -> tuple[float, ...]:
    facts = series.facts
    verdict = {Fitness.FIT: 0, Fitness.CAUTION: 1, Fitness.REFUSED: 2}[series.fitness]
    description = facts.description or ""
    coarseness = max((series.spacing_mm or (9.0,))[0], facts.slice_thickness_mm or 0)
    return (
        not series.readable,
        facts.modality != "CT",
        verdict,
        bool(CALCIUM_SCORE.search(description)),
        facts.contrast_agent is None and not CORONARY.search(description),
        round(coarseness, 1),
        phase_rank(facts.phase_percent),
        kernel_rank(facts.kernel),
        round(max((series.spacing_mm or (9.0, 9.0))[1:]), 1),
        -series.image_count,
    )


def phase_rank(percent: float | None) -> float:
    """Return how far a phase is from where the coronaries stand still: 70 to 80 % first, then 35 to 45 %."""
    if percent is None:
        return 25.0
    if 70 <= percent <= 80:
        return abs(percent - 75) / 10
    if 35 <= percent <= 45:
        return 10 + abs(percent - 40) / 10
    return 20 + min(abs(percent - 75), abs(percent - 40))


def kernel_rank(kernel: str | None) -> float:
    """Return 0 for a kernel made for vessels, 1 for an unknown one, 2 for one of lung or bone."""
    if kernel is None:
        return 1
    if VESSEL_KERNEL.search(kernel):
        return 0
    return 2 if LUNG_KERNEL.search(kernel) else 1


def _reasons(chosen: SeriesInfo, series: Sequence[SeriesInfo]) -> list[str]:
    facts = chosen.facts
    reasons = []
    readable = [other for other in series if other.readable and other is not chosen]
    if not readable:
        reasons.append("it is the only volume here")
    fitter = [other for other in readable if Fitness(other.fitness) is chosen.fitness]
    if readable and not fitter:
        reasons.append("it is the only one without stronger objections")
    if chosen.spacing_mm:
        thickness = max(chosen.spacing_mm[0], facts.slice_thickness_mm or 0)
        reasons.append(
            f"its slices are thin ({thickness:g} mm)" if thickness <= FINE_MM else f"its slices are {thickness:g} mm"
        )
    if facts.contrast_agent is not None:
        reasons.append("contrast was given")
    if facts.phase_percent is not None:
        percent = facts.phase_percent
        if 70 <= percent <= 80:
            reasons.append(f"at {percent:g} % of the R-R interval the coronaries stand nearly still (diastole)")
        elif 35 <= percent <= 45:
            reasons.append(f"at {percent:g} % of the R-R interval the coronaries stand nearly still (end of systole)")
        else:
            reasons.append(f"its phase of {percent:g} % is the best there is")
    if facts.kernel is not None and kernel_rank(facts.kernel) == 0:
        reasons.append(f"its kernel {facts.kernel} is one for vessels")
    return reasons


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
