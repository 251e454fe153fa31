"""A map of coronary labels read as a tree: the middle of each label, and the radius of the area around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.casefile.course_in import Course, UnreadableTree, tree_from_courses
from viewer.casefile.middle_lines import SHORTEST_MM, middle_lines
from viewer.model.geometry import Float, Geometry
from viewer.model.vessel import VesselTree
from viewer.progress import Progress

#: Middle lines go from voxel to voxel; this much averaging along them (mm) takes the steps away.
SMOOTH_MM = 1.0
#: The calibre is averaged over this length (standard deviation, mm).
CALIBRE_MM = 1.0
#: Labels that end this near to another one touch it.
TOUCH_MM = 3.0
MOST_VOXELS, MOST_LABELS = 3_000_000, 200


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
        found_here = [
            _smoothed(Course(found.geometry.to_lps(index + corner), radius, names[value])) for index, radius in lines
        ]
        voxels = found.geometry.to_lps(np.argwhere(mask) + corner)
        for number, course in enumerate(_with_calibre(found_here, voxels, found.geometry)):
            courses.append(replace(course, name=f"{course.name} branch {number}" if number else course.name))
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


def _with_calibre(courses: list[Course], voxels_lps_mm: Float, geometry: Geometry) -> list[Course]:
    """Return courses with the radius of the area that their label has around them: its volume by length.

    The inscribed radius comes too small on voxels; it is the least, and bounds what a branch's root in the wall of a
    wide vessel takes from that.
    """
    if not courses:
        return []
    points = np.concatenate([course.points_lps_mm for course in courses])
    owner = cKDTree(points).query(voxels_lps_mm)[1]
    ahead = np.concatenate([np.gradient(course.points_lps_mm, axis=0) for course in courses])
    beyond = np.einsum("ij,ij->i", voxels_lps_mm - points[owner], ahead[owner])
    step_mm = np.linalg.norm(ahead, axis=1)
    # What lies before the first or behind the last point of a line lies around none.
    counted = np.abs(beyond) <= 0.6 * step_mm[owner] ** 2
    volume = np.bincount(owner[counted], minlength=len(points)) * geometry.voxel_volume_mm3
    result, first = [], 0
    for course in courses:
        here = slice(first, first + len(course))
        first += len(course)
        sigma = CALIBRE_MM / float(step_mm[here].mean())
        area, length = (ndimage.gaussian_filter1d(v[here], sigma, mode="nearest") for v in (volume, step_mm))
        assert course.radius_mm is not None
        most = course.radius_mm + 1.5 * float(geometry.spacing_mm.mean())
        result.append(replace(course, radius_mm=np.clip(np.sqrt(area / length / np.pi), course.radius_mm, most)))
    return result


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
    import highdicom

    try:
        segmentation = highdicom.seg.segread(str(path))
        names = {int(s.SegmentNumber): str(s.SegmentLabel) for s in segmentation.SegmentSequence}
        volume = segmentation.get_volume(combine_segments=True, skip_overlap_checks=True)
        labels = np.asarray(volume.array).astype(np.int32)
        geometry = Geometry(labels.shape, np.asarray(volume.affine, float))
    except (ValueError, AttributeError, KeyError, RuntimeError, TypeError, OSError) as problem:
        raise UnreadableTree(path, "it is no DICOM segmentation on one even grid, or it is damaged") from problem
    return LabelMap(labels, geometry, names)
