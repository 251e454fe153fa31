"""Five occlusions, A to E, that were scored by hand, and what each score must say of them."""

from __future__ import annotations

from dataclasses import replace

from viewer.model.score import Input, ScoreInputs

ADR = "antegrade dissection and re-entry"


def inputs(**answers: object) -> ScoreInputs:
    """Return inputs of which only these are known."""
    return ScoreInputs(**{name: Input.typed(value) for name, value in answers.items()})


def knowing(base: ScoreInputs, **answers: object) -> ScoreInputs:
    """Return the same inputs with other answers; None makes one unknown."""
    return replace(base, **{name: Input.typed(value) for name, value in answers.items()})


def _example(
    vessel, stump, branch, ambiguous, bend, length, any_calcium, csa, arc, extent, multiple, again, months, cabg, mi,
    age, sex, lvef, collaterals, tortuous, diseased, strategy,
) -> ScoreInputs:  # fmt: skip
    return inputs(
        vessel=vessel, stump=stump, side_branch=branch, cap_ambiguous=ambiguous, max_bend_deg=bend, length_mm=length,
        any_calcium=any_calcium, calcium_csa_percent=csa, calcium_arc_deg=arc, severe_extent=extent, multiple=multiple,
        previous_attempt=again, duration_months=months, prior_cabg=cabg, graft_on_target=cabg, prior_mi=mi,
        atrial_fibrillation=False, age_years=age, sex=sex, lvef_percent=lvef, collaterals=collaterals,
        tortuosity="severe" if tortuous else "none", landing_diseased=diseased, strategy=strategy,
    )  # fmt: skip


N, Y = False, True
EXAMPLES = {
    "A": _example("RCA", "tapered", N, N, 20.0, 9.0, N, 0.0, 0.0, N, N, N, 6, N, N, 58, "male", 60, Y, N, N,
                  "antegrade wiring"),
    "B": _example("LAD", "blunt", Y, Y, 30.0, 15.0, Y, 55.0, 220.0, Y, N, N, 14, N, Y, 64, "female", 50, Y, N, N, ADR),
    "C": _example("RCA", "blunt", Y, Y, 62.0, 32.0, Y, 100.0, 360.0, Y, Y, Y, None, Y, Y, 74, "male", 40, N, Y, Y,
                  "retrograde"),
    "D": _example("LCX", "tapered", N, N, 45.0, 20.0, Y, 30.0, 120.0, N, N, N, 12, N, N, 70, "male", 55, N, Y, N,
                  "antegrade wiring"),
    "E": _example("RCA", "invisible", N, Y, 50.0, 25.0, Y, 46.0, 360.0, N, N, N, 24, Y, N, 66, "female", 35, Y, N, Y,
                  "retrograde"),
}  # fmt: skip

#: What each score must say of A, B, C, D and E.
TOTALS = {
    "J-CTO": (0, 2, 5, 1, 4),
    "J-CTO (CT)": (0, 2, 5, 0, 3),
    "CT-RECTOR": (0, 3, 6, 1, 3),
    "KCCT": (0, 5, 8, 2, 4),
    "EuroCTO CASTLE": (0, 2, 6, 3, 3),
    "PROGRESS-CTO": (0, 1, 3, 3, 1),
    "PROGRESS-CTO complications (2016)": (0, 0, 6, 3, 6),
    "PROGRESS-CTO MACE (2022)": (0, 5, 5, 1, 6),
    "PROGRESS-CTO pericardiocentesis (2022)": (0, 3, 4, 1, 4),
    "PROGRESS-CTO mortality (2022)": (0, 2, 4, 1, 3),
    "PROGRESS-CTO acute infarction (2022)": (0, 1, 2, 0, 2),
    "CL": (1, 4, 8, 2.5, 5),
    "RECHARGE": (0, 2, 6, 2, 6),
    "RECHARGE (CT)": (0, 2, 6, 1, 5),
    "Busan": (2, 5, 8, 2, 10),
}
#: The items that give points, where they were written down.
PARTS = {
    ("J-CTO", "D"): {"calcification"},
    ("CT-RECTOR", "B"): {"blunt stump", "severe calcification", "duration"},
    ("CT-RECTOR", "D"): {"duration"},
    ("CT-RECTOR", "E"): {"blunt stump", "bend", "duration"},
    ("KCCT", "B"): {"blunt entry", "side branch", "occlusion length", "calcification", "duration"},
    ("KCCT", "D"): {"occlusion length", "duration"},
    ("KCCT", "E"): {"blunt entry", "bend", "occlusion length", "duration"},
    ("EuroCTO CASTLE", "B"): {"stump", "extent of calcification"},
    ("EuroCTO CASTLE", "D"): {"age", "tortuosity", "occlusion length"},
    ("EuroCTO CASTLE", "E"): {"coronary bypass", "stump", "occlusion length"},
    ("PROGRESS-CTO", "B"): {"ambiguous proximal cap"},
    ("PROGRESS-CTO", "D"): {"no interventional collaterals", "tortuosity", "circumflex"},
    ("PROGRESS-CTO", "E"): {"ambiguous proximal cap"},
    ("PROGRESS-CTO MACE (2022)", "C"): {"age", "moderate or severe calcification", "blunt stump", "planned way"},
    ("PROGRESS-CTO MACE (2022)", "D"): {"age"},
    ("PROGRESS-CTO MACE (2022)", "E"): {"age", "sex", "blunt stump", "planned way"},
    ("CL", "A"): {"location"},
    ("CL", "B"): {"infarction", "severe calcification", "blunt stump"},
    ("CL", "D"): {"occlusion length", "location"},
    ("RECHARGE", "D"): {"calcification", "occlusion length"},
}
