"""Calling plugins: what comes back, and what happens when one fails."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from viewer.api.discovery import Found, PluginFailure
from viewer.api.door import Plugins
from viewer.api.hooks import HOOKS
from viewer.api.manifest import Contribution, Manifest
from viewer.desk import Desk
from viewer.errors import ViewerError
from viewer.model.case import Case
from viewer.model.facts import TargetFacts
from viewer.model.lesion import Cap, LesionKind
from viewer.model.measurement import Measurement
from viewer.progress import Cancelled, silent

TELLS = """
from viewer.api import Measurement

def tell(case, lesion):
    return [Measurement("stations", lesion.length_mm, "mm")]
"""
FAILS = "def tell(case, lesion):\n    return 1 / 0\n"


def contribution(plugins: Plugins, name: str):
    return next(c for m in plugins.manifests if m.name == name for c in m.contributions)


def test_that_a_measurement_comes_back_as_the_plugin_made_it(write, case):
    write("ruler", TELLS)
    plugins = Plugins()
    (told,) = plugins.call(contribution(plugins, "ruler"), case, case.lesions[0])
    assert (told.name, told.value, told.unit) == ("stations", 26.0, "mm")
    assert isinstance(told, Measurement)


def test_that_a_plugin_which_raises_is_named_and_switched_off_while_others_go_on(write, case):
    write("bad", FAILS)
    write("good", TELLS)
    plugins = Plugins()
    first = plugins.call(contribution(plugins, "bad"), case, case.lesions[0])
    assert isinstance(first, PluginFailure)
    assert first.what == 'The plugin bad failed at "What bad tells": ZeroDivisionError, division by zero.'
    assert "until the program restarts" in first.advice
    assert "1 / 0" in first.detail
    assert [c.plugin for c in plugins.contributions("measurement")] == ["scores", "strategy", "good"]
    assert plugins.failures == (first,)
    assert plugins.call(contribution(plugins, "bad"), case, case.lesions[0]) is first
    told = plugins.told(case, case.lesions[0])
    assert [m.name for m in told.measurements] == ["stations"]
    assert len(told.scores) == 15


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("def tell(", "SyntaxError"),
        ("def other(case, lesion):\n    return []", "has no function tell"),
        ("tell = 3", "has no function tell"),
        ("def tell(case):\n    return []", "TypeError"),
        ("def tell(case, lesion):\n    return [3]", "something else than a sequence of Measurement, Score, Hint"),
        ("def tell(case, lesion):\n    return None", "something else than a sequence"),
        ("import sys\ndef tell(case, lesion):\n    sys.exit(3)", "SystemExit"),
        ("def tell(case, lesion):\n    return tell(case, lesion)", "RecursionError"),
        ("def tell(case, lesion):\n    case.lesions = ()", "FrozenInstanceError"),
        ("def tell(case, lesion):\n    lesion.proximal.lps_mm[0] = 1", "read-only"),
    ],
)
def test_that_any_fault_of_a_plugin_is_told_in_one_sentence(write, case, code, why):
    write("odd", code)
    plugins = Plugins()
    failure = plugins.call(contribution(plugins, "odd"), case, case.lesions[0])
    assert isinstance(failure, PluginFailure)
    assert failure.what.startswith('The plugin odd failed at "What odd tells": ') and why in failure.what
    assert "\n" not in failure.what


def test_that_a_damaged_file_is_held_against_the_file_and_not_against_the_reader(write, tmp_path):
    code = (
        "from viewer.api import ViewerError\n"
        "def tell(path, progress):\n    raise ViewerError(f'{path.name} is cut short.', 'Copy it again.')\n"
    )
    write("reads", code, hook="reader", suffixes='[".raw"]')
    plugins = Plugins()
    (reader,) = plugins.contributions("reader")
    assert reader.suffixes == (".raw",)
    with pytest.raises(ViewerError, match=r"a\.raw is cut short"):
        plugins.call(reader, tmp_path / "a.raw", silent)
    assert plugins.contributions("reader") == (reader,)


def test_that_work_which_is_cancelled_is_no_failure(write, case):
    write("slow", "def tell(case, progress):\n    progress(0.5)\n", hook="tracer")
    plugins = Plugins()

    def cancelled(share: float, text: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        plugins.call(plugins.contributions("tracer")[0], case, cancelled)
    assert plugins.failures == ()


def test_that_a_measurement_that_blames_the_world_is_left_out_once_and_asked_again(write, case):
    write(
        "asks", "from viewer.api import ViewerError\ndef tell(case, lesion):\n    raise ViewerError('No.', 'Wait.')\n"
    )
    plugins = Plugins()
    told = plugins.told(case, case.lesions[0])
    assert [failure.what for failure in told.failures] == ["No."]
    assert "asks" in [c.plugin for c in plugins.contributions("measurement")]


def test_that_every_hook_gives_what_it_promises_and_nothing_else(write, case, tmp_path):
    calls = {
        "reader": ("return api.Volume(__import__('numpy').zeros((2, 2, 2), 'int16'), GEOMETRY)", (tmp_path, silent)),
        "tracer": ("return api.VesselTree()", (case, silent)),
        "segmenter": ("return 1", (case, "RCA", silent)),
        "measurement": ("return ()", (case, case.lesions[0])),
        "overlay": ("return [api.Marker((1, 2, 3)), api.Label((1, 2, 3), 'here')]", (case,)),
        "exporter": ("a[1].write_text('x')", (case, tmp_path / "out.txt", silent)),
    }
    assert set(calls) == set(HOOKS)
    for hook, (body, arguments) in calls.items():
        code = (
            "import viewer.api as api\nGEOMETRY = api.Geometry.from_axes((2, 2, 2), (0, 0, 0), (1, 1, 1))\n"
            f"def tell(*a):\n    {body}\n"
        )
        suffixes = {"suffixes": '[".txt"]'} if hook in ("reader", "exporter") else {}
        write(f"for {hook}", code, hook=hook, **suffixes)
        plugins = Plugins()
        result = plugins.call(contribution(plugins, f"for {hook}"), *arguments)
        assert isinstance(result, PluginFailure) == (hook == "segmenter"), (hook, result)
    assert (tmp_path / "out.txt").read_text() == "x"


def test_that_two_plugins_with_modules_of_the_same_name_do_not_meet(write, case):
    path, modules = list(sys.path), set(sys.modules)
    for number in (1, 2):
        folder = write(
            f"n{number}",
            "from . import part\nfrom viewer.api import Measurement\n"
            "def tell(case, lesion):\n    return [Measurement('n', part.NUMBER)]\n",
        )
        (folder / "part.py").write_text(f"NUMBER = {number}", encoding="utf-8")
    plugins = Plugins()
    values = [plugins.call(contribution(plugins, f"n{n}"), case, case.lesions[0])[0].value for n in (1, 2)]
    assert values == [1, 2]
    assert sys.path == path
    added = {name for name in set(sys.modules) - modules if "own" in name or "part" in name.split(".")}
    assert all(name.startswith("cto_viewer_plugin_n") for name in added)


def test_that_several_threads_may_call_the_same_plugin_at_once(write, case):
    write("ruler", "import time\ntime.sleep(0.05)\n" + TELLS)
    plugins = Plugins()
    ruler = contribution(plugins, "ruler")
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(plugins.call(ruler, case, case.lesions[0]))) for _ in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(result) for result in results] == [1, 1, 1]


def test_that_scores_and_hints_of_an_occlusion_come_through_the_door(plugins, case):
    told = Plugins().told(case, case.lesions[0])
    assert told.failures == ()
    j_cto = told.scores[0]
    # a blunt stump, 26 mm, and a bend that is none on a circle of 20 mm; calcium and history are not known
    assert j_cto.title == "J-CTO (CT inputs)"
    assert j_cto.total == (2, 4)
    assert any("an ambiguous proximal cap" in hint.text for hint in told.hints)


def test_that_moving_a_cap_changes_the_scores_and_undo_brings_them_back(plugins, case):
    door, desk = Plugins(), Desk()
    desk.open(case)

    def j_cto() -> tuple[float, float]:
        return door.told(desk.case, desk.case.lesions[0]).scores[0].total

    lesion = case.lesions[0]
    nearer = Cap(case.tree["RCA"].centerline.at(np.array([48.0]))[0], 48.0, (47.5, 48.5))
    desk.apply(replace(case, lesions=(replace(lesion, distal=nearer),)), "Move distal cap")
    assert j_cto() == (1, 3)
    told = desk.case.facts.with_target(TargetFacts("RCA", previous_attempt=True))
    desk.apply(replace(desk.case, facts=told), "Type facts")
    assert j_cto() == (2, 3)
    desk.undo()
    desk.undo()
    assert j_cto() == (2, 4)


def test_that_an_installed_plugin_is_called_as_the_package_that_it_is(plugins, case, tmp_path, monkeypatch):
    package = tmp_path / "site" / "cto_ruler_plugin"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "own.py").write_text(TELLS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(package.parent))
    tell = Contribution("ruler", "measurement", "Ruler", "own", "tell")
    door = Plugins(Found((Manifest("ruler", "1", package, "cto_ruler_plugin", (tell,)),), ()))
    assert door.told(case, case.lesions[0]).measurements[0].value == pytest.approx(26.0)
    assert "cto_ruler_plugin.own" in sys.modules


def test_that_a_stenosis_has_no_scores(plugins, case):
    stenosis = replace(case.lesions[0], kind=LesionKind.STENOSIS)
    told = Plugins().told(Case(case.volume, case.tree, lesions=(stenosis,)), stenosis)
    assert told.scores == () and told.hints == () and told.failures == ()


def test_that_the_door_opens_without_waiting_for_kernels_or_pictures():
    asked = "import sys, viewer.api.door; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert "viewer.api.door" in loaded
    assert not {"numba", "scipy", "SimpleITK", "pydicom", "PySide6", "vtkmodules"} & set(loaded)


def test_that_overlays_are_made_of_numbers_that_can_be_drawn():
    from viewer.api import Label, Marker, Polyline

    line = Polyline([[0, 0, 0], [1, 2, 3]])
    assert not line.points_lps_mm.flags.writeable
    for wrong in (lambda: Polyline(np.zeros((1, 3))), lambda: Marker((1, 2)), lambda: Label((0, 0, 0), " ")):
        with pytest.raises(ValueError):
            wrong()


def test_that_the_operator_leaves_a_plugin_out_and_takes_it_in_again(write, case):
    write("ruler", TELLS)
    plugins = Plugins()
    plugins.switch("ruler", False)
    assert not plugins.is_on("ruler")
    assert plugins.told(case, case.lesions[0]).measurements == ()
    assert plugins.failures == ()
    plugins.switch("ruler", True)
    assert [m.name for m in plugins.told(case, case.lesions[0]).measurements] == ["stations"]


def test_that_one_that_failed_stays_off_however_much_it_is_wanted(write, case):
    write("bad", FAILS)
    plugins = Plugins()
    plugins.call(contribution(plugins, "bad"), case, case.lesions[0])
    plugins.switch("bad", False)
    plugins.switch("bad", True)
    assert "bad" not in {c.plugin for c in plugins.contributions("measurement")}
