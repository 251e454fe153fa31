"""Other UIDs in place of the scanner's: on one machine always the same for the same one, and not to be traced back."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import uuid
from pathlib import Path

from viewer.casefile.state_folder import state_folder
from viewer.errors import ViewerError
from viewer.model.volume import Volume

SECRET_BYTES = 32


def secret(folder: Path | None = None) -> bytes:
    """Return this machine's secret, made when it is first asked for.

    Raises
    ------
    ViewerError
        If it cannot be kept: UIDs would then differ from export to export.
    """
    path = (folder or state_folder()) / "pseudonyms.key"
    try:
        if path.exists():
            kept = path.read_bytes()
            if len(kept) == SECRET_BYTES:
                return kept
        path.parent.mkdir(parents=True, exist_ok=True)
        made = secrets.token_bytes(SECRET_BYTES)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(made)
        part.chmod(0o600)
        part.replace(path)
    except OSError as problem:
        raise ViewerError(
            f"The key by which UIDs are replaced cannot be kept in {path.parent} ({problem.strerror or problem}).",
            "Make that folder writable, then export again.",
        ) from problem
    return path.read_bytes()


def pseudonym_uid(uid: str, key: bytes) -> str:
    """Return the UID that stands for another one: 2.25 and a UUID (PS3.5 B.2) of a keyed digest of it."""
    digest = hmac.new(key, uid.encode(), hashlib.sha256).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def patient_code(volume: Volume) -> str:
    """Return a code that stands for the patient: it follows from the series, and tells nothing of the patient."""
    uid = volume.facts.series_uid
    return hashlib.sha256(uid.encode()).hexdigest()[:6].upper() if uid else "without a code"
