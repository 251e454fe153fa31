"""The coronary tree for other programs: centrelines as VTP or CSV, tubes of true calibre as STL or GLB.

Points are LPS millimetres in VTP, CSV and STL. A GLB is metres with y up, as glTF 2.0 wants it: its meshes stay LPS
millimetres, and the node above them says how they lie.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer.errors import ViewerError
from viewer.model.centerline import Centerline
from viewer.model.vessel import Vessel, VesselTree
from viewer.report.tube_mesh import TubeMesh, vessel_meshes
from viewer.report.whole_file import write_whole
from viewer.shipped import resource

CSV_COLUMNS = ("vessel", "station_mm", "x", "y", "z", "radius", "inferred", "confidence", "parent")


def write_tree(path: str | os.PathLike[str], tree: VesselTree) -> None:
    """Write a tree, whole or not at all; the suffix (.vtp, .csv, .stl, .glb) chooses the format.

    Raises
    ------
    ViewerError
        If the suffix is another one, the tree is empty, or the place cannot be written.
    """
    place = Path(path)
    maker = FORMATS.get(place.suffix.lower())
    if maker is None:
        raise ViewerError(
            f"Vessels are not written as “{place.suffix or place.name}”.", f"End the name with {', '.join(FORMATS)}."
        )
    if not len(tree):
        raise ViewerError("There are no vessels to write.", "Find the tree or trace a vessel first.")
    write_whole(place, maker(tree), "The vessels")


def vtp_bytes(tree: VesselTree, *, ascii_arrays: bool = False) -> bytes:
    """Return the tree as VTK polydata: a line a vessel, with the radius array of VMTK.

    Point arrays: `Inferred` (1: no contrast showed it); `MaximumInscribedSphereRadius` (mm) and `Confidence`, each
    left out if it is unknown of a vessel. Cell arrays: `Name` and `Parent`. LPS millimetres, said as Slicer says it.
    """
    lines = [_with_edges(vessel.centerline) for vessel in tree]
    form = "ascii" if ascii_arrays else "binary"

    def array(kind: str, name: str, values: ArrayLike, parts: int = 1) -> str:
        numbers = np.asarray(values, _TYPES[kind]).ravel()
        if ascii_arrays:
            text = " ".join(repr(v) for v in numbers.tolist())
        else:
            raw = numbers.tobytes()
            text = base64.b64encode(struct.pack("<Q", len(raw)) + raw).decode()
        about = f'type="{kind}" Name={quoteattr(name)} NumberOfComponents="{parts}" format="{form}"'
        return f"<DataArray {about}>{text}</DataArray>\n"

    def words(name: str, values: list[str]) -> str:
        codes = np.frombuffer(b"".join(value.encode() + b"\0" for value in values), np.uint8)
        # Strings are written as numbers in either form, which every reader of VTK knows.
        return (
            f'<Array type="String" Name={quoteattr(name)} NumberOfTuples="{len(values)}" format="ascii">'
            f"{' '.join(map(str, codes))}</Array>\n"
        )

    counts = [len(line.station_mm) for line in lines]
    at_points = array("UInt8", "Inferred", np.concatenate([_guessed(line) for line in lines]))
    radius = [line.lumen_radius_mm for line in lines if line.lumen_radius_mm is not None]
    sure = [line.confidence for line in lines if line.confidence is not None]
    for name, known in (("MaximumInscribedSphereRadius", radius), ("Confidence", sure)):
        if len(known) == len(lines):
            at_points += array("Float64", name, np.concatenate(known))
    return (
        '<?xml version="1.0"?>\n<!-- CTO Viewer, millimetres, SPACE=LPS -->\n'
        '<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n<PolyData>\n'
        f"<FieldData>\n{words('SPACE', ['LPS'])}</FieldData>\n"
        f'<Piece NumberOfPoints="{sum(counts)}" NumberOfVerts="0" NumberOfLines="{len(lines)}" NumberOfStrips="0" '
        'NumberOfPolys="0">\n'
        f"<PointData>\n{at_points}</PointData>\n"
        f"<CellData>\n{words('Name', [vessel.name for vessel in tree])}"
        f"{words('Parent', [vessel.parent or '' for vessel in tree])}</CellData>\n"
        f"<Points>\n{array('Float64', 'Points', np.concatenate([line.points_lps_mm for line in lines]), 3)}</Points>\n"
        f"<Lines>\n{array('Int64', 'connectivity', np.arange(sum(counts)))}"
        f"{array('Int64', 'offsets', np.cumsum(counts))}</Lines>\n"
        "</Piece>\n</PolyData>\n</VTKFile>\n"
    ).encode()


_TYPES = {"Float64": "<f8", "UInt8": "u1", "Int64": "<i8"}


def csv_bytes(tree: VesselTree) -> bytes:
    """Return the tree as a table, one row a point, columns `CSV_COLUMNS`; LPS millimetres; unknown is empty."""
    text = io.StringIO()
    text.write("# CTO Viewer, millimetres, SPACE=LPS\n")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(CSV_COLUMNS)
    for vessel in tree:
        line = _with_edges(vessel.centerline)
        guess = _guessed(line)
        for n, (station, point) in enumerate(zip(line.station_mm, line.points_lps_mm)):
            known = [
                None if values is None else f"{values[n]:.6g}" for values in (line.lumen_radius_mm, line.confidence)
            ]
            place = [f"{value:.6f}" for value in (station, *point)]
            table.writerow([vessel.name, *place, known[0], int(guess[n]), known[1], vessel.parent])
    return text.getvalue().encode()


def stl_bytes(tree: VesselTree) -> bytes:
    """Return the tree as binary STL, LPS millimetres: closed tubes, a thin cord where there is no lumen."""
    corners = np.concatenate(
        [mesh.points_lps_mm[mesh.triangles] for vessel in tree for mesh in vessel_meshes(vessel.centerline)]
    )
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    record = np.zeros(len(corners), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
    record["normal"], record["corners"] = normal / np.maximum(length, 1e-12), corners
    header = b"CTO Viewer, millimetres, SPACE=LPS".ljust(80)
    return header + struct.pack("<I", len(record)) + record.tobytes()


#: From LPS millimetres to glTF: metres, y to the head, z to the front; column by column.
GLTF_FROM_LPS = (1e-3, 0, 0, 0, 0, 0, -1e-3, 0, 0, 1e-3, 0, 0, 0, 0, 0, 1)


def glb_bytes(tree: VesselTree) -> bytes:
    """Return the tree as binary glTF 2.0 in metres: a mesh a vessel in its colour, guesses translucent and apart."""
    blob = bytearray()
    views: list[dict] = []
    accessors: list[dict] = []
    meshes: list[dict] = []
    materials: list[dict] = []
    nodes: list[dict] = [{"name": "LPS millimetres", "matrix": list(GLTF_FROM_LPS), "children": []}]

    def accessor(values: np.ndarray, target: int, kind: str, component: int) -> int:
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": values.nbytes, "target": target})
        blob.extend(values.tobytes())
        made: dict = {"bufferView": len(views) - 1, "componentType": component, "count": len(values), "type": kind}
        if kind == "VEC3":
            made |= {"min": values.min(0).tolist(), "max": values.max(0).tolist()}
        accessors.append(made)
        return len(accessors) - 1

    def primitive(mesh: TubeMesh, material: int) -> dict:
        return {
            "attributes": {
                "POSITION": accessor(mesh.points_lps_mm.astype("<f4"), 34962, "VEC3", 5126),
                "NORMAL": accessor(mesh.normals.astype("<f4"), 34962, "VEC3", 5126),
            },
            "indices": accessor(mesh.triangles.astype("<u4").ravel(), 34963, "SCALAR", 5125),
            "material": material,
        }

    for vessel in tree:
        made = vessel_meshes(vessel.centerline)
        for inferred in (False, True):
            parts = [mesh for mesh in made if mesh.inferred is inferred]
            if not parts:
                continue
            name = vessel.name + (" (inferred)" if inferred else "")
            materials.append(_material(vessel, name, 0.45 if inferred else 1.0))
            meshes.append({"name": name, "primitives": [primitive(mesh, len(materials) - 1) for mesh in parts]})
            nodes[0]["children"].append(len(nodes))
            nodes.append({"name": name, "mesh": len(meshes) - 1})
    description = {
        "asset": {
            "version": "2.0",
            "generator": "CTO Viewer",
            "extras": {"unit": "metre", "meshes": "LPS millimetres"},
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": materials,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }
    text = json.dumps(description, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    blob.extend(b"\0" * (-len(blob) % 4))
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(blob), b"BIN\0") + bytes(blob)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _material(vessel: Vessel, name: str, alpha: float) -> dict:
    # The colours of the theme are for a screen; glTF wants them linear.
    coded = np.array([int(_colour(vessel.name)[n : n + 2], 16) / 255 for n in (1, 3, 5)])
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    look = {"baseColorFactor": [*linear.round(5).tolist(), alpha], "metallicFactor": 0.0, "roughnessFactor": 0.5}
    return {"name": name, "pbrMetallicRoughness": look, "alphaMode": "OPAQUE" if alpha == 1.0 else "BLEND"}


def _colour(name: str) -> str:
    table = json.loads(resource("theme.json").read_text(encoding="utf-8"))["vessel"]
    keys = (name, name.rstrip("0123456789"), name.removeprefix("L-"), "other")
    return str(next(table[key] for key in keys if key in table))


def _with_edges(line: Centerline) -> Centerline:
    """Return the course with a point at either end of each guess, so that a flag at each point tells where it is."""
    station = np.union1d(line.station_mm, [end for stretch in line.inferred for end in stretch])
    station = station[np.r_[True, np.diff(station) > 1e-6]]
    radius, sure = (
        None if values is None else np.interp(station, line.station_mm, values)
        for values in (line.lumen_radius_mm, line.confidence)
    )
    return Centerline(line.at(station), radius, sure, line.inferred)


def _guessed(line: Centerline) -> NDArray[np.bool_]:
    """Tell for each point whether it lies in a guess; one at its very end does, whatever rounding says."""
    flags = np.zeros(len(line.station_mm), bool)
    for start, end in line.inferred:
        flags |= (line.station_mm >= start - 1e-6) & (line.station_mm <= end + 1e-6)
    return flags


#: What each suffix is made by.
FORMATS: dict[str, Callable[[VesselTree], bytes]] = {
    ".vtp": vtp_bytes,
    ".csv": csv_bytes,
    ".stl": stl_bytes,
    ".glb": glb_bytes,
}
