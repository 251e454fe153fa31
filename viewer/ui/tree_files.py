"""Vessels from and for other programs: the file is asked for, read or written off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QWidget

from viewer.casefile.tree_in import LINE_SUFFIXES, SUFFIXES, read_tree
from viewer.desk import Desk
from viewer.desk.sight import on_vessel
from viewer.desk.tree_edits import with_tree
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress
from viewer.report.tree_out import FORMATS, write_tree
from viewer.ui.message import MessageBar, Weight

IMPORT, EXPORT = "tree.import", "tree.export"
#: At least this share of the points must lie in the pictures.
FITTING_SHARE = 0.8
#: So much brighter along the courses means that these are the directions that were meant.
CLEARLY_HU = 100.0
RAS_TOLD = " It counts x to the right and y to the front (RAS), as only so it lies on vessels here."


class TreeFiles:
    """Imports and exports vessels; lives on the window's thread. `left` is told what left the program."""

    def __init__(self, desk: Desk, jobs: Jobs, message: MessageBar, parent: QWidget, left: Callable[..., None]) -> None:
        self._desk = desk
        self._jobs = jobs
        self._message = message
        self._parent = parent
        self._left = left

    def ask_import(self) -> None:
        """Ask which file to read vessels from."""
        dialog = QFileDialog(self._parent, "Import vessels")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        dialog.setNameFilters([f"Centrelines and maps of labels ({patterns})", "All files (*)"])
        dialog.fileSelected.connect(lambda name: self.import_from(Path(name)))
        dialog.open()

    def import_from(self, path: Path) -> None:
        """Read vessels from a file and lay them into the tree as one edit; those of the same name are replaced."""
        case = self._desk.kept_case
        if case is None:
            self._message.say("There are no pictures yet to lay vessels on: open a study first.", Weight.CAUTION)
            return
        volume = case.volume

        def work(progress: Progress) -> tuple[VesselTree, str]:
            return fitting_tree(path, volume, progress)

        def done(found: tuple[VesselTree, str]) -> None:
            now = self._desk.kept_case
            if now is None or now.volume is not volume:
                return
            tree, told = found
            try:
                new = with_vessels(now, tree)
            except ViewerError as problem:
                self._message.refuse(problem)
                return
            self._desk.apply(new, "Import vessels")
            self._desk.look(on_vessel(new, self._desk.view, tree.vessels[0].name))
            count = "One vessel is" if len(tree) == 1 else f"{len(tree)} vessels are"
            self._message.say(f"{count} in the tree from {path.name}.{told} Rename them in the list.")

        self._jobs.run(IMPORT, work, done=done, failed=self._fail)

    def ask_export(self) -> None:
        """Ask where to write the vessels; the ending of the name chooses the format."""
        if self._desk.kept_case is None or not len(self._desk.kept_case.tree):
            self._message.say("There are no vessels to write: find the tree or trace one first.", Weight.CAUTION)
            return
        dialog = QFileDialog(self._parent, "Export vessels")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(
            [
                "VTK centrelines (*.vtp)",
                "Table of points (*.csv)",
                "Surface for printing (*.stl)",
                "Coloured surface, glTF (*.glb)",
            ]
        )
        dialog.setDefaultSuffix("vtp")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix(next(s[1:] for s in FORMATS if f"*{s})" in chosen))
        )
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.open()

    def export_to(self, path: Path) -> None:
        """Write the vessels to a file."""
        case = self._desk.kept_case
        if case is None:
            return
        tree = case.tree

        def work(progress: Progress) -> None:
            write_tree(path, tree)

        def done(_: None) -> None:
            self._left(case.volume, f"vessels ({path.suffix[1:].upper()})", path, identity=False)
            self._message.say(f"The vessels are written: {path}. The file holds no pictures and no name.")

        self._jobs.run(EXPORT, work, done=done, failed=self._fail)

    def _fail(self, problem: BaseException) -> None:
        if not isinstance(problem, ViewerError):
            raise problem
        self._message.refuse(problem)


def fitting_tree(path: Path, volume: Volume, progress: Progress) -> tuple[VesselTree, str]:
    """Read a tree that lies in the pictures; returns it, and what to say if its directions had to be found out.

    Many files of centrelines do not say whether x grows to the left or to the right. Where both would lie in the
    pictures, the one on contrast is meant.

    Raises
    ------
    ViewerError
        If it cannot be read, or lies elsewhere.
    """
    tree = read_tree(path, progress=progress)
    bright = _brightness_hu(tree, volume)
    if path.name.lower().endswith(LINE_SUFFIXES):
        turned = read_tree(path, space="RAS", progress=progress)
        if _brightness_hu(turned, volume) > bright + CLEARLY_HU:
            return turned, RAS_TOLD
    if bright == -np.inf:
        raise ViewerError(
            f"The vessels of {path.name} do not lie in these pictures.", "Open the series that they were traced on."
        )
    return tree, ""


def _brightness_hu(tree: VesselTree, volume: Volume) -> float:
    """Return the median HU along all courses; minus infinity if they do not lie in the pictures."""
    points = np.concatenate([vessel.centerline.points_lps_mm for vessel in tree])
    inside = volume.geometry.contains(points)
    if inside.mean() < FITTING_SHARE:
        return -np.inf
    k, j, i = np.rint(volume.geometry.to_index(points[inside])).astype(int).T
    return float(np.median(volume.hu[k, j, i]))


def with_vessels(case: Case, tree: VesselTree) -> Case:
    """Return the case with the vessels of another tree; those of the same name are replaced.

    Raises
    ------
    ViewerError
        If a vessel would then descend from itself.
    """
    vessels = {vessel.name: vessel for vessel in (*case.tree, *tree)}
    try:
        whole = replace(case.tree, vessels=tuple(vessels.values()))
    except ValueError as problem:
        raise ViewerError(
            f"The imported vessels do not go with those of the tree ({problem}).", "Rename or delete those first."
        ) from problem
    return with_tree(case, whole, {vessel.name for vessel in tree})
