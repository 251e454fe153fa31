"""Captures as pictures: PNG, caption, bar, sizes, and what is remembered of how they are made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from tests.ui.board_table import BLUE, RED, a_case, occlusion, ring_of_calcium
from viewer.desk import Desk
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.view import ViewState
from viewer.settings import Settings
from viewer.ui.capture import composed, pixels_of, png_of, rgb_of, written
from viewer.ui.capture_caption import (
    DISCLAIMER,
    Caption,
    caption_height_px,
    caption_of,
    ct_date,
    paint_caption,
    place_words,
)
from viewer.ui.capture_settings import CaptureCard, CaptureSize, Identity, chosen, keep
from viewer.ui.pane import Pane, logical_area
from viewer.ui.theme import color


class Flat(Pane):
    """A pane with a line of one logical pixel down its middle, 0.5 mm a pixel."""

    key, title = "xray", "X-ray preview"

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        painter.fillRect(area, QColor(*BLUE))
        painter.fillRect(QRect(area.center().x(), area.top(), 1, area.height()), QColor(*RED))

    def mm_per_px(self, area: QRect) -> float | None:
        return 0.5

    def scale_holds(self) -> str:
        return "at the isocentre"


@pytest.fixture
def pane(qtbot, themed):
    jobs = Jobs(lambda call: call())
    pane = Flat(Desk(), jobs)
    qtbot.addWidget(pane)
    pane.set_empty(False)
    yield pane
    jobs.close()


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_that_a_png_holds_the_very_pixels(width: int, height: int, seed: int):
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = QImage.fromData(png_of(picture), "PNG")
    assert (image.width(), image.height()) == (width, height)
    back = rgb_of(pixels_of(image.convertToFormat(QImage.Format.Format_RGB32)))
    assert (back == picture).all()


def test_that_a_picture_is_shrunk_by_the_mean_of_blocks():
    pixels = np.zeros((4, 6, 4), np.uint8)
    pixels[:2, :2, 2] = [[100, 0], [0, 100]]
    pixels[2:, 4:, 0] = 80
    small = rgb_of(pixels, within=(3, 2))
    assert small.shape == (2, 3, 3)
    assert small[0, 0].tolist() == [50, 0, 0]
    assert small[1, 2].tolist() == [0, 0, 80]
    assert rgb_of(pixels, within=(6, 4)).shape == (4, 6, 3)


def test_that_texts_and_lines_grow_with_the_size(pane: Flat):
    for size, scale in ((QSize(960, 540), 1.0), (QSize(1920, 1080), 2.0), (QSize(3840, 2160), 4.0)):
        image = pane.grab_picture(size, scale)
        assert image.size() == size
        row = rgb_of(pixels_of(image))[size.height() // 2]
        assert (row == RED).all(axis=1).sum() == scale
        assert logical_area(size, scale) == QRect(0, 0, 960, 540)


def test_that_the_caption_says_vessel_segment_angle_threshold_date_and_what_it_is_not(pane: Flat):
    case = a_case(lesions=(occlusion(),), calcium=(ring_of_calcium(24, 28),))
    view = ViewState(vessel="RCA", lesion=0)
    view = replace(view, carm=replace(view.carm, primary_deg=30, secondary_deg=20))
    caption = caption_of(case, view, pane, QRect(0, 0, 900, 500))
    assert caption.head == "RCA · mRCA · X-ray preview"
    for words in (
        "C-arm LAO 30 / CRA 20",
        "seen from the detector",
        "calcium from 351 HU",
        "CT 2024-05-03",
        DISCLAIMER,
    ):
        assert words in caption.text
    assert caption.mm_per_px == 0.5
    assert caption.identity == ""


def test_that_a_lesion_over_two_segments_names_both_and_the_cursor_names_its_own():
    case = a_case(lesions=(occlusion(15, 36),))
    assert place_words(case, ViewState(vessel="RCA", lesion=0), "xray") == "RCA · pRCA – mRCA"
    view = ViewState(vessel="RCA", cursor_lps_mm=np.array([0, 0, -45.0]))
    assert place_words(a_case(), view, "sections") == "RCA · dRCA"
    far = replace(view, cursor_lps_mm=np.array([30.0, 0, -45.0]))
    assert place_words(a_case(), far, "axial") == ""
    assert place_words(a_case(), ViewState(), "xray") == ""


def test_that_an_unknown_date_is_called_unknown():
    case = a_case()
    volume = replace(case.volume, facts=replace(case.volume.facts, study_date=None))
    assert ct_date(replace(case, volume=volume)) == "CT date unknown"


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_that_the_bar_is_as_long_as_it_says(themed, scale: float):
    caption = Caption("RCA", "X-ray preview", ("C-arm AP",), 0.25)
    height = caption_height_px(caption, 800)
    image = QImage(QSize(round(800 * scale), round(height * scale)), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(scale, scale)
    paint_caption(painter, QRect(0, 0, 800, height), caption)
    painter.end()
    strong = np.array(color("text", "strong").getRgb()[:3])
    pixels = rgb_of(pixels_of(image))
    bright = (np.abs(pixels.astype(int) - strong) < 12).all(axis=2)
    longest = max(_longest_run(row) for row in bright)
    # 20 mm is the longest round length that fits a sixth of 800 pixels at 0.25 mm.
    assert longest / scale == pytest.approx(20 / 0.25, abs=2.5)


def _longest_run(row: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def test_that_a_capture_is_its_pictures_over_its_caption(themed):
    caption = Caption("RCA", "X-ray preview", ("C-arm AP",))
    picture = QImage(QSize(400, 180), QImage.Format.Format_RGB32)
    picture.fill(QColor(*RED))
    image = composed(QSize(400, 240), 1.0, [(QPoint(0, 0), picture)], caption)
    pixels = rgb_of(pixels_of(image))
    assert (pixels[90, 200] == RED).all()
    strip = pixels[240 - caption_height_px(caption, 400) + 2 :]
    assert (strip == color("surface", "window").getRgb()[:3]).all(axis=2).mean() > 0.7
    assert (strip > 200).all(axis=2).any()
    named = composed(QSize(400, 240), 1.0, [(QPoint(0, 0), picture)], replace(caption, identity="Case 7"))
    assert named != image
    assert caption_height_px(replace(caption, identity="Case 7"), 400) > caption_height_px(caption, 400)


def test_that_a_narrow_caption_breaks_into_lines():
    caption = Caption("RCA", "X-ray preview", ("C-arm LAO 30 / CRA 20", "seen from the detector", "CT 2024-05-03"))
    assert caption_height_px(caption, 300) > caption_height_px(caption, 1200)


def test_that_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ViewerError) as refused:
        written(tmp_path / "file" / "captures", "axial", b"x")
    assert str(tmp_path / "file") in refused.value.what
    assert "folder" in refused.value.advice


def test_that_a_written_capture_is_whole_and_its_name_says_no_one(tmp_path: Path):
    path = written(tmp_path / "new", "axial", b"bytes")
    assert path.read_bytes() == b"bytes"
    assert path.name.endswith(" axial.png")
    assert list(path.parent.iterdir()) == [path]


def test_that_size_folder_and_targets_are_remembered(monkeypatch, tmp_path: Path):
    monkeypatch.delenv("CTO_VIEWER_CAPTURES")
    remembered = Settings()
    assert chosen(remembered).size is CaptureSize.HD
    keep(remembered, replace(chosen(remembered), size=CaptureSize.UHD, folder=tmp_path / "x", to_file=False))
    remembered.save()
    again = chosen(Settings())
    assert (again.size, again.folder, again.to_file, again.to_board) == (CaptureSize.UHD, tmp_path / "x", False, True)


def test_that_nonsense_in_the_settings_is_no_harm():
    remembered = Settings()
    remembered.set("capture", {"size": "huge", "folder": 7})
    assert chosen(remembered).size is CaptureSize.HD
    remembered.set("capture", "nonsense")
    assert chosen(remembered).to_file


def test_that_identity_is_off_until_it_is_switched_on_and_never_in_the_settings(qtbot, themed):
    remembered, identity = Settings(), Identity()
    card = CaptureCard(remembered, identity, lambda: None)
    qtbot.addWidget(card)
    card.text.setText("Somebody")
    assert identity.shown == ""
    card.burned_in.setChecked(True)
    assert identity.shown == "Somebody"
    card.size_box.setCurrentIndex(2)
    card.size_box.activated.emit(2)
    remembered.save()
    assert chosen(remembered).size is CaptureSize.UHD
    assert "Somebody" not in remembered.path.read_text()
