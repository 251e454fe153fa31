"""A case without anything that was typed freely or leads back to the patient: to be given away."""

from __future__ import annotations

from dataclasses import replace

from viewer.model.board import BoardItem, NoteKind
from viewer.model.case import Case
from viewer.model.remarks import Remarks
from viewer.model.volume import Volume


def nameless(case: Case) -> Case:
    """Return the case without UIDs, folders, angiogram, typed titles, texts, notes and operator; the measurements stay.

    A file of it is laid on pictures that have the same geometry and the same grey values.
    """
    volume = case.volume
    facts = replace(
        volume.facts, series_uid=None, study_uid=None, frame_of_reference_uid=None, description=None, source=None
    )
    return replace(
        case,
        volume=Volume(volume.hu, volume.geometry, facts, volume.findings, volume.complete),
        marks=tuple(replace(mark, title="") for mark in case.marks),
        board=tuple(_nameless_item(item, number) for number, item in enumerate(case.board, 1)),
        remarks=Remarks(),
        angiogram=None,
    )


def plain_title(item: BoardItem, number: int) -> str:
    """Return a title for a capture that nobody typed."""
    return f"Capture {number}: {item.pane.replace('_', ' ') if item.pane else 'all panes'}"


def _nameless_item(item: BoardItem, number: int) -> BoardItem:
    notes = tuple(note for note in item.notes if note.kind is not NoteKind.TEXT)
    return replace(item, title=plain_title(item, number), notes=notes)
