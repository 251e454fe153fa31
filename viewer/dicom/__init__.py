"""From a folder, a zip, a DICOMDIR or an image file to a checked Volume."""
