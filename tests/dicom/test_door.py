from __future__ import annotations

import subprocess
import sys

import viewer.dicom


def test_that_the_door_opens_without_importing_the_readers():
    code = "import sys, viewer.dicom; print([m for m in ('pydicom', 'SimpleITK', 'gdcm', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_that_a_plain_series_is_listed_without_importing_pydicom(make_series):
    code = "import sys; from viewer.dicom import scan; scan(sys.argv[1]); print('pydicom' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(make_series())], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_that_everything_promised_is_there():
    for name in viewer.dicom.__all__:
        assert getattr(viewer.dicom, name) is not None
