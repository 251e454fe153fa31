"""Captures: pictures of a pane or of the whole layout, at a chosen size, for the board, a file and the clipboard.

What is captured is what was there when the key was pressed; what takes long is computed by a job. No capture on the
board says who the patient is.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from viewer.desk import Desk
from viewer.desk.target import active_lesion
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.board import BoardItem, PanePlace
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.progress import Progress
from viewer.settings import Settings
from viewer.ui.capture_caption import Caption, caption_height_px, caption_of, paint_caption
from viewer.ui.capture_settings import CaptureChoice, Identity, chosen
from viewer.ui.capture_shot import Shot
from viewer.ui.layout_grid import LayoutGrid
from viewer.ui.message import MessageBar, Weight
from viewer.ui.pane import Pane, logical_area
from viewer.ui.theme import color

Rgb = NDArray[np.uint8]

#: One pane in a capture is laid out at this height in the program's pixels, so that its texts are read from afar.
PANE_HEIGHT_PX = 540.0
#: The board keeps captures no larger than this: what a screen in the room shows.
BOARD_PX = (1920, 1080)
#: Panes that are not views of the patient.
NOT_CAPTURED = ("board", "sheet")


@dataclass(frozen=True, slots=True)
class Part:
    """A pane's picture on its way, and where it belongs, in pixels of the capture."""

    at: QPoint
    shot: Shot


@dataclass(frozen=True, slots=True)
class Take:
    """A capture on its way.

    Attributes
    ----------
    size : QSize
        With the caption, in pixels.
    scale : float
        Pixels of the capture for one of the program.
    parts : tuple of Part
    caption : Caption
        Without identity.
    identity : str
    item : callable
        Makes the item of the board from the bytes of its PNG.
    choice : CaptureChoice
    case : Case
        That it was taken of.
    """

    size: QSize
    scale: float
    parts: tuple[Part, ...]
    caption: Caption
    identity: str
    item: Callable[[NDArray[np.uint8]], BoardItem]
    choice: CaptureChoice
    case: Case
    name: str


def png_of(rgb: Rgb) -> bytes:
    """Return a picture, uint8 of shape (H, W, 3), as a PNG file (W3C PNG, third edition): every row by its left."""
    height, width, _ = rgb.shape
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = 1
    flat = rgb.reshape(height, 3 * width)
    rows[:, 1:4] = flat[:, :3]
    np.subtract(flat[:, 3:], flat[:, :-3], out=rows[:, 4:])

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(rows.tobytes(), 4)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def pixels_of(image: QImage) -> Rgb:
    """Return a picture of format RGB32 as uint8 of shape (H, W, 4), blue first, its own copy."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width()].copy()


def rgb_of(pixels: Rgb, within: tuple[int, int] | None = None) -> Rgb:
    """Return the pixels of `pixels_of` as (H, W, 3), red first; the mean of blocks of them where that fits `within`."""
    height, width = pixels.shape[:2]
    block = 1 if within is None else max(-(-width // within[0]), -(-height // within[1]), 1)
    rgb = pixels[..., 2::-1]
    if block == 1:
        return np.ascontiguousarray(rgb)
    height, width = height // block, width // block
    blocks = rgb[: height * block, : width * block].reshape(height, block, width, block, 3)
    return np.rint(blocks.mean(axis=(1, 3), dtype=np.float32)).astype(np.uint8)


def written(folder: Path, name: str, png: bytes) -> Path:
    """Write a capture, whole or not at all; its name tells when and which pane.

    Raises
    ------
    ViewerError
        If the folder cannot be written.
    """
    path = folder / f"{datetime.now():%Y-%m-%d %H.%M.%S.%f} {name}.png"
    part = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(png)
        part.replace(path)
    except OSError as problem:
        raise ViewerError(
            f"The capture could not be written to {folder} ({problem.strerror or problem}).",
            "Make room there, or choose another folder in the settings of captures.",
        ) from problem
    return path


class Captures:
    """Takes captures; lives on the window's thread.

    Parameters
    ----------
    desk, jobs, message, settings, grid
    report : callable
        Called with (share, text) while a capture is on its way.
    failed : callable
        Called with what went wrong.
    left : callable
        Called with (volume, what, where, identity=...) of what left the program.
    """

    def __init__(
        self,
        desk: Desk,
        jobs: Jobs,
        message: MessageBar,
        settings: Settings,
        grid: LayoutGrid,
        report: Callable[[float, str], None],
        failed: Callable[[BaseException], None],
        left: Callable[..., None],
    ) -> None:
        self._left = left
        self._desk = desk
        self._jobs = jobs
        self._message = message
        self._settings = settings
        self._grid = grid
        self._report = report
        self._failed = failed
        self._number = 0
        self._under_way: set[str] = set()
        self._identity_of: str | None = None
        self._identity = Identity()

    @property
    def resting(self) -> bool:
        """Whether no capture is on its way."""
        return not self._under_way

    @property
    def identity(self) -> Identity:
        """What was typed about the patient of the study that lies open; another study begins without."""
        case = self._desk.kept_case
        digest = None if case is None else f"{case.volume.facts.series_uid}|{case.volume.geometry.digest()}"
        if digest != self._identity_of:
            self._identity_of, self._identity = digest, Identity()
        return self._identity

    def take_pane(self, pane: Pane | None) -> bool:
        """Capture a pane; False if there is nothing to capture."""
        case = self._desk.case
        if pane is None or pane.empty or case is None or pane.key in NOT_CAPTURED:
            return self._nothing_here()
        choice = chosen(self._settings)
        size, scale = self._size_of_pane(pane, choice)
        width = logical_area(size, scale).width()
        area = QRect(0, 0, width, logical_area(size, scale).height())
        caption = caption_of(case, self._desk.view, pane, area)
        strip = round(caption_height_px(_with(caption, self.identity.shown), width) * scale)
        if choice.size.pixels is None:
            size = QSize(size.width(), size.height() + strip)
        picture = QSize(size.width(), size.height() - strip)
        # What is true of the scale is asked of the room that the picture really has.
        caption = caption_of(case, self._desk.view, pane, logical_area(picture, scale))
        self._start(size, scale, (Part(QPoint(0, 0), pane.shot(picture, scale)),), caption, [pane], pane)
        return True

    def take_layout(self) -> bool:
        """Capture all panes in sight as they stand beside each other; False if there are none."""
        case = self._desk.case
        panes = [pane for pane in self._grid.visible_panes if pane.isVisible()]
        if case is None or not any(not pane.empty for pane in panes):
            return self._nothing_here()
        choice = chosen(self._settings)
        grid = self._grid.size()
        if choice.size.pixels is None:
            scale = self._grid.devicePixelRatioF()
            size = QSize(round(grid.width() * scale), round(grid.height() * scale))
        else:
            size = QSize(*choice.size.pixels)
            scale = size.width() / grid.width()
        width = logical_area(size, scale).width()
        caption = caption_of(case, self._desk.view, None, QRect())
        strip = round(caption_height_px(_with(caption, self.identity.shown), width) * scale)
        if choice.size.pixels is None:
            size = QSize(size.width(), size.height() + strip)
        parts = []
        across, down = size.width() / grid.width(), (size.height() - strip) / grid.height()
        for pane in panes:
            corner = pane.mapTo(self._grid, QPoint(0, 0))
            left, top = round(corner.x() * across), round(corner.y() * down)
            right, bottom = (
                round((corner.x() + pane.width()) * across),
                round((corner.y() + pane.height()) * down),
            )
            parts.append(Part(QPoint(left, top), pane.shot(QSize(right - left, bottom - top), scale)))
        self._start(size, scale, tuple(parts), caption, panes, None)
        return True

    def _nothing_here(self) -> bool:
        self._message.say(
            "There is no picture to capture here: open a study and click on a pane first.", Weight.CAUTION
        )
        return False

    def _size_of_pane(self, pane: Pane, choice: CaptureChoice) -> tuple[QSize, float]:
        if choice.size.pixels is None:
            scale = pane.devicePixelRatioF()
            return QSize(round(pane.width() * scale), round(pane.height() * scale)), scale
        size = QSize(*choice.size.pixels)
        return size, size.height() / PANE_HEIGHT_PX

    # -- on its way ----------------------------------------------------------------------------------------------

    def _start(
        self, size: QSize, scale: float, parts: tuple[Part, ...], caption: Caption, panes: list[Pane], pane: Pane | None
    ) -> None:
        case, view = self._desk.case, self._desk.view
        assert case is not None
        item = _item_maker(case, view, self._grid, caption, panes, pane)
        choice, name = chosen(self._settings), "layout" if pane is None else pane.key
        take = Take(size, scale, parts, caption, self.identity.shown, item, choice, case, name)
        self._number += 1
        slot = f"capture.{self._number}"
        self._under_way.add(slot)
        self._report(0.0, "Capturing")

        def work(progress: Progress) -> list[Any]:
            done = []
            for number, part in enumerate(parts):
                done.append(part.shot.work(lambda share, text="", n=number: progress((n + share) / len(parts), "")))
            return done

        self._jobs.run(
            slot,
            work,
            done=lambda made: self._paint(slot, take, made),
            failed=lambda problem: self._end(slot, problem),
            report=lambda share, _: self._report(0.9 * share, "Capturing"),
            cancelled=lambda: self._end(slot, None),
        )

    def _paint(self, slot: str, take: Take, made: list[Any], painted: tuple[QImage, ...] = ()) -> None:
        """Paint one pane in a turn of the event loop, then put them together."""
        if len(painted) < len(made):
            picture = take.parts[len(painted)].shot.paint(made[len(painted)])
            following = (*painted, picture)
            QTimer.singleShot(0, self._message, lambda: self._paint(slot, take, made, following))
            return
        pictures = [(part.at, picture) for part, picture in zip(take.parts, painted, strict=True)]
        plain = composed(take.size, take.scale, pictures, take.caption)
        named = plain
        if take.identity:
            named = composed(take.size, take.scale, pictures, _with(take.caption, take.identity))
        if take.choice.to_clipboard:
            QApplication.clipboard().setImage(named)
        for_board = pixels_of(plain) if take.choice.to_board else None
        for_file = pixels_of(named) if take.choice.to_file else None

        def work(progress: Progress) -> tuple[Path | None, NDArray[np.uint8] | None]:
            path = None if for_file is None else written(take.choice.folder, take.name, png_of(rgb_of(for_file)))
            if for_board is None:
                return path, None
            return path, np.frombuffer(png_of(rgb_of(for_board, BOARD_PX)), np.uint8)

        self._jobs.run(
            slot,
            work,
            done=lambda kept: self._keep(slot, take, *kept),
            failed=lambda problem: self._end(slot, problem),
            cancelled=lambda: self._end(slot, None),
        )

    def _keep(self, slot: str, take: Take, path: Path | None, png: NDArray[np.uint8] | None) -> None:
        self._end(slot, None)
        case = self._desk.kept_case
        if png is not None and case is not None and case.volume is take.case.volume:
            item = take.item(png)
            self._desk.apply(replace(case, board=(*case.board, item)), f"Capture {item.title}")
        places = [
            "on the board" if png is not None else "",
            "on the clipboard" if take.choice.to_clipboard else "",
            f"in {path.parent}" if path is not None else "",
        ]
        left = ["clipboard"] if take.choice.to_clipboard else []
        for where in [*left, path] if path is not None else left:
            self._left(take.case.volume, "1 capture (PNG)", where, identity=bool(take.identity))
        who = f"with “{take.identity}” in file and clipboard" if take.identity else "without the patient's name"
        self._message.say(f"Captured {who}: {', '.join(filter(None, places)) or 'but kept nowhere'}.")

    def _end(self, slot: str, problem: BaseException | None) -> None:
        self._under_way.discard(slot)
        self._report(1.0, "")
        if problem is not None:
            self._failed(problem)


def composed(size: QSize, scale: float, pictures: list[tuple[QPoint, QImage]], caption: Caption) -> QImage:
    """Return a capture: pictures at their places, the caption under them."""
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(color("surface", "window"))
    painter = QPainter(image)
    for at, picture in pictures:
        plain = QImage(picture)
        plain.setDevicePixelRatio(1.0)
        painter.drawImage(at, plain)
    painter.scale(scale, scale)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    area = logical_area(size, scale)
    strip = caption_height_px(caption, area.width())
    paint_caption(painter, QRect(0, area.height() - strip, area.width(), strip), caption)
    painter.end()
    return image


def _with(caption: Caption, identity: str) -> Caption:
    return replace(caption, identity=identity)


def _item_maker(
    case: Case, view: ViewState, grid: LayoutGrid, caption: Caption, panes: list[Pane], pane: Pane | None
) -> Callable[[NDArray[np.uint8]], BoardItem]:
    """Return what makes the board's item, with all that has to be noted now."""
    lesion = active_lesion(case, view)
    item = {
        "title": title_of(caption, view, pane),
        "view": view,
        "pane": None if pane is None else pane.key,
        "maximised": None if grid.maximised is None else grid.maximised.key,
        "layout": json.dumps(grid.layout_of(view.step)),
        "places": tuple(PanePlace(p.key, p.place_values()) for p in panes if p.place_values()),
        "caps_mm": None if lesion is None else (lesion.proximal.station_mm, lesion.distal.station_mm),
    }
    return lambda png: BoardItem(png=png, **item)  # type: ignore[arg-type]


def title_of(caption: Caption, view: ViewState, pane: Pane | None) -> str:
    """Return what a capture is called until it is named: what is shown from where, and of which vessel."""
    angle = ""
    if pane is not None and pane.key in ("volume", "xray"):
        angle = pane.header_right() if pane.key == "volume" else view.carm.label
    return " · ".join(filter(None, (f"{caption.shown} {angle}".rstrip(), caption.place)))
