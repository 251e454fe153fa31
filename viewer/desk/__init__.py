"""What lies open: the case, the view, undo and redo."""
