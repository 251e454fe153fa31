"""Work off the GUI thread: progress, cancel, the newest wins."""

from viewer.jobs.jobs import Job, Jobs

__all__ = ["Job", "Jobs"]
