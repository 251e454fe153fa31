from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

from viewer.dicom import Fitness, read, scan, thumbnail
from viewer.errors import UnreadableStudy

AXES = Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix()


def saved(values, path, spacing=(0.4, 0.5, 0.6), origin=(-10.0, 20.0, -30.0), direction=None):
    image = SimpleITK.GetImageFromArray(values)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    if direction is not None:
        image.SetDirection(np.asarray(direction).ravel().tolist())
    SimpleITK.WriteImage(image, str(path))
    return image


@pytest.fixture
def hu():
    generator = np.random.default_rng(3)
    return (generator.normal(0, 200, (9, 8, 7)) - 300).astype(np.int16)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha", ".mhd"])
@pytest.mark.parametrize("left_handed", [False, True])
def test_that_every_voxel_of_an_oblique_image_lies_where_its_header_says(tmp_path, hu, suffix, left_handed):
    direction = AXES @ np.diag([1, 1, -1 if left_handed else 1])
    path = tmp_path / f"heart{suffix}"
    saved(hu, path, direction=direction)
    image = SimpleITK.ReadImage(str(path))
    volume = read(scan(path).series[0])
    assert np.linalg.det(volume.geometry.directions[::-1]) == pytest.approx(1, abs=1e-5)
    for index in ((0, 0, 0), (6, 7, 8), (3, 2, 5)):
        place = image.TransformIndexToPhysicalPoint(index)
        k, j, i = np.rint(volume.geometry.to_index(place)).astype(int)
        assert np.abs(volume.geometry.to_lps((k, j, i)) - place).max() < 1e-4
        assert volume.hu[k, j, i] == hu[index[::-1]]


def test_that_a_float_image_is_rounded_and_holes_become_air(tmp_path, hu):
    values = hu.astype(np.float32) + 0.3
    values[0, 0, 0] = np.nan
    saved(values, tmp_path / "heart.mha")
    volume = read(scan(tmp_path / "heart.mha").series[0])
    assert volume.hu[0, 0, 0] == -1024 and np.array_equal(volume.hu[1:], hu[1:])
    assert any("1 voxels hold no number" in finding.text for finding in volume.findings)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (np.random.default_rng(0).integers(0, 2, (9, 8, 7)).astype(np.uint8), "mask or a map of labels"),
        (np.random.default_rng(0).integers(0, 18, (9, 8, 7)).astype(np.int16), "mask or a map of labels"),
        (np.random.default_rng(0).integers(0, 4000, (20, 32, 32)).astype(np.uint16), "no CT in Hounsfield units"),
        (np.random.default_rng(0).random((9, 8, 7)).astype(np.float32), "no CT in Hounsfield units"),
        (np.zeros((9, 8, 7), np.int16), "one single value"),
    ],
)
def test_that_an_image_that_is_no_ct_gets_a_sentence(tmp_path, values, word):
    saved(values, tmp_path / "other.nrrd")
    with pytest.raises(UnreadableStudy, match=word):
        read(scan(tmp_path / "other.nrrd").series[0])


def test_that_the_ct_is_recommended_among_masks(tmp_path, hu):
    saved((hu > 0).astype(np.int16), tmp_path / "aorta.nii")
    saved(hu, tmp_path / "ct.nii")
    study = scan(tmp_path)
    assert study.series[study.recommended].facts.description == "ct.nii"
    assert "mask" in " ".join(study.series[1].reasons) and not study.series[1].readable


def test_that_a_flat_image_and_a_damaged_one_are_refused_in_words(tmp_path):
    saved(np.zeros((1, 8, 7), np.int16), tmp_path / "flat.mha")
    (tmp_path / "damaged.nii").write_bytes(b"no image at all")
    for name in ("flat.mha", "damaged.nii"):
        series = scan(tmp_path / name).series[0]
        assert series.fitness is Fitness.REFUSED and not series.readable and series.reasons
        with pytest.raises(UnreadableStudy):
            read(series)


def test_that_an_image_cut_short_gives_one_sentence(tmp_path, hu):
    path = tmp_path / "heart.mha"
    saved(hu, path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UnreadableStudy, match="damaged or cut short"):
        read(scan(path).series[0])


def test_that_an_image_file_has_a_thumbnail(tmp_path, hu):
    saved(hu, tmp_path / "heart.nii")
    assert thumbnail(scan(tmp_path / "heart.nii").series[0]).shape == (8, 7)
