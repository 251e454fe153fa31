"""Which pictures form a stack: series, frame of reference, orientation, matrix, kind of image, then the phase."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from viewer.dicom.geometry_check import is_even
from viewer.dicom.phase import split_phases
from viewer.dicom.series import Picture
from viewer.model.volume import Finding, Severity

#: Orientations whose direction cosines differ by less than this are the same.
SAME_ORIENTATION = 1e-4


def group(pictures: Iterable[Picture]) -> list[tuple[list[Picture], tuple[Finding, ...]]]:
    """Group pictures into stacks, each with what was noticed about its making.

    A step of the grouping that the standard leaves open (all values of ImageType beyond the third) is taken only where
    the pictures make no even stack without it, and do with it.
    """
    families: dict[Hashable, list[Picture]] = {}
    for picture in pictures:
        families.setdefault(_family(picture), []).append(picture)
    stacks = []
    for family in families.values():
        for alike in _by_orientation(family):
            unique, copies = _without_copies(alike)
            for framed, frames in _by_frame_of_reference(unique):
                for part in _by_kind(framed):
                    for stack, phases in split_phases(part):
                        stacks.append((stack, copies + frames + phases))
    return stacks


def _family(picture: Picture) -> Hashable:
    spacing = picture.pixel_spacing_mm
    return (
        picture.series_uid,
        picture.sop_class,
        picture.modality,
        picture.layout.rows,
        picture.layout.columns,
        picture.layout.samples,
        spacing and (round(spacing[0], 4), round(spacing[1], 4)),
        # A file of many frames without functional groups has no places to compare with those of others.
        picture.path if picture.position_lps_mm is None and picture.layout.frames > 1 else None,
        "LOCALIZER" in picture.image_type,
        picture.image_type[:3],
    )


def _by_orientation(pictures: list[Picture]) -> list[list[Picture]]:
    groups: list[tuple[tuple[float, ...] | None, list[Picture]]] = []
    for picture in pictures:
        for orientation, members in groups:
            if _same(orientation, picture.orientation):
                members.append(picture)
                break
        else:
            groups.append((picture.orientation, [picture]))
    return [members for _, members in groups]


def _same(one: tuple[float, ...] | None, other: tuple[float, ...] | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(abs(a - b) <= SAME_ORIENTATION for a, b in zip(one, other, strict=True))


def _by_frame_of_reference(pictures: list[Picture]) -> list[tuple[list[Picture], tuple[Finding, ...]]]:
    """Split by frame of reference, unless each picture of an even stack has its own: removing names can do that."""
    frames: dict[Hashable, list[Picture]] = {}
    for picture in pictures:
        frames.setdefault(picture.frame_of_reference_uid, []).append(picture)
    if len(frames) == len(pictures) > 1 and is_even(pictures):
        text = (
            "Every picture names a frame of reference of its own, as happens when names are removed; the positions fit "
            "together, so they were taken as one stack."
        )
        return [(pictures, (Finding(Severity.NOTE, text),))]
    return [(members, ()) for members in frames.values()]


def _by_kind(pictures: list[Picture]) -> list[list[Picture]]:
    """Split by the whole ImageType where that makes even stacks out of an uneven one."""
    kinds: dict[Hashable, list[Picture]] = {}
    for picture in pictures:
        kinds.setdefault(picture.image_type, []).append(picture)
    if len(kinds) > 1 and not is_even(pictures) and all(is_even(part) for part in kinds.values()):
        return list(kinds.values())
    return [pictures]


def _without_copies(pictures: list[Picture]) -> tuple[list[Picture], tuple[Finding, ...]]:
    """Leave out pictures that are there twice under the same UID."""
    seen: dict[Hashable, Picture] = {}
    for picture in pictures:
        seen.setdefault((picture.sop_uid or picture.path, picture.frame), picture)
    copies = len(pictures) - len(seen)
    if not copies:
        return pictures, ()
    text = f"{copies} of {len(pictures)} pictures are copies of others (same UID) and are left out."
    return list(seen.values()), (Finding(Severity.NOTE, text),)
