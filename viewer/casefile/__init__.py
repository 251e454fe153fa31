"""A case on disk: versioned, atomic, without names and without pixels."""
