"""The built-in demonstration case, generated, with its truth."""
