"""Studies in a zip archive, and the table of contents of a DICOM disc.

An archive is unpacked into a temporary folder that disappears with the study. The names in it are never used as paths:
the copies are numbered. An archive whose names point outside it, or that would fill the disk, is refused.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from viewer.dicom.header import damage
from viewer.errors import UnreadableStudy
from viewer.progress import Progress

#: No study has more files, or unpacks to more.
MOST_MEMBERS = 200_000
MOST_BYTES = 64 * 1024**3
#: Compressed images shrink to a third; a text of zeros to a thousandth.
STEEPEST_RATIO = 200
#: Below this an archive may shrink as it likes.
HARMLESS_BYTES = 256 * 1024**2
#: Kept free on the disk.
SPARE_BYTES = 512 * 1024**2
ENCRYPTED = 0x1

ADVICE = "Unpack it yourself if you trust where it comes from, and open the folder."


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip archive, by its content."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def unpacked(
    path: Path, progress: Progress
) -> tuple[tempfile.TemporaryDirectory[str], list[tuple[str, str]], list[str]]:
    """Unpack the files of an archive that may be images.

    Returns
    -------
    folder : TemporaryDirectory
        Holds the copies for as long as it is referred to.
    files : list of (path, name)
        Where each copy is, and what the archive calls it.
    others : list of str
        Files of the archive that are no images by their first bytes and were not unpacked.

    Raises
    ------
    UnreadableStudy
        If the archive is damaged, locked, too large, or made to do harm.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check(path, members)
            folder = tempfile.TemporaryDirectory(prefix="cto-viewer-", ignore_cleanup_errors=True)
            files, others = [], []
            for number, member in enumerate(members):
                progress(number / len(members), "Unpacking")
                with archive.open(member) as packed:
                    start = packed.read(132)
                    suffix = "".join(PurePosixPath(member.filename).suffixes[-2:]).lower()
                    image = suffix.endswith((".nii", ".nii.gz", ".nrrd", ".mha"))
                    if start[128:] != b"DICM" and start[:2] != b"\x08\x00" and not image:
                        others.append(member.filename)
                        continue
                    copy = Path(folder.name) / (f"{number:06d}" + (suffix if image else ".dcm"))
                    with copy.open("wb") as out:
                        out.write(start)
                        shutil.copyfileobj(packed, out, 1 << 20)
                files.append((str(copy), member.filename))
            return folder, files, others
    except NotImplementedError as error:  # zipfile's word for Deflate64, which Windows takes for large files
        raise UnreadableStudy(
            f"{path.name} is packed in a way that this program cannot unpack.",
            "Unpack it yourself and open the folder.",
        ) from error
    except RuntimeError as error:  # how zipfile says that a password is wanted
        raise UnreadableStudy(f"{path.name} is locked with a password.", ADVICE) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise UnreadableStudy(f"{path.name} is a damaged archive.", "Fetch it again from where it came.") from error
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnreadableStudy(
            f"{path.name} cannot be unpacked ({reason}).", "Check the disk and its free space."
        ) from error


def _check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise UnreadableStudy(f"{path.name} holds {len(members)} files, more than any study.", ADVICE)
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if size > HARMLESS_BYTES and size > STEEPEST_RATIO * max(packed, 1):
        raise UnreadableStudy(
            f"{path.name} would unpack to {size / 1e9:.1f} GB, {size // max(packed, 1)} times its size; images do not.",
            ADVICE,
        )
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > min(MOST_BYTES, max(free - SPARE_BYTES, 0)):
        raise UnreadableStudy(
            f"{path.name} unpacks to {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free for it.",
            "Make room on the disk, or unpack it elsewhere and open the folder.",
        )
    for member in members:
        name = member.filename
        link = stat.S_ISLNK(member.external_attr >> 16)
        if link or name.startswith(("/", "\\")) or PureWindowsPath(name).drive or ".." in PureWindowsPath(name).parts:
            raise UnreadableStudy(f"{path.name} holds a name that points outside it ({name}).", ADVICE)
        if member.flag_bits & ENCRYPTED:
            raise UnreadableStudy(f"{path.name} is locked with a password.", ADVICE)


def listed_files(dicomdir: Path) -> tuple[list[Path], list[str]]:
    """Return the image files that a DICOMDIR names, and the names of those that the disc does not have.

    Raises
    ------
    UnreadableStudy
        If it is no table of contents, or a damaged one.
    """
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # many discs name their files in lower case or too long
            dataset = pydicom.dcmread(dicomdir, specific_tags=["DirectoryRecordSequence"])
            names = [record.get("ReferencedFileID") for record in dataset.get("DirectoryRecordSequence") or []]
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnreadableStudy(
            f"{dicomdir} cannot be read ({reason}).", "Check the disc and the permissions."
        ) from error
    except damage() as error:
        raise UnreadableStudy(
            f"{dicomdir} is a damaged table of contents.", "Open the folder that it lies in instead."
        ) from error
    folder = dicomdir.parent
    found, missing = [], []
    for name in names:
        if not name:
            continue
        parts = [str(name)] if isinstance(name, str) else [str(part) for part in name]
        if any(part in ("..", "", ".") or "/" in part or "\\" in part or PureWindowsPath(part).drive for part in parts):
            missing.append("/".join(parts))
            continue
        file = _on_disc(folder, parts)
        if file is None:
            missing.append("/".join(parts))
        else:
            found.append(file)
    return found, missing


def _on_disc(folder: Path, parts: list[str]) -> Path | None:
    """Return a file by its name on the disc; discs write upper case, copies often lower case."""
    place = folder
    for part in parts:
        if (place / part).exists():
            place = place / part
            continue
        if not place.is_dir():
            return None
        alike = [
            entry for entry in place.iterdir() if entry.name.lower().removesuffix(";1").rstrip(".") == part.lower()
        ]
        if not alike:
            return None
        place = alike[0]
    return place if place.is_file() else None
