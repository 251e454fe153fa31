"""Arrays to VTK: the one place where (k, j, i) becomes (i, j, k)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.model.geometry import Geometry


def image_data(hu: NDArray[np.int16], geometry: Geometry) -> Any:
    """Return ``vtkImageData``, origin 0, spacing of the grid, over an array of shape (K, J, I), not copied.

    It is to be put where it belongs with `placement`.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    image = vtkImageData()
    image.SetDimensions(*hu.shape[::-1])
    scalars = numpy_to_vtk(hu.ravel())
    scalars.SetName("HU")
    image.GetPointData().SetScalars(scalars)
    image.SetSpacing(*geometry.spacing_mm[::-1])
    return image


def placement(geometry: Geometry) -> Any:
    """Return the ``vtkMatrix4x4`` that takes (i, j, k) times spacing to LPS mm; oblique, left-handed grids too."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    columns = geometry.directions[::-1]  # of i, j, k
    for row in range(3):
        for column in range(3):
            matrix.SetElement(row, column, float(columns[column, row]))
        matrix.SetElement(row, 3, float(geometry.origin_lps_mm[row]))
    return matrix
