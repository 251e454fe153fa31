"""A small case with captures of plain colours, and a board over it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from viewer.desk import Desk
from viewer.model.board import BoardItem
from viewer.model.calcium import CalciumProfile, CalciumThreshold
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.cross_section import Frames
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind
from viewer.model.vessel import Segment, Vessel, VesselTree
from viewer.model.view import Step, ViewState
from viewer.model.volume import SeriesFacts, Volume
from viewer.ui.capture import png_of

RED, GREEN, BLUE = (200, 30, 30), (30, 180, 30), (40, 60, 220)


def plain_png(rgb: tuple[int, int, int], size: tuple[int, int] = (320, 180)) -> np.ndarray:
    """A picture of one colour as PNG bytes."""
    picture = np.empty((size[1], size[0], 3), np.uint8)
    picture[:] = rgb
    return np.frombuffer(png_of(picture), np.uint8)


def an_item(title: str, rgb: tuple[int, int, int], **more: object) -> BoardItem:
    return BoardItem(title, plain_png(rgb), more.pop("view", ViewState(step=Step.VIEWS)), **more)  # type: ignore[arg-type]


def straight_rca(length_mm: float = 60.0) -> Vessel:
    """An RCA straight down from the ostium, its middle segment from 20 to 40 mm."""
    line = Centerline(np.linspace((0, 0, 0), (0, 0, -length_mm), 241))
    return Vessel("RCA", line, segments=(Segment("pRCA", 0, 20), Segment("mRCA", 20, 40), Segment("dRCA", 40, 60)))


def occlusion(from_mm: float = 22.0, to_mm: float = 36.0) -> Lesion:
    near = Cap(
        np.array([0, 0, -from_mm]), from_mm, (from_mm - 1, from_mm + 0.5), CapShape.BLUNT, 1.2, "RVM", ambiguous=True
    )
    far = Cap(np.array([0, 0, -to_mm]), to_mm, (to_mm - 0.5, to_mm + 2), CapShape.TAPERED)
    return Lesion("RCA", LesionKind.OCCLUSION, near, far)


def ring_of_calcium(from_mm: float, to_mm: float) -> CalciumProfile:
    """Calcium that fills the RCA between two stations, and none elsewhere."""
    station = np.arange(0, 60.5, 0.5)
    n = len(station)
    frames = Frames(
        station,
        np.stack([np.zeros(n), np.zeros(n), -station], axis=1),
        np.tile([0, 0, -1.0], (n, 1)),
        np.tile([1.0, 0, 0], (n, 1)),
        np.tile([0, -1.0, 0], (n, 1)),
    )
    full = (station >= from_mm) & (station <= to_mm)
    area = np.where(full[:, None], np.array([[9.6, 9.6, 9.6]]), 0.0)
    arc = np.where(full[:, None], np.array([[360.0, 360.0, 360.0]]), 0.0)
    wall = np.full(n, 9.6)
    mean = np.where(full, 900.0, np.nan)
    return CalciumProfile(
        "RCA", frames, CalciumThreshold.xing(), 0.8, area, wall, arc, np.where(full, 100.0, 0.0), mean, ()
    )


def a_case(*items: BoardItem, lesions: tuple[Lesion, ...] = (), calcium: tuple[CalciumProfile, ...] = ()) -> Case:
    geometry = Geometry.from_axes((8, 8, 8), (0, 0, 0), (1, 1, 1))
    facts = SeriesFacts("1.2.3", study_date="20240503", phase_percent=75)
    volume = Volume(np.zeros((8, 8, 8), np.int16), geometry, facts)
    return Case(volume, VesselTree((straight_rca(),)), calcium=calcium, lesions=lesions, board=items)


def titles(desk: Desk) -> list[str]:
    case = desk.kept_case
    return [] if case is None else [item.title for item in case.board]


def drag(widget: QWidget, start: QPointF, end: QPointF) -> None:
    """Press, move in steps, release."""
    points = [start + (end - start) * share for share in (0.0, 0.3, 0.7, 1.0)]
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=points[0].toPoint())
    for point in points[1:]:
        QTest.mouseMove(widget, point.toPoint())
        QTest.qWait(5)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=QPoint(points[-1].toPoint()))
