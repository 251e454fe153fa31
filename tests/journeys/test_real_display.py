"""The evening once on a real X display, in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Opens a study, scrolls, maximises the 3-D view, closes; prints what it saw.
EVENING = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from viewer.ui.theme import apply_theme
from viewer.ui.window import MainWindow

application = QApplication([])
apply_theme(application)
window = MainWindow()
window.resize(1280, 800)
window.show()

def wait(until, seconds=60):
    end = time.monotonic() + seconds
    # The panes look at the desk once a turn of the event loop: give them that turn first.
    application.processEvents()
    while not until() and time.monotonic() < end:
        application.processEvents()
        time.sleep(0.01)
    assert until(), "not in time"

window.open_path(Path(sys.argv[1]))
wait(lambda: window.browser.page == "series")
window.browser._open_selected()
wait(lambda: window.desk.case is not None and window.desk.case.volume.complete)
wait(lambda: all(pane.resting for pane in window.grid.visible_panes))
volume = next(pane for pane in window.panes if pane.key == "volume")
axial = next(pane for pane in window.panes if pane.key == "axial")
before = window.desk.view.cursor_lps_mm[2]
axial.step(3)
# A bare X server has no window manager that would give the window the keyboard: the mouse does it.
QTest.mouseDClick(volume, Qt.MouseButton.LeftButton, pos=QPoint(60, 10))
wait(lambda: window.grid.maximised is volume and volume.resting)
image = window.grab().toImage()
warm = sum(
    image.pixelColor(x, y).red() > image.pixelColor(x, y).blue() + 25
    for x in range(0, image.width(), 8) for y in range(0, image.height(), 8)
)
print(application.platformName(), window.desk.view.cursor_lps_mm[2] - before, warm)
assert window.close()
"""


@pytest.mark.xvfb
def test_that_the_evening_goes_on_a_real_display(study_folder: Path, tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    environment |= {"CTO_VIEWER_CONFIG": str(tmp_path / "config"), "CTO_VIEWER_STATE": str(tmp_path / "state")}
    command = [sys.executable, "-c", EVENING, str(study_folder)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    platform, moved, warm = result.stdout.split()
    assert platform == "xcb"
    assert abs(float(moved)) > 0.5
    assert int(warm) > 400
