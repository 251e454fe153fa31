"""Which pictures of a series belong to the same moment of the heart beat.

A series may hold the heart several times over. The keys are tried in the order of how directly they name the phase, and
one is accepted only if it yields stacks of equal size without two pictures at one place. Where no key does (trigger
times differ a little from beat to beat), the pictures of each place are ranked by their time, which cannot mix up
phases as long as every place has been seen equally often.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

import numpy as np

from viewer.dicom.geometry_check import NUMERIC_NIL_MM, depths_along_normal_mm, has_duplicates, is_even
from viewer.dicom.series import Picture
from viewer.model.volume import Finding, Severity

Key = Callable[[Picture], Hashable]

#: What tells the phases of a series apart, the most direct first.
PHASE_KEYS: tuple[tuple[str, Key], ...] = (
    ("share of the R-R interval", lambda p: p.phase_percent),
    ("trigger delay", lambda p: p.trigger_delay_ms),
    ("trigger time", lambda p: p.trigger_time_ms),
    ("temporal position", lambda p: p.temporal_position),
    ("share of the R-R interval in the description", lambda p: p.written_percent),
)

#: What else tells two stacks of one series apart, if no phase does.
OTHER_KEYS: tuple[tuple[str, Key], ...] = (
    ("kind of image", lambda p: p.image_type),
    ("kernel", lambda p: p.kernel),
    ("tube voltage", lambda p: p.kvp),
    ("slice thickness", lambda p: p.slice_thickness_mm),
    ("acquisition", lambda p: p.acquisition),
)


def split_phases(pictures: list[Picture]) -> list[tuple[list[Picture], tuple[Finding, ...]]]:
    """Split pictures that lie on one another into stacks that do not, with a word about how.

    Pictures that are told apart by nothing are returned as they came.
    """
    if not has_duplicates(pictures):
        return [(pictures, ())]
    joined = _without_overlap(pictures)
    if joined is not None:
        return [joined]
    for name, key in PHASE_KEYS + OTHER_KEYS:
        parts = _parts(pictures, key)
        if len(parts) < 2 or any(len(part) < 2 or has_duplicates(part) for part in parts):
            continue
        if len({len(part) for part in parts}) == 1 or all(is_even(part) for part in parts):
            text = f"The series holds {len(parts)} stacks of the same region, told apart by their {name}."
            return [(part, (Finding(Severity.NOTE, text),)) for part in parts]
    for name, key in PHASE_KEYS:
        ranked = _ranked(pictures, key)
        if ranked is not None:
            text = (
                f"The series holds {len(ranked)} phases; their {name} differs from slice to slice, so the pictures of "
                "each place were put in order by it."
            )
            return [(part, (Finding(Severity.NOTE, text),)) for part in ranked]
    return [(pictures, ())]


def _parts(pictures: Sequence[Picture], key: Key) -> list[list[Picture]]:
    parts: dict[Hashable, list[Picture]] = {}
    for picture in pictures:
        value = key(picture)
        if value is None:
            return []
        parts.setdefault(value, []).append(picture)
    return [parts[value] for value in sorted(parts, key=lambda v: (str(type(v)), v))]


def _places(pictures: Sequence[Picture]) -> list[list[Picture]] | None:
    """Return the pictures of each place, from the first place to the last."""
    depths = depths_along_normal_mm(pictures)
    if depths is None:
        return None
    places: list[list[Picture]] = []
    last = -np.inf
    for i in np.argsort(depths, kind="stable"):
        if depths[i] - last > NUMERIC_NIL_MM:
            places.append([])
            last = depths[i]
        places[-1].append(pictures[i])
    return places


def _ranked(pictures: Sequence[Picture], key: Key) -> list[list[Picture]] | None:
    """Return the first, second, ... picture of each place in the order of a key; ``None`` if that makes no sense."""
    places = _places(pictures)
    if places is None or len(places) < 2 or len({len(place) for place in places}) != 1:
        return None
    ordered = []
    for place in places:
        values = [key(picture) for picture in place]
        if any(value is None for value in values) or len(set(values)) != len(values):
            return None
        ordered.append(sorted(place, key=key))  # type: ignore[arg-type]
    return [list(rank) for rank in zip(*ordered, strict=True)]


def _without_overlap(pictures: list[Picture]) -> tuple[list[Picture], tuple[Finding, ...]] | None:
    """Keep one picture where neighbouring slabs of a step-and-shoot scan overlap.

    That is what it is if few places are seen twice, each by two acquisitions; ``None`` if it is anything else.
    """
    places = _places(pictures)
    if places is None:
        return None
    shared = [place for place in places if len(place) > 1]
    if len(shared) > len(places) / 4:
        return None
    for place in shared:
        numbers = [picture.acquisition for picture in place]
        if None in numbers or len(set(numbers)) != len(numbers):
            return None
    kept = [min(place, key=lambda p: p.acquisition or 0.0) for place in places]
    slabs = [picture.acquisition for picture in kept]
    if any(a != b and b in slabs[:i] for i, (a, b) in enumerate(pairwise(slabs), start=1)):
        return None
    text = (
        f"Neighbouring slabs of the scan overlap: {len(pictures) - len(kept)} of {len(pictures)} pictures show a place "
        "that another slab shows too, and are not used. Look for steps between the slabs."
    )
    return kept, (Finding(Severity.CAUTION, text),)


def common_phase(pictures: Sequence[Picture], description: str | None = None) -> tuple[float | None, float | None]:
    """Return the share of the R-R interval in percent, and the trigger time in ms, that the pictures have in common.

    The percentage is ``None`` where the pictures differ; the time is their median, as beats differ.
    """
    from viewer.dicom.pictures import percent_in_words

    percents = {picture.phase_percent for picture in pictures}
    written = {picture.written_percent for picture in pictures}
    percent = next(iter(percents)) if len(percents) == 1 else None
    if percent is None:
        percent = next(iter(written)) if len(written) == 1 else None
    if percent is None and None in percents | written:
        percent = percent_in_words(description)
    if percent is not None and not 0 <= percent <= 100:
        percent = None
    for times in (
        [p.trigger_delay_ms for p in pictures if p.trigger_delay_ms is not None],
        [p.trigger_time_ms for p in pictures if p.trigger_time_ms is not None],
    ):
        if times:
            return percent, float(np.median(times))
    return percent, None
