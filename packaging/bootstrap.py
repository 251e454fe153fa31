"""Set CTO Viewer up on a fresh machine and start it: ``python3 packaging/bootstrap.py demo``.

The other commands are ``test`` and ``run STUDY``. Standard library only. The first call makes ``.venv`` beside this
folder, installs the pinned dependencies and, on Debian and its relatives, the system libraries that Qt, OpenGL and
OpenMP need; later calls see that all is there and start at once. The syntax stays readable for Python 3.6, so that an
old interpreter is told what is wrong instead of failing on a line of this file.
"""

import argparse
import ctypes
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "packaging" / "requirements.lock"
OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 13)  #: not every pinned package is made for newer ones yet

#: What the wheels of Qt, VTK and numba expect of the system: the shared library, and the Debian package that has it.
SYSTEM_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libEGL_mesa.so.0": "libegl-mesa0",
    "libGLX_mesa.so.0": "libglx-mesa0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libgomp.so.1": "libgomp1",
}

#: Programs that the tests hold what was written against, where apt brings them: the program, and its Debian package.
TEST_PROGRAMS = {"dciodvfy": "dicom3tools", "pdftotext": "poppler-utils"}


class SetupError(Exception):
    """The machine lacks something that this program cannot bring; the text says what, and what to do."""


def say(text):
    """Tell the operator how the set-up is getting on."""
    print("· " + text, file=sys.stderr, flush=True)


# ------------------------------------------------------------------------------------------------ the interpreter


def fits(version):
    """Tell whether the pinned packages come ready-made for a version of Python."""
    return OLDEST_PYTHON <= tuple(version[:2]) <= NEWEST_PYTHON


def fitting_python():
    """Return another interpreter of this machine, the newest for which the packages are made; SetupError if none is."""
    for minor in range(NEWEST_PYTHON[1], OLDEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found is not None and subprocess.run([found, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            return found
    oldest, newest = (".".join(map(str, version)) for version in (OLDEST_PYTHON, NEWEST_PYTHON))
    raise SetupError(
        f"CTO Viewer needs Python {oldest} to {newest}, and this is Python {platform.python_version()}. "
        f"Install Python {newest} (www.python.org) and call 'python{newest} packaging/bootstrap.py'."
    )


def venv_python():
    """Return the path of the interpreter inside ``.venv``."""
    return VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"


# ------------------------------------------------------------------------------------------------ system packages


def loadable(library):
    """Tell whether the system's loader finds a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_system_packages(for_tests):
    """Return the Debian packages of what this machine lacks, each with the library or program that was looked for."""
    missing = {}
    if sys.platform.startswith("linux"):
        missing = {name: package for name, package in SYSTEM_LIBRARIES.items() if not loadable(name)}
        if for_tests and shutil.which("Xvfb") is None:
            missing["Xvfb"] = "xvfb"
        if for_tests and shutil.which("apt-get") is not None:
            missing.update((name, package) for name, package in TEST_PROGRAMS.items() if shutil.which(name) is None)
        if importlib.util.find_spec("ensurepip") is None:
            missing["ensurepip"] = "python{}.{}-venv".format(*sys.version_info[:2])
    return missing


def quietly(command):
    """Run a command of apt that asks nothing and prints errors alone; return its exit status."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode


def install_system_packages(for_tests):
    """Install what is missing when this is root on Debian; raise SetupError with the line to type otherwise."""
    missing = missing_system_packages(for_tests)
    if not missing:
        return
    packages = sorted(set(missing.values()))
    if shutil.which("apt-get") is None:
        raise SetupError(
            "This system lacks {}. Install the packages that have them with its package manager "
            "(on Debian they are called: {}), then call this again.".format(
                ", ".join(sorted(missing)), " ".join(packages)
            )
        )
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0:
        raise SetupError(
            "Some system packages are missing. Install them with this line, then call this again:\n"
            "  sudo apt-get update && sudo " + " ".join(install)
        )
    say("Installing system packages: " + " ".join(packages))
    if quietly(install) == 0:
        return
    # The package lists of a fresh machine are empty or stale. One source that cannot be reached need not matter.
    quietly(["apt-get", "update"])
    if quietly(install) != 0:
        raise SetupError(
            "The system packages could not be installed; the lines above say why. Try: " + " ".join(install)
        )


# ------------------------------------------------------------------------------------------------ Python packages


def wanted_packages(for_tests):
    """Return the requirements of ``pyproject.toml``: those of the program, and of its tests if asked for."""
    import tomllib  # newer than the oldest interpreter that has to be able to read this file

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["dependencies"] + (project["optional-dependencies"]["test"] if for_tests else [])


def stamps(for_tests):
    """Return the files that say what ``.venv`` is ready for, each with the text that it must have to be believed.

    The text stands for interpreter, place, pins and requirements: if one changes, all is installed anew. What is ready
    for the tests is ready to run.
    """
    facts = "\n".join([sys.version, sys.base_prefix, str(ROOT), LOCK.read_text(encoding="utf-8")])
    texts = {
        purpose: hashlib.sha256((facts + "\n".join(wanted_packages(tested))).encode()).hexdigest()
        for purpose, tested in (("ready-to-run", False), ("ready-for-tests", True))
        if for_tests or not tested
    }
    return {VENV / purpose: text for purpose, text in texts.items()}


def install_python_packages(for_tests):
    """Make ``.venv`` and install the pinned requirements, unless that has been done for exactly these."""
    ready = stamps(for_tests)
    if venv_python().is_file() and all(stamp.is_file() and stamp.read_text() == text for stamp, text in ready.items()):
        return
    if not works(venv_python()):
        say("Making a Python environment in " + str(VENV))
        if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode != 0:
            raise SetupError(f"No Python environment could be made in {VENV}; the lines above say why.")
    say("Installing the pinned Python packages (once; about 2 GB on disk)")
    pip = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    wanted = wanted_packages(for_tests)
    if subprocess.run([*pip, "--constraint", str(LOCK), *wanted], stdout=sys.stderr).returncode != 0:
        raise SetupError(
            "The Python packages could not be installed; the lines above say which one and why. "
            "Check the network connection and the free space on the disk, then call this again."
        )
    for stamp, text in ready.items():
        stamp.write_text(text)


def works(python):
    """Tell whether an environment's interpreter starts and has pip: a moved or half-made one does not."""
    if not python.is_file():
        return False
    return subprocess.run([str(python), "-m", "pip", "--version"], stdout=subprocess.DEVNULL).returncode == 0


# ------------------------------------------------------------------------------------------------ the commands


def child_environment():
    """Return the environment in which the program runs from this checkout, wherever it is called from."""
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return dict(os.environ, PYTHONPATH=os.pathsep.join(path))


def viewer(arguments):
    """Run ``python -m viewer`` in the environment and return its exit status."""
    return subprocess.run([str(venv_python()), "-m", "viewer", *arguments], env=child_environment()).returncode


def reason_for_no_window():
    """Return why no window can be opened here, or None."""
    sys.path.insert(0, str(ROOT))
    from viewer.cli.display import reason_for_no_window as reason

    return reason()


def demo(arguments):
    """Open the demonstration case, or make its pictures where there is no display."""
    reason = None if arguments else reason_for_no_window()
    if reason is None:
        return viewer(["demo", *arguments])
    folder = Path("out", "demo")
    say(f"{reason} Making the pictures of the demonstration in {folder.resolve()} instead.")
    return viewer(["demo", "--pictures", str(folder)])


def run(arguments):
    """Open a study, or run any other command of the program."""
    return viewer(arguments)


def test(arguments):
    """Run every check of the project."""
    command = [str(venv_python()), str(ROOT / "packaging" / "checks.py"), *arguments]
    return subprocess.run(command, cwd=str(ROOT), env=child_environment()).returncode


COMMANDS = {"demo": demo, "run": run, "test": test}


def main():
    """Set up what the command needs, run it, and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="bootstrap.py",
        description="Set CTO Viewer up in this folder (once) and start it.",
        epilog="demo: open the demonstration case; test: run every check; run [STUDY]: open a study, or any other "
        "command of the program, such as 'run info STUDY'. Further arguments are passed on.",
    )
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to the command")
    chosen = parser.parse_args()
    try:
        if not fits(sys.version_info):
            return subprocess.run([fitting_python(), __file__, *sys.argv[1:]]).returncode
        install_system_packages(chosen.command == "test")
        install_python_packages(chosen.command == "test")
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        return COMMANDS[chosen.command](chosen.arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
