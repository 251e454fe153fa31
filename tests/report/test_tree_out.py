"""What is written for other programs is the tree, and comes back as it."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.casefile.tree_in import read_tree
from viewer.errors import ViewerError
from viewer.model.centerline import Centerline
from viewer.model.vessel import Vessel, VesselTree
from viewer.report.tree_out import CSV_COLUMNS, glb_bytes, stl_bytes, vtp_bytes, write_tree
from viewer.report.tube_mesh import CORD_MM, vessel_meshes


def straight(
    start: tuple[float, ...], step: tuple[float, ...], count: int, radius: float, **more: object
) -> Centerline:
    points = np.asarray(start) + np.arange(count)[:, None] * np.asarray(step)
    return Centerline(points, np.full(count, radius), **more)


def heart() -> VesselTree:
    """LM, then LAD with a guessed stretch, then a diagonal; the RCA stands for itself."""
    left = straight((0, 0, 100), (1, 0, 0), 11, 2.0)
    lad = straight((10, 0, 100), (0, -1, -0.5), 60, 1.5, inferred=((20.25, 33.5),), confidence=np.linspace(1, 0.5, 60))
    first = straight((10, -10, 95), (1, 0, 0), 20, 1.0)
    right = straight((-20, 5, 90), (-1, -1, 0), 40, 1.75)
    return VesselTree(
        (Vessel("LM", left), Vessel("LAD", lad, "LM"), Vessel("D1, large", first, "LAD"), Vessel("RCA", right))
    )


def same(one: Centerline, other: Centerline, tolerance: float = 1e-5) -> bool:
    station = np.linspace(0, one.length_mm, 200)
    return bool(
        abs(one.length_mm - other.length_mm) < 1e-3
        and np.allclose(one.at(station), other.at(station), atol=tolerance)
        and np.allclose(one.inferred, other.inferred, atol=1e-4)
    )


@pytest.mark.parametrize("suffix", [".vtp", ".csv"])
def test_that_centrelines_come_back_as_they_were_written(tmp_path: Path, suffix: str) -> None:
    tree = heart()
    write_tree(tmp_path / f"tree{suffix}", tree)
    back = read_tree(tmp_path / f"tree{suffix}")
    assert [(v.name, v.parent) for v in back] == [(v.name, v.parent) for v in tree]
    assert all(same(vessel.centerline, back[vessel.name].centerline) for vessel in tree)
    for vessel in tree:
        assert vessel.centerline.lumen_radius_mm is not None
        radius = back[vessel.name].centerline.lumen_radius_mm
        assert radius is not None and np.allclose(radius, vessel.centerline.lumen_radius_mm[0])


def test_that_a_table_has_a_row_a_point_and_names_its_columns(tmp_path: Path) -> None:
    write_tree(tmp_path / "t.csv", heart())
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert "SPACE=LPS" in lines[0] and lines[1] == ",".join(CSV_COLUMNS)
    rows = [row for row in csv.DictReader(lines[1:]) if row["vessel"] == "LAD"]
    guess = [float(row["station_mm"]) for row in rows if row["inferred"] == "1"]
    assert (min(guess), max(guess)) == pytest.approx((20.25, 33.5))


@given(seed=st.integers(0, 2**31), ascii_arrays=st.booleans())
@settings(max_examples=20, deadline=None)
def test_that_any_course_survives_vtk_polydata(
    tmp_path_factory: pytest.TempPathFactory, seed: int, ascii_arrays: bool
) -> None:
    random = np.random.default_rng(seed)
    points = np.cumsum(random.normal(0, 1, (int(random.integers(2, 60)), 3)), 0) + random.normal(0, 300, 3)
    tree = VesselTree((Vessel("Größe & <1>", Centerline(points, random.uniform(0, 3, len(points)))),))
    path = tmp_path_factory.mktemp("vtp") / "a.vtp"
    path.write_bytes(vtp_bytes(tree, ascii_arrays=ascii_arrays))
    (back,) = read_tree(path)
    assert back.name == "Größe & <1>"
    assert np.array_equal(back.centerline.points_lps_mm, tree.vessels[0].centerline.points_lps_mm)


def test_that_vtk_itself_reads_the_file(tmp_path: Path) -> None:
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    for ascii_arrays in (False, True):
        path = tmp_path / f"tree{ascii_arrays}.vtp"
        path.write_bytes(vtp_bytes(heart(), ascii_arrays=ascii_arrays))
        reader = vtkXMLPolyDataReader()
        reader.SetFileName(str(path))
        reader.Update()
        read = reader.GetOutput()
        assert read.GetNumberOfLines() == 4
        assert read.GetPointData().GetArray("MaximumInscribedSphereRadius").GetValue(0) == 2.0
        names = read.GetCellData().GetAbstractArray("Name")
        assert [names.GetValue(n) for n in range(4)] == ["LM", "LAD", "D1, large", "RCA"]
        assert read.GetFieldData().GetAbstractArray("SPACE").GetValue(0) == "LPS"


def volume_mm3(corners: np.ndarray) -> float:
    """Volume within a closed surface of triangles, shape (T, 3, 3)."""
    return float(np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6)


def test_that_a_tube_is_closed_and_has_the_volume_of_its_calibre() -> None:
    line = straight((0, 0, 0), (0.3, 0.4, 1.2), 31, 1.5)
    (mesh,) = vessel_meshes(line)
    corners = mesh.points_lps_mm[mesh.triangles]
    sides = 24
    area = sides / 2 * np.sin(2 * np.pi / sides) * 1.5**2
    assert volume_mm3(corners) == pytest.approx(area * line.length_mm, rel=1e-6)
    edges = np.round(corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2, 3), 6)
    ways = {(tuple(a), tuple(b)) for a, b in edges.tolist()}
    assert all((b, a) in ways for a, b in ways)
    outside = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("ij,ij->i", outside, mesh.normals[mesh.triangles[:, 0]]) > 0).all()


def test_that_a_guess_is_a_thin_cord_of_its_own() -> None:
    meshes = vessel_meshes(heart()["LAD"].centerline)
    assert [mesh.inferred for mesh in meshes] == [False, True, False]
    line = heart()["LAD"].centerline
    away = [line.nearest_station_mm(point)[1] for point in meshes[1].points_lps_mm]
    assert max(away) == pytest.approx(CORD_MM, abs=1e-6)


def test_that_an_stl_has_as_many_triangles_as_it_says() -> None:
    content = stl_bytes(heart())
    (count,) = struct.unpack("<I", content[80:84])
    assert content[:5] != b"solid" and len(content) == 84 + 50 * count and b"SPACE=LPS" in content[:80]


def test_that_a_glb_is_gltf_2_in_metres_with_the_head_up() -> None:
    content = glb_bytes(heart())
    magic, version, length = struct.unpack("<4sII", content[:12])
    assert (magic, version, length) == (b"glTF", 2, len(content)) and length % 4 == 0
    size, kind = struct.unpack("<I4s", content[12:20])
    described = json.loads(content[20 : 20 + size])
    assert kind == b"JSON" and described["asset"]["version"] == "2.0"
    names = [mesh["name"] for mesh in described["meshes"]]
    assert names == ["LM", "LAD", "LAD (inferred)", "D1, large", "RCA"]
    assert described["materials"][2]["alphaMode"] == "BLEND"
    blob = content[28 + size :]
    for accessor in described["accessors"]:
        view = described["bufferViews"][accessor["bufferView"]]
        assert view["byteOffset"] % 4 == 0 and view["byteOffset"] + view["byteLength"] <= len(blob)
        if accessor["type"] == "VEC3":
            values = np.frombuffer(blob, "<f4", 3 * accessor["count"], view["byteOffset"]).reshape(-1, 3)
            assert values.min(0).tolist() == accessor["min"] and np.isfinite(values).all()
    matrix = np.array(described["nodes"][0]["matrix"]).reshape(4, 4).T
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1e-9)
    assert matrix @ (0, 0, 1000, 1) == pytest.approx((0, 1, 0, 1)), "the head is up"
    assert matrix @ (0, -1000, 0, 1) == pytest.approx((0, 0, 1, 1)), "the front faces the viewer"


def test_that_an_unknown_suffix_an_empty_tree_and_a_missing_folder_get_a_sentence(tmp_path: Path) -> None:
    for path, tree, told in (
        (tmp_path / "a.obj", heart(), "End the name with .vtp"),
        (tmp_path / "a.stl", VesselTree(), "no vessels"),
        (tmp_path / "nowhere" / "a.stl", heart(), "could not be written"),
    ):
        with pytest.raises(ViewerError, match=told):
            write_tree(path, tree)
    assert list(tmp_path.iterdir()) == []
