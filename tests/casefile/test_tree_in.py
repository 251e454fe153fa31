"""Centrelines and maps of labels from other programs, read as a tree."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.casefile.course_in import SAME_MM, UnreadableTree
from viewer.casefile.tree_in import read_tree
from viewer.errors import ViewerError
from viewer.model.geometry import Geometry
from viewer.model.vessel import VesselTree


def root_to_ends() -> list[np.ndarray]:
    """Three lines as VMTK gives them: all from the root, parting at 20 mm and at 40 mm."""
    trunk = np.c_[np.zeros(61), np.zeros(61), -np.arange(61.0)]
    side = [
        np.c_[np.arange(1, 26.0), np.zeros(25), np.full(25, -20.0)],
        np.c_[np.zeros(15), -np.arange(1, 16.0), np.full(15, -40.0)],
    ]
    return [trunk, np.r_[trunk[:21], side[0]], np.r_[trunk[:41], side[1]]]


def vtk_file(path: Path, lines: list[np.ndarray], radius: list[np.ndarray] | None = None, **how: object) -> Path:
    """Write lines with VTK's own writer: `mode` Ascii, Binary or Appended; `packed`, `coded`, `wide`, `big`."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    data, points, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    points.SetDataTypeToDouble()
    for line in lines:
        cells.InsertNextCell(len(line))
        for point in line:
            cells.InsertCellPoint(points.InsertNextPoint(point))
    data.SetPoints(points)
    data.SetLines(cells)
    if radius is not None:
        values = numpy_to_vtk(np.concatenate(radius), deep=True)
        values.SetName("MaximumInscribedSphereRadius")
        data.GetPointData().AddArray(values)
    writer = vtkXMLPolyDataWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(data)
    getattr(writer, f"SetDataModeTo{how.get('mode', 'Binary')}")()
    getattr(writer, f"SetCompressorTypeTo{how.get('packed', 'ZLib')}")()
    writer.SetEncodeAppendedData(bool(how.get("coded", False)))
    getattr(writer, f"SetHeaderTypeToUInt{64 if how.get('wide') else 32}")()
    getattr(writer, f"SetByteOrderTo{'Big' if how.get('big') else 'Little'}Endian")()
    writer.SetBlockSize(256)
    assert writer.Write() == 1
    return path


def described(tree: VesselTree) -> list[tuple[str, str | None, float]]:
    return [(v.name, v.parent, round(v.centerline.length_mm, 1)) for v in tree]


MERGED = [("a 1", None, 60.0), ("a 2", "a 1", 25.0), ("a 3", "a 1", 15.0)]


@pytest.mark.parametrize(
    ("mode", "packed", "coded"),
    [
        ("Ascii", "None", False),
        *product(["Binary"], ["None", "ZLib", "LZMA"], [False]),
        *product(["Appended"], ["None", "ZLib"], [False, True]),
    ],
)
@pytest.mark.parametrize("wide", [False, True])
def test_that_every_way_in_which_vtk_writes_is_read(
    tmp_path: Path, mode: str, packed: str, coded: bool, wide: bool
) -> None:
    lines = root_to_ends()
    radius = [np.linspace(2, 1, len(line)) for line in lines]
    path = vtk_file(tmp_path / "a.vtp", lines, radius, mode=mode, packed=packed, coded=coded, wide=wide, big=wide)
    tree = read_tree(path)
    assert described(tree) == MERGED
    assert tree["a 1"].centerline.lumen_radius_mm is not None
    assert np.allclose(tree["a 1"].centerline.lumen_radius_mm, np.linspace(2, 1, 61))


def test_that_no_stretch_of_root_to_end_lines_belongs_to_two_vessels(tmp_path: Path) -> None:
    tree = read_tree(vtk_file(tmp_path / "a.vtp", root_to_ends()))
    assert described(tree) == MERGED
    assert tree.origin_mm("a 2") == pytest.approx(20, abs=SAME_MM)
    assert tree.origin_mm("a 3") == pytest.approx(40, abs=SAME_MM)
    for name in ("a 2", "a 3"):
        away = [tree["a 1"].centerline.nearest_station_mm(p)[1] for p in tree[name].centerline.points_lps_mm]
        assert away[0] < 1e-6 and min(away[1:]) > SAME_MM


def test_that_lines_from_the_ends_to_the_root_are_turned_round(tmp_path: Path) -> None:
    path = vtk_file(tmp_path / "a.vtp", [line[::-1] for line in root_to_ends()])
    assert described(read_tree(path)) == MERGED


@given(st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_that_small_differences_between_shared_stretches_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    random = np.random.default_rng(seed)
    lines = [line + random.uniform(-0.1, 0.1, line.shape) for line in root_to_ends()]
    tree = read_tree(vtk_file(tmp_path_factory.mktemp("noisy") / "a.vtp", lines))
    assert [(name, parent) for name, parent, _ in described(tree)] == [(n, p) for n, p, _ in MERGED]


def test_that_what_lies_in_the_aorta_is_cut_off(tmp_path: Path) -> None:
    lines = root_to_ends()
    radius = [np.where(np.arange(len(line)) < 10, 12.0, 1.5) for line in lines]
    tree = read_tree(vtk_file(tmp_path / "a.vtp", lines, radius))
    assert tree["a 1"].centerline.length_mm == pytest.approx(50)
    with pytest.raises(UnreadableTree, match="as the aorta is"):
        read_tree(vtk_file(tmp_path / "b.vtp", lines, [np.full(len(line), 12.0) for line in lines]))


def test_that_right_and_left_are_those_that_the_file_or_the_caller_says(tmp_path: Path) -> None:
    path = vtk_file(tmp_path / "a.vtp", [np.array([[1.0, 2, 3], [1, 2, 9]])], mode="Ascii")
    assert read_tree(path).vessels[0].centerline.points_lps_mm[0].tolist() == [1, 2, 3]
    assert read_tree(path, space="RAS").vessels[0].centerline.points_lps_mm[0].tolist() == [-1, -2, 3]
    path.write_bytes(path.read_bytes().replace(b"<VTKFile", b"<!-- SPACE=RAS --><VTKFile"))
    assert read_tree(path, space="LPS").vessels[0].centerline.points_lps_mm[0].tolist() == [-1, -2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "0,0,0,2\n0,0,5,2\n0,0,9,1.5\n",
        "0 0 0 2\n0 0 5 2\n0 0 9 1.5\n",
        "x;y;z;radius\n0;0;0;2,0\n0;0;5,0;2\n0;0;9;1,5\n",
        "Z\tY\tX\tDiameter\n0\t0\t0\t4\n5\t0\t0\t4\n9\t0\t0\t3\n",
        "﻿vessel,x_mm,y_mm,z_mm,radius_mm\r\nLAD,0,0,0,2\r\nLAD,0,0,5,2\r\nLAD,0,0,9,1.5\r\n",
        "# CoordinateSystem = LPS\n# columns = id,x,y,z,radius\n1,0,0,0,2\n2,0,0,5,2\n3,0,0,9,1.5\n",
    ],
)
def test_that_tables_of_many_kinds_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "LAD.csv"
    path.write_text(text, encoding="utf-8")
    (vessel,) = read_tree(path)
    assert vessel.name == "LAD" and vessel.centerline.points_lps_mm.tolist() == [[0, 0, 0], [0, 0, 5], [0, 0, 9]]
    assert vessel.centerline.lumen_radius_mm is not None and vessel.centerline.lumen_radius_mm.tolist() == [2, 2, 1.5]


def test_that_a_table_of_several_vessels_knows_who_leaves_whom(tmp_path: Path) -> None:
    rows = (
        [f"LM,{x},0,0" for x in range(11)]
        + [f"LAD,10,{-y},0" for y in range(31)]
        + [f"LCX,10,{y},-1" for y in range(31)]
    )
    (tmp_path / "t.csv").write_text("\n".join(["vessel,x,y,z", *rows]))
    tree = read_tree(tmp_path / "t.csv")
    assert [(v.name, v.parent) for v in tree] == [("LM", None), ("LAD", "LM"), ("LCX", "LM")]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.vtp", b"", "damaged"),
        ("a.vtp", b"<VTKFile type='UnstructuredGrid'/>", "no polydata"),
        ("a.vtp", b"<!DOCTYPE x [<!ENTITY a 'b'>]><VTKFile type='PolyData'>&a;</VTKFile>", "more than an XML file"),
        ("a.vtp", "<VTKFile type='PolyData'/>".encode("utf-16"), "more than an XML file"),
        ("a.csv", b"", "fewer than two rows"),
        ("a.csv", b"\xff\xfe\x00\x01", "no text"),
        ("a.csv", b"x,y\n1,2\n3,4\n", "no columns x, y and z"),
        ("a.csv", b"x,y,z\n1,2,3\n3,4,\n", "holds no point"),
        ("a.csv", b"x,y,z\n1,2,3\n3,4,nan\n", "is no number"),
        ("a.csv", b"x,y,z,inferred\n1,2,3,perhaps\n3,4,5,0\n", "neither 0 nor 1"),
        ("a.csv", b"1,2,3,4,5\n1,2,3,4,5\n", "no heading"),
        ("a.csv", b"1,2,3\n1,2,3\n", "no line of two points"),
        ("a.csv", b"1,2,3\n9e4,2,3\n", "the longest of 9e\\+04 mm"),
        ("a.csv", b"1,2,3\n1e300,2,3\n1,1e300,1\n", "far from any patient"),
        ("a.csv", b"vessel,x,y,z\n" + b"".join(b"%d,0,0,0\n%d,1,0,0\n" % (n, n) for n in range(501)), "501 lines"),
        ("a.json", b"{}", "not known"),
        ("a.nii", b"no", "damaged"),
    ],
)
def test_that_what_is_no_tree_is_refused_in_words(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ViewerError, match=told):
        read_tree(tmp_path / name)
    with pytest.raises(ViewerError, match="no such file"):
        read_tree(tmp_path / "elsewhere.vtp")


def test_that_an_array_that_swells_when_unpacked_is_refused(tmp_path: Path) -> None:
    path = vtk_file(tmp_path / "a.vtp", root_to_ends(), mode="Appended", packed="ZLib")
    content = bytearray(path.read_bytes())
    place = content.index(b"_", content.index(b"<AppendedData")) + 1
    content[place + 4 : place + 8] = (2**31).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    with pytest.raises(ViewerError):
        read_tree(path)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_that_a_damaged_file_never_ends_in_anything_but_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    mode, packed = data.draw(st.sampled_from([("Ascii", "None"), ("Binary", "ZLib"), ("Appended", "ZLib")]))
    path = vtk_file(tmp_path_factory.mktemp("bad") / "a.vtp", root_to_ends(), mode=mode, packed=packed)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        read_tree(path)
    except ViewerError as problem:
        assert problem.what.endswith(".") and problem.advice


@given(st.text(alphabet='0123456789.,;-e\t\n xyznaà#"', max_size=200))
@settings(max_examples=150, deadline=None)
def test_that_any_text_is_a_tree_or_gets_a_sentence(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("text") / "a.csv"
    path.write_text(text, encoding="utf-8")
    try:
        read_tree(path)
    except ViewerError as problem:
        assert problem.what.endswith(".") and problem.advice


def labelled(tmp_path: Path, name: str = "labels.nii.gz") -> Path:
    """LM (1) along x, radius 2 mm; LAD (2) and LCX (3) from its end, 1.5 mm; D1 (4) from the LAD's middle; aorta."""
    geometry = Geometry.from_axes((90, 100, 120), (-10, -40, -20), (0.5, 0.5, 0.5))
    where = geometry.to_lps(np.stack(np.indices(geometry.shape), -1))
    labels = np.zeros(geometry.shape, np.uint8)
    for value, start, end, radius in (
        (4, (15.0, -20.0, 0.0), (35.0, -20.0, 0.0), 1.25),
        (3, (15.0, 0.0, 0.0), (45.0, 0.0, 0.0), 1.5),
        (2, (15.0, 0.0, 0.0), (15.0, -36.0, 0.0), 1.5),
        (1, (0.0, 0.0, 0.0), (15.0, 0.0, 0.0), 2.0),
        (7, (-6.0, 0.0, 0.0), (-6.0, 0.0, 8.0), 5.0),
    ):
        a, step = np.array(start), np.array(end) - np.array(start)
        share = np.clip((where - a) @ step / (step @ step), 0, 1)
        labels[np.linalg.norm(where - a - share[..., None] * step, axis=-1) <= radius] = value
    image = SimpleITK.GetImageFromArray(labels)
    image.SetSpacing((0.5, 0.5, 0.5))
    image.SetOrigin((-10.0, -40.0, -20.0))
    SimpleITK.WriteImage(image, str(tmp_path / name))
    return tmp_path / name


NAMES = {1: "LM", 2: "LAD", 3: "LCX", 4: "D1", 7: "Aorta"}


def test_that_a_map_of_labels_becomes_a_tree_with_radii(tmp_path: Path) -> None:
    tree = read_tree(labelled(tmp_path), labels=NAMES)
    assert {v.name: v.parent for v in tree} == {"LM": None, "LAD": "LM", "LCX": "LM", "D1": "LAD"}
    assert tree["LM"].centerline.points_lps_mm[0][0] < 4 and tree["LM"].centerline.points_lps_mm[-1][0] > 11
    for name, length, radius in (("LAD", 35, 1.5), ("LCX", 30, 1.5), ("D1", 20, 1.25)):
        line = tree[name].centerline
        assert line.length_mm == pytest.approx(length, abs=3.5)
        assert line.lumen_radius_mm is not None and np.median(line.lumen_radius_mm) == pytest.approx(radius, abs=0.08)
    assert tree.origin_mm("D1") == pytest.approx(20, abs=1), "it starts on its parent's course"
    assert np.allclose(tree["LCX"].centerline.points_lps_mm[0], tree["LM"].centerline.points_lps_mm[-1])
    away = [abs(p[1:]).max() for p in tree["LCX"].centerline.points_lps_mm[4:]]
    assert max(away) < 0.3, "the course keeps to the middle"


def test_that_one_label_for_all_arteries_is_taken_apart_at_the_branches(tmp_path: Path) -> None:
    path = labelled(tmp_path, "labels.nrrd")
    image = SimpleITK.ReadImage(str(path))
    values = SimpleITK.GetArrayFromImage(image)
    whole = SimpleITK.GetImageFromArray(((values > 0) & (values < 7)).astype(np.uint8))
    whole.CopyInformation(image)
    SimpleITK.WriteImage(whole, str(path))
    tree = read_tree(path, labels={1: "Left"})
    assert sum(v.parent is None for v in tree) == 1 and len(tree) == 3
    total = sum(v.centerline.length_mm for v in tree)
    assert total == pytest.approx(15 + 36 + 30 + 20, abs=8)


def test_that_a_ct_is_no_map_of_labels(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 100, (8, 8, 8)).astype(np.float32)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(noise), str(tmp_path / "ct.nii"))
    with pytest.raises(ViewerError, match="no map of labels"):
        read_tree(tmp_path / "ct.nii")


def test_that_a_dicom_segmentation_is_read_with_its_own_names(tmp_path: Path) -> None:
    import highdicom
    import pydicom
    from pydicom.sr.codedict import codes

    from viewer.dicom import write_series
    from viewer.model.volume import Volume

    image = SimpleITK.ReadImage(str(labelled(tmp_path)))
    labels = SimpleITK.GetArrayFromImage(image)[30:50]
    geometry = Geometry.from_axes(labels.shape, (-10, -40, -5), (0.5, 0.5, 0.5))
    paths = write_series(Volume(np.zeros(labels.shape, np.int16), geometry), tmp_path / "ct")
    segments = [
        highdicom.seg.SegmentDescription(n, name, codes.SCT.AnatomicalStructure, codes.SCT.Tissue, "MANUAL")
        for n, name in enumerate(("LM", "LAD", "LCX", "D1"), 1)
    ]
    highdicom.seg.Segmentation(
        source_images=[pydicom.dcmread(path) for path in paths],
        pixel_array=np.where(labels < 7, labels, 0).astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=segments,
        series_instance_uid=highdicom.UID(),
        series_number=2,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="Nobody",
        manufacturer_model_name="None",
        software_versions="1",
        device_serial_number="1",
    ).save_as(tmp_path / "seg.dcm")
    tree = read_tree(tmp_path / "seg.dcm")
    assert {v.name: v.parent for v in tree} == {"LM": None, "LAD": "LM", "LCX": "LM", "D1": "LAD"}
    assert tree["LAD"].centerline.points_lps_mm[-1] == pytest.approx((15, -36, 0), abs=1)
    with pytest.raises(ViewerError, match="no DICOM segmentation"):
        read_tree(paths[0])


@pytest.mark.data
def test_that_the_published_left_and_right_coronary_trees_are_read(data_folder: Path) -> None:
    folder = data_folder / "coronary-centerlines"
    left = read_tree(folder / "lca_cl.vtp")
    assert len(left) == 5 and [v.name for v in left if v.parent is None] == ["lca_cl 3"]
    assert left["lca_cl 3"].centerline.length_mm == pytest.approx(174, abs=1)
    right = read_tree(folder / "rca_cl.vtp")
    assert len(right) == 4 and sum(v.parent is None for v in right) == 1
    for tree in (left, right):
        for vessel in tree:
            radius = vessel.centerline.lumen_radius_mm
            assert radius is not None and radius.max() <= 4
            others = [v for v in tree if v is not vessel]
            inner = vessel.centerline.points_lps_mm[2:]
            away = [min(o.centerline.nearest_station_mm(p)[1] for o in others) for p in inner]
            assert np.mean(np.array(away) < SAME_MM / 2) < 0.1, "no stretch belongs to two vessels"


@pytest.mark.data
def test_that_tables_that_string_lines_together_agree_with_the_lines(data_folder: Path) -> None:
    folder = data_folder / "coronary-centerlines"
    for name, count in (("lca", 5), ("rca", 4)):
        table, lines = read_tree(folder / f"centerline_{name}.csv"), read_tree(folder / f"{name}_cl.vtp")
        assert len(table) == count and sum(v.parent is None for v in table) == 1
        for vessel in lines:
            away = [min(v.centerline.nearest_station_mm(p)[1] for v in table) for p in vessel.centerline.points_lps_mm]
            assert np.percentile(away, 95) < 1.5
