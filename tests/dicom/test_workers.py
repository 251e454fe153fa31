from __future__ import annotations

import multiprocessing
import multiprocessing.spawn
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pydicom
import pytest

from viewer.dicom import read, scan, workers
from viewer.dicom.decode import stored_values
from viewer.errors import UnreadableStudy
from viewer.progress import Cancelled

JPEG_LS = "1.2.840.10008.1.2.4.80"


@pytest.fixture
def compressed(make_series, make_volume):
    """The folder of a JPEG-LS series, and its volume."""
    volume = make_volume((40, 64, 64))

    def compress(dataset, k):
        dataset.compress(JPEG_LS, encoding_plugin="pyjpegls", generate_instance_uid=False)

    return make_series(compress, source=volume), volume


@pytest.fixture
def two_workers(monkeypatch):
    monkeypatch.setattr(workers, "worker_count", lambda pictures: 2)


def test_that_workers_decode_what_one_process_decodes(compressed, two_workers):
    folder, volume = compressed
    back = read(scan(folder).series[0])
    assert np.array_equal(back.hu, volume.hu)
    assert not [child for child in multiprocessing.active_children() if child.name == "decoder"]


def test_that_all_pictures_come_from_workers_once_they_are_up(compressed, monkeypatch):
    folder, volume = compressed
    pictures = scan(folder).series[0].stack.pictures
    here = []
    monkeypatch.setattr(workers, "stored_values", lambda picture: (here.append(picture), stored_values(picture))[1])
    got = {}

    def sink(index, values):
        got[index] = values.copy()
        if len(got) == 1:  # hold this process back until both are up
            time.sleep(4)

    workers.decode_all(pictures, list(range(40)), sink, 2)
    assert sorted(got) == list(range(40)) and len(here) < 40
    assert all(np.array_equal(got[k], volume.hu[k]) for k in got)


def test_that_small_series_start_no_process(compressed):
    pictures = scan(compressed[0]).series[0].stack.pictures
    assert workers.worker_count(pictures) == 0
    assert workers.worker_count(pictures * 1000) == min(len(os.sched_getaffinity(0)), workers.MOST_WORKERS)


def test_that_cancel_ends_the_workers(compressed, two_workers):
    folder, _ = compressed

    def cancel(share, text=""):
        if share > 0.1:
            raise Cancelled

    with pytest.raises(Cancelled):
        read(scan(folder).series[0], cancel)
    assert not [child for child in multiprocessing.active_children() if child.name == "decoder"]


def test_that_a_damaged_picture_in_a_worker_gives_its_sentence(compressed, two_workers):
    folder, _ = compressed
    victim = folder / "IM0030.dcm"
    dataset = pydicom.dcmread(victim)
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8" + bytes(100)])
    dataset.save_as(victim)
    with pytest.raises(UnreadableStudy, match=r"IM0030\.dcm is damaged"):
        read(scan(folder).series[0])


def test_that_a_worker_that_dies_gives_a_sentence(compressed):
    folder, _ = compressed
    pictures = scan(folder).series[0].stack.pictures

    def sink(index, values):
        time.sleep(0.3)
        for child in multiprocessing.active_children():
            if child.name == "decoder" and len(seen) > 10:
                os.kill(child.pid, signal.SIGKILL)
        seen.append(index)

    seen = []
    with pytest.raises(UnreadableStudy, match="broke down"):
        workers.decode_all(pictures, list(range(40)), sink, 2)


def test_that_workers_that_never_come_up_are_done_without(compressed, monkeypatch):
    folder, volume = compressed
    pictures = scan(folder).series[0].stack.pictures
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", shutil.which("false").encode())
    got = {}
    workers.decode_all(pictures, list(range(40)), lambda index, values: got.update({index: values}), 2)
    assert all(np.array_equal(got[k], volume.hu[k]) for k in range(40))


def test_that_a_script_without_a_guard_is_not_run_again_by_the_workers(compressed, tmp_path):
    folder, _ = compressed
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        print("begun")
        from viewer.dicom import read, scan, workers
        workers.worker_count = lambda pictures: 2
        print(read(scan({str(folder)!r}).series[0]).hu.shape)
        """)
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split("\n")[:2] == ["begun", "(40, 64, 64)"] and "Traceback" not in done.stderr
