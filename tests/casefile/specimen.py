"""A plan with every noun that a case file can hold, and how it becomes the specimen of a version.

``python -m tests.casefile.specimen`` writes it for the present version, once, when that version is released; the
specimens of former versions stay as they are for ever.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.casefile.test_case_file import a_case
from viewer.casefile import SUFFIX, save_case
from viewer.casefile.migration import VERSION
from viewer.model.angiogram import Angiogram, Landmark
from viewer.model.board import BoardItem, Note, NoteKind, PanePlace
from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.facts import (
    ClinicalFacts,
    Graft,
    GraftKind,
    RetrogradeWay,
    Sex,
    Strategy,
    TargetFacts,
    Tortuosity,
    WayKind,
)
from viewer.model.lesion import Refuted
from viewer.model.remarks import Remarks
from viewer.model.view import Step, ViewState

FOLDER = Path(__file__).parent / "specimens"
#: A picture of 1 x 1.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def full_view() -> ViewState:
    """Where the specimen looks."""
    return ViewState(
        step=Step.OCCLUSION,
        cursor_lps_mm=np.array([1, 2, 3.0]),
        vessel="RCA",
        angle_deg=30.0,
        carm=CArm(30.0, 20.0),
        lesion=0,
        hidden_overlays=frozenset({"calcium"}),
    )


def full_case() -> Case:
    """The plan of the specimen; its pictures are those of `a_case`."""
    notes = (
        Note(NoteKind.ARROW, (0.1, 0.2), (0.3, 0.4)),
        Note(NoteKind.RING, (0.1, 0.2), (0.3, 0.4)),
        Note(NoteKind.TEXT, (0.5, 0.5), (0.5, 0.5), "cap"),
    )
    places = (PanePlace("volume", (("preset", "coronary"), ("height_mm", 150.0), ("angles_deg", (30.0, 20.0)))),)
    png = np.frombuffer(PNG, np.uint8)
    item = BoardItem("The cap", png, full_view(), "volume", None, "{}", places, notes, (10.0, 20.0))
    target = TargetFacts(
        "RCA",
        previous_attempt=True,
        duration_months=8.0,
        tortuosity=Tortuosity.MODERATE,
        strategy=Strategy.RETROGRADE,
        ways=(RetrogradeWay("LAD", "RCA", WayKind.SEPTAL, 1, Tortuosity.NONE, 1.0, True),),
    )
    facts = ClinicalFacts(
        67.0, Sex.FEMALE, 50.0, True, False, targets=(target,), grafts=(Graft("LAD", GraftKind.LIMA, True),)
    )
    run = Angiogram(
        "1.2.9", "1.2.8", "1.2.7", "20260102", 2, 64, 64, 66.7, np.array([[30.0, 20], [31, 20]]), CArm(30.0, 20.0),
        ("no distance",), "/run.dcm", False, (Landmark("P cap", np.array([1.0, 2, 3]), np.array([4.0, 5])),),
    )  # fmt: skip
    return replace(
        a_case(),
        facts=facts,
        board=(item, replace(item, title="All panes", pane=None, notes=())),
        refuted=(Refuted("RCA", 2.0, 4.0),),
        remarks=Remarks("Guide AL 0.75", "Dr Roe"),
        angiogram=run,
    )


def specimen(version: int = VERSION) -> Path:
    """Return where the specimen of a version lies."""
    return FOLDER / f"plan-{version}{SUFFIX}"


if __name__ == "__main__":
    save_case(specimen(), full_case(), full_view(), keep_backup=False)
