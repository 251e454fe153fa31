"""The stages of the chain fit together, and leave alone what the operator decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap
from viewer.analysis.fluoro.limits import shipped_limits
from viewer.analysis.plan import proposed_views, with_lesions, with_measurements
from viewer.model.case import Case
from viewer.model.lesion import Cap, Lesion, LesionKind, Refuted
from viewer.model.vessel import Author
from viewer.progress import Cancelled


@pytest.fixture(scope="module")
def case() -> Case:
    return DiseasedVessel(gaps=(Gap(14, 22), Gap(34, 44)), branch_mm=28.0).case()


def test_that_only_what_is_missing_is_measured(case: Case) -> None:
    assert with_measurements(case, ["RCA"]) is case
    both = with_measurements(case)
    assert both.sections_of("RCA") is case.sections_of("RCA") and both.sections_of("RVM") is not None
    assert both.calcium_of("RCA") is case.calcium_of("RCA") and both.calcium_of("RVM") is not None


def test_that_a_case_whose_contrast_is_unknown_is_refused(case: Case) -> None:
    with pytest.raises(ValueError, match="contrast"):
        with_lesions(replace(case, enhancement=None))


def test_that_a_lesion_of_hers_replaces_the_computers(case: Case) -> None:
    line = case.tree["RCA"].centerline
    ends = [Cap(line.at(mm), mm, (mm, mm), author=Author.OPERATOR) for mm in (13.0, 24.0)]
    hers = Lesion("RCA", LesionKind.OCCLUSION, ends[0], ends[1], author=Author.OPERATOR)
    found = with_lesions(replace(case, lesions=(hers,)))
    assert hers in found.lesions and len(found.lesions) == 2
    assert found.tree["RCA"].centerline.inferred[0] == (13.0, 24.0)
    assert np.array_equal(found.tree["RCA"].centerline.points_lps_mm, line.points_lps_mm)


def test_that_what_she_declared_no_occlusion_is_not_found_again(case: Case) -> None:
    found = with_lesions(replace(case, refuted=(Refuted("RCA", 15.0, 20.0),)))
    assert [round(lesion.proximal.station_mm) for lesion in found.lesions] == [34]
    assert len(found.refuted) == 1


def test_that_views_name_the_occlusion_that_they_are_for(case: Case) -> None:
    found = with_lesions(case)
    views = proposed_views(found, shipped_limits())
    assert {number for number, _ in views} == {0, 1}
    assert proposed_views(replace(found, lesions=()), shipped_limits()) == ()


def test_that_the_chain_can_be_stopped(case: Case) -> None:
    def stop(share: float, text: str = "") -> None:
        if "occlusions" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        with_lesions(case, stop)
