"""A case on disk: versioned, atomic, without names and without pixels."""

from viewer.casefile.case_file import SUFFIX, DamagedCase, StoredCase, load_case, save_case

__all__ = ["SUFFIX", "DamagedCase", "StoredCase", "load_case", "save_case"]
