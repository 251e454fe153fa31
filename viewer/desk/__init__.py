"""What lies open: the case, the view, undo and redo."""

from viewer.desk.desk import Desk

__all__ = ["Desk"]
