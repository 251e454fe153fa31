"""An off-screen VTK window that opens quietly with or without a display, and what draws in it."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Names, in a renderer string, of OpenGL that is computed by the processor.
SOFTWARE = re.compile(r"llvmpipe|softpipe|swrast|swiftshader|\bswr\b|gdi generic|software|basic render", re.IGNORECASE)
#: The variable by which VTK is told the class of its windows.
WINDOW_VARIABLE = "VTK_DEFAULT_OPENGL_WINDOW"


def open_window(size_px: tuple[int, int] = (64, 64)) -> Any:
    """Return an off-screen ``vtkRenderWindow``; to be used on this thread only, and ended with ``Finalize``.

    On Linux an EGL window is taken, which asks for no display and is silent without one. Not to be called off the main
    thread on macOS, where every window belongs to it.
    """
    if sys.platform.startswith("linux"):
        os.environ.setdefault(WINDOW_VARIABLE, "vtkEGLRenderWindow")
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - brings the window classes
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetShowWindow(False)
    window.SetMultiSamples(0)  # volumes come out wrong with it on some drivers
    window.SetSize(*size_px)
    return window


def renderer_string(window: Any) -> str | None:
    """Return the name of what draws, such as ``llvmpipe (LLVM 15.0.6, 256 bits)``; ``None`` where nothing does."""
    if not window.SupportsOpenGL():
        return None
    window.Render()  # before the first picture some windows have no context, and OSMesa ends the program when asked
    found = re.search(r"OpenGL renderer string:\s*(.+)", window.ReportCapabilities())
    return found.group(1).strip() if found else None


def is_graphics_card(renderer: str | None) -> bool:
    """Tell by a renderer string whether a real graphics card draws."""
    return renderer is not None and SOFTWARE.search(renderer) is None


def mapper_class(renderer: str | None) -> str:
    """Return the VTK class that draws volumes fastest with this renderer.

    On software OpenGL the processor mapper is 8 to 37 times as fast as the GPU mapper; ``vtkSmartVolumeMapper`` does
    not see the difference.
    """
    return "vtkGPUVolumeRayCastMapper" if is_graphics_card(renderer) else "vtkFixedPointVolumeRayCastMapper"


def new_mapper(name: str) -> Any:
    """Return a volume mapper by the name of its class."""
    import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401 - brings what both mappers need to draw

    if name == "vtkFixedPointVolumeRayCastMapper":
        from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

        return vtkFixedPointVolumeRayCastMapper()
    from vtkmodules.vtkRenderingVolume import vtkGPUVolumeRayCastMapper

    return vtkGPUVolumeRayCastMapper()


def read_pixels(window: Any) -> NDArray[np.uint8]:
    """Return what stands in a window after ``Render``, shape (H, W, 3), the upper row first."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

    width, height = window.GetSize()
    pixels = vtkUnsignedCharArray()
    window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
    return np.ascontiguousarray(vtk_to_numpy(pixels).reshape(height, width, 3)[::-1])
