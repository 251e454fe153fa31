"""VTK: the screen's 3-D as a function of case and view."""
