"""A map of coronary labels read as a tree: the middle of each label with its inscribed radius.

The middle lines are those of TEASAR (Sato et al., Pacific Graphics 2000): the cheapest way from an end to the voxel
that lies farthest from it, where the middle of the vessel is cheap; what lies around it is crossed out, and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from viewer.casefile.course_in import Course, UnreadableTree, tree_from_courses
from viewer.model.geometry import Float, Geometry
from viewer.model.vessel import VesselTree
from viewer.progress import Progress

#: What lies this near to a middle line (times the radius there, plus mm) belongs to it.
REACH, REACH_MM = 1.6, 0.8
#: Shorter stretches are no vessels.
SHORTEST_MM = 4.0
#: Middle lines go from voxel to voxel; this much averaging along them (mm) takes the steps away.
SMOOTH_MM = 1.0
#: Labels that end this near to another one touch it.
TOUCH_MM = 3.0
MOST_VOXELS, MOST_LABELS, FEWEST_VOXELS = 3_000_000, 200, 8
_STEPS = np.array([s for s in np.ndindex(3, 3, 3) if s > (1, 1, 1)]) - 1


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Labels on a grid.

    Attributes
    ----------
    labels : ndarray of int, shape (K, J, I)
        0 is nothing.
    geometry : Geometry
    names : mapping of int to str
    """

    labels: NDArray[np.integer]
    geometry: Geometry
    names: Mapping[int, str]


def read_label_map(path: Path, names: Mapping[int, str], progress: Progress) -> VesselTree:
    """Read a map of coronary labels (NIfTI, NRRD, MetaImage, DICOM SEG) as a tree.

    Raises
    ------
    UnreadableTree
        If it cannot be read, is no map of labels, or holds no vessel.
    """
    progress(0.0, "Reading the labels")
    found = _from_seg(path) if path.suffix.lower() == ".dcm" else _from_image(path, names)
    return tree_from_labels(path, found, progress)


def tree_from_labels(path: Path, found: LabelMap, progress: Progress) -> VesselTree:
    """Return the tree of a map of labels; `path` is named where it holds none."""
    values = [int(v) for v in np.unique(found.labels) if v != 0]
    if not values or len(values) > MOST_LABELS:
        raise UnreadableTree(path, f"it holds {len(values)} labels")
    names = _names(found, values)
    boxes = ndimage.find_objects(found.labels)

    def cut_out(value: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        box = boxes[value - 1]
        return found.labels[box] == value, np.array([part.start for part in box])

    aorta: Float | None = None
    for value in values:
        if "aort" in names[value].lower():
            mask, corner = cut_out(value)
            aorta = found.geometry.to_lps(np.argwhere(mask & ~ndimage.binary_erosion(mask)) + corner)
    courses: list[Course] = []
    for done, value in enumerate(v for v in values if "aort" not in names[v].lower()):
        progress(0.1 + 0.8 * done / len(values), "Following the middle of the vessels")
        mask, corner = cut_out(value)
        if int(mask.sum()) > MOST_VOXELS:
            raise UnreadableTree(path, f"{names[value]} is larger than any coronary artery")
        start = None if aorta is None else found.geometry.to_index(aorta) - corner
        lines = middle_lines(mask, found.geometry.spacing_mm, start, progress)
        for number, (index, radius) in enumerate(lines):
            called = names[value] if number == 0 else f"{names[value]} branch {number}"
            courses.append(_smoothed(Course(found.geometry.to_lps(index + corner), radius, called)))
    if not courses:
        raise UnreadableTree(path, f"nothing in it is longer than {SHORTEST_MM:.0f} mm")
    return tree_from_courses(path, _oriented(courses, aorta))


def _names(found: LabelMap, values: list[int]) -> dict[int, str]:
    """Return a name of its own for each label."""
    given = {value: found.names.get(value, "").strip() for value in values}
    twice = {name for name in given.values() if list(given.values()).count(name) > 1}
    return {
        value: f"Label {value}" if not name else f"{name} ({value})" if name in twice else name
        for value, name in given.items()
    }


def middle_lines(
    mask: NDArray[np.bool_], spacing_mm: Float, start_index: Float | None, progress: Progress
) -> list[tuple[Float, Float]]:
    """Return the middle lines of a mask, for each connected part the longest first.

    Parameters
    ----------
    mask : ndarray of bool, shape (K, J, I)
    spacing_mm : ndarray of shape (3,)
    start_index : ndarray of shape (M, 3) or None
        Lines start at the end nearest to these (k, j, i); at the widest end if not given.

    Returns
    -------
    list of (ndarray of shape (N, 3), ndarray of shape (N,))
        Indices (k, j, i) along a line, the first of a branch on the line that it leaves; the inscribed radius there.
    """
    padded = np.pad(mask, 1)
    # From a voxel's centre to the nearest centre outside is half a voxel more than to the rim.
    depth = ndimage.distance_transform_edt(padded, sampling=spacing_mm)
    radius = np.maximum(depth - 0.5 * float(np.mean(spacing_mm)), 0.5 * float(np.min(spacing_mm)))
    parts, count = ndimage.label(padded, np.ones((3, 3, 3)))
    start = None if start_index is None else cKDTree((start_index + 1) * spacing_mm)
    result: list[tuple[Float, Float]] = []
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    for part in sorted(range(1, count + 1), key=lambda part: -sizes[part]):
        if sizes[part] < FEWEST_VOXELS:
            continue
        progress(0.1, "Following the middle of the vessels")
        index = np.argwhere(parts == part)
        inside = _Inside(index, radius[tuple(index.T)], padded.shape, spacing_mm)
        first = inside.lines(inside.farthest(0))
        if not first:
            continue
        tips = [int(first[0][0]), *(int(line[-1]) for line in first)]
        away = [inside.thinness(tip) for tip in tips] if start is None else start.query(inside.place[tips])[0]
        root = tips[int(np.argmin(away))]
        result += [
            (index[line].astype(float) - 1.0, inside.radius[line]) for line in inside.trimmed(inside.lines(root))
        ]
    return result


class _Inside:
    """The voxels of one connected part as a graph."""

    def __init__(self, index: NDArray[np.int64], radius: Float, shape: tuple[int, ...], spacing_mm: Float) -> None:
        count = len(index)
        number_at = np.full(shape, -1)
        number_at[tuple(index.T)] = np.arange(count)
        rows, columns, lengths = [], [], []
        for step in _STEPS:
            other = number_at[tuple((index + step).T)]
            there = np.flatnonzero(other >= 0)
            rows.append(there)
            columns.append(other[there])
            lengths.append(np.full(len(there), float(np.linalg.norm(step * spacing_mm))))
        a, b, length = np.concatenate(rows), np.concatenate(columns), np.concatenate(lengths)
        price = (1.02 - radius / radius.max()) ** 4 + 1e-3
        self.radius, self.place = radius, index * spacing_mm
        self._near = cKDTree(self.place)
        self._way = coo_matrix((length, (a, b)), (count, count)).tocsr()
        self._cheap = coo_matrix((length * (price[a] + price[b]), (a, b)), (count, count)).tocsr()

    def farthest(self, start: int) -> int:
        """Return the voxel that lies farthest from another."""
        return int(dijkstra(self._way, directed=False, indices=start).argmax())

    def thinness(self, tip: int) -> float:
        """Return how thin it is about a tip, to compare tips by."""
        return -float(self.radius[self._near.query_ball_point(self.place[tip], SHORTEST_MM)].max())

    def lines(self, root: int) -> list[NDArray[np.int64]]:
        """Return the lines from a root, the longest first; a branch begins with a voxel of an earlier line."""
        from_root = dijkstra(self._way, directed=False, indices=root)
        _, before = dijkstra(self._cheap, directed=False, indices=root, return_predecessors=True)
        free, on_line = np.ones(len(self.place), bool), np.zeros(len(self.place), bool)
        found: list[NDArray[np.int64]] = []
        for end in np.argsort(-from_root):
            if not free[end]:
                continue
            line = [int(end)]
            while line[-1] != root and not on_line[line[-1]]:
                line.append(int(before[line[-1]]))
            path = np.array(line[::-1])
            for others in self._near.query_ball_point(self.place[path], REACH * self.radius[path] + REACH_MM):
                free[others] = False
            own = float(np.linalg.norm(np.diff(self.place[path], axis=0), axis=1).sum())
            if own - (self.radius[path[0]] if found else 0.0) >= SHORTEST_MM:
                on_line[path] = True
                found.append(path)
        return found

    def trimmed(self, lines: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
        """Return lines without their free ends' last voxels, which turn into a corner of the blunt end."""
        return [
            self._without_corner(line if n else self._without_corner(line[::-1])[::-1]) for n, line in enumerate(lines)
        ]

    def _without_corner(self, line: NDArray[np.int64]) -> NDArray[np.int64]:
        station = np.r_[0, np.cumsum(np.linalg.norm(np.diff(self.place[line], axis=0), axis=1))]
        last = self.radius[line][station > station[-1] - SHORTEST_MM]
        corner = int((last[::-1] >= 0.75 * last.max()).argmax())
        return line[: len(line) - corner]


def _smoothed(course: Course) -> Course:
    """Return a course without the steps of its voxels; both ends stay."""
    steps = np.linalg.norm(np.diff(course.points_lps_mm, axis=0), axis=1)
    sigma = SMOOTH_MM / float(steps.mean())
    pad = min(int(4 * sigma) + 1, len(course) - 1)
    points = course.points_lps_mm
    # Mirrored through its end points, a line keeps them.
    longer = np.r_[2 * points[0] - points[pad:0:-1], points, 2 * points[-1] - points[-2 : -pad - 2 : -1]]
    averaged = ndimage.gaussian_filter1d(longer, sigma, axis=0)[pad : pad + len(points)]
    assert course.radius_mm is not None
    radius = ndimage.gaussian_filter1d(course.radius_mm, sigma, mode="nearest")
    return replace(course, points_lps_mm=averaged, radius_mm=radius)


def _oriented(courses: list[Course], aorta_lps_mm: Float | None) -> list[Course]:
    """Turn each course to start on the one that it leaves, at the aorta, or at its wider end; tell its parent."""
    near = [cKDTree(course.points_lps_mm) for course in courses]
    aorta = None if aorta_lps_mm is None else cKDTree(aorta_lps_mm)
    waiting, result = set(range(len(courses))), {}

    def from_aorta(n: int) -> float:
        return 0.0 if aorta is None else float(aorta.query(courses[n].points_lps_mm[[0, -1]])[0].min())

    def rank(n: int) -> tuple[float, bool, float]:
        main = courses[n].name in ("LM", "RCA")
        return (round(from_aorta(n) / TOUCH_MM), not main, -float(_end_radius(courses[n]).max()))

    while waiting:
        first = min(waiting, key=rank)
        waiting.remove(first)
        ends = courses[first].points_lps_mm[[0, -1]]
        # The end at the root is the one nearest to the aorta; else the one that touches nothing; else the wider one.
        away = np.zeros(2) if aorta is None else aorta.query(ends)[0]
        reach = TOUCH_MM + _end_radius(courses[first])
        touched = np.sum([near[n].query(ends)[0] < reach for n in waiting] or [[0, 0]], axis=0)
        keys = list(zip(away, touched, -_end_radius(courses[first])))
        result[first] = replace(courses[first] if keys[0] <= keys[1] else courses[first].flipped(), parent="")
        queue = [first]
        for n in queue:
            for other in sorted(waiting):
                touching = near[n].query(courses[other].points_lps_mm[[0, -1]])[0]
                if touching.min() > TOUCH_MM + _end_radius(courses[n]).max():
                    continue
                turned = courses[other] if touching[0] <= touching[1] else courses[other].flipped()
                result[other] = replace(_joined(turned, courses[n]), parent=courses[n].name)
                waiting.remove(other)
                queue.append(other)
    return [result[n] for n in sorted(result)]


def _joined(course: Course, parent: Course) -> Course:
    """Return a course that starts on the one that it leaves, not at the rim of its label."""
    away, nearest = cKDTree(parent.points_lps_mm).query(course.points_lps_mm[0])
    if away < 1e-3 or course.radius_mm is None:
        return course
    points = np.r_[parent.points_lps_mm[nearest][None], course.points_lps_mm]
    return replace(course, points_lps_mm=points, radius_mm=np.r_[course.radius_mm[0], course.radius_mm])


def _end_radius(course: Course) -> Float:
    """Return the radius at the start and at the end, each over the outer fifth."""
    assert course.radius_mm is not None
    part = max(len(course) // 5, 1)
    return np.array([course.radius_mm[:part].mean(), course.radius_mm[-part:].mean()])


def _from_image(path: Path, names: Mapping[int, str]) -> LabelMap:
    import SimpleITK

    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as problem:
        raise UnreadableTree(path, "it is damaged or no image file of its kind") from problem
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise UnreadableTree(path, "it holds no volume of single values")
    values = SimpleITK.GetArrayFromImage(image)
    labels = values.astype(np.int32)
    if not np.array_equal(labels, values) or labels.min() < 0 or labels.max() > 10_000:
        raise UnreadableTree(path, "it is no map of labels: its values are no small whole numbers")
    directions = np.array(image.GetDirection(), float).reshape(3, 3).T[::-1]
    try:
        geometry = Geometry.from_axes(labels.shape, image.GetOrigin(), image.GetSpacing()[::-1], directions)
    except ValueError as problem:
        raise UnreadableTree(path, "the axes in its header are not at right angles") from problem
    return LabelMap(labels, geometry, names)


def _from_seg(path: Path) -> LabelMap:
    try:
        import highdicom
    except ImportError as problem:
        raise UnreadableTree(
            path,
            "DICOM segmentations need the package highdicom, which is not installed",
            "Install it with: pip install highdicom. Or save the labels as NIfTI or NRRD.",
        ) from problem
    try:
        segmentation = highdicom.seg.segread(str(path))
        names = {int(s.SegmentNumber): str(s.SegmentLabel) for s in segmentation.SegmentSequence}
        volume = segmentation.get_volume(combine_segments=True, skip_overlap_checks=True)
        labels = np.asarray(volume.array).astype(np.int32)
        geometry = Geometry(labels.shape, np.asarray(volume.affine, float))
    except (ValueError, AttributeError, KeyError, RuntimeError, TypeError, OSError) as problem:
        raise UnreadableTree(path, "it is no DICOM segmentation on one even grid, or it is damaged") from problem
    return LabelMap(labels, geometry, names)
