"""Work off the GUI thread: progress, cancel, the newest wins."""
