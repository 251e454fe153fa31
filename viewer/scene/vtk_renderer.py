"""Pictures of a volume by VTK, for machines with a real graphics card. Everything here stays on one thread.

VTK gives the colours; the depth of the pixels comes from the ray caster, from a coarse copy.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from viewer.model.geometry import Float
from viewer.progress import Progress, silent
from viewer.scene.cast_kernel import FIRST_HU, TABLE
from viewer.scene.picture import Look, Picture, Prepared, Request
from viewer.scene.raycaster import LIGHT, RayCaster, cut_point
from viewer.scene.recipe import Recipe
from viewer.scene.vtk_volume import image_data, placement
from viewer.scene.vtk_window import mapper_class, new_mapper, open_window, read_pixels, renderer_string

#: The depth is computed at this share of the picture's edge.
DEPTH_SHARE = 0.25
#: Standard deviation of the smoothing before the voxels go to the graphics card.
SMOOTH_VOXELS = 1.0
#: Two drawings of the same thing have at least this correlation.
ALIKE = 0.7


class VtkRenderer:
    """Draws pictures in an off-screen window of its own.

    Parameters
    ----------
    caster : RayCaster
        Gives the depth.
    mapper : str, optional
        VTK class of the volume mapper; default: the one that suits what draws.
    """

    def __init__(self, caster: RayCaster, mapper: str | None = None) -> None:
        from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer, vtkVolume, vtkVolumeProperty

        self._caster = caster
        self._window = open_window()
        self.renderer_string = renderer_string(self._window)
        self._mapper = new_mapper(mapper or mapper_class(self.renderer_string))
        self._volume = vtkVolume()
        self._volume.SetMapper(self._mapper)
        self._property = vtkVolumeProperty()
        self._property.SetInterpolationTypeToLinear()
        self._volume.SetProperty(self._property)
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(0, 0, 0)
        self._renderer.AddVolume(self._volume)
        light = vtkLight()
        light.SetLightTypeToCameraLight()
        light.SetPosition(*LIGHT)
        self._renderer.AddLight(light)
        self._window.AddRenderer(self._renderer)
        self._shown: tuple[Prepared, int, object, int] | None = None
        self._recipe: Recipe | None = None

    def picture(self, request: Request, progress: Progress = silent) -> Picture:
        """Draw a picture; see `RayCaster.picture`."""
        self._place_volume(request)
        self._dress(request.look.recipe)
        self._crop(request)
        self._aim(request)
        self._window.SetSize(*request.size_px)
        progress(0.2)
        self._window.Render()
        rgb = read_pixels(self._window)
        progress(0.8)
        width, height = request.size_px
        small = (max(round(width * DEPTH_SHARE), 8), max(round(height * DEPTH_SHARE), 8))
        coarse = self._caster.picture(replace(request, size_px=small, level=2), progress).depth_mm
        rows = np.minimum(np.arange(height) * small[1] // height, small[1] - 1)
        columns = np.minimum(np.arange(width) * small[0] // width, small[0] - 1)
        return Picture(rgb, np.ascontiguousarray(coarse[np.ix_(rows, columns)]), request.camera)

    def draws_rightly(self, request: Request) -> bool:
        """Tell whether VTK and its driver show the same thing as the ray caster does."""
        small = replace(request, size_px=(96, 96), level=1)
        one = self.picture(small).rgb.mean(axis=2).ravel()
        two = self._caster.picture(small).rgb.mean(axis=2).ravel()
        if one.std() == 0 or two.std() == 0:
            return bool(one.std() == two.std())
        return bool(np.corrcoef(one, two)[0, 1] >= ALIKE)

    def close(self) -> None:
        """Give the window and its memory back; on the thread that drew."""
        self._renderer.RemoveAllViewProps()
        self._window.Finalize()

    def _place_volume(self, request: Request) -> None:
        prepared, look = request.prepared, request.look
        hides = look.recipe.preset.hides if look.tissue is not None else 0
        wanted = (prepared, request.level, look.tissue if hides else None, hides)
        if self._shown is not None and all(a is b or a == b for a, b in zip(wanted, self._shown, strict=True)):
            return
        level = prepared.pyramid.level(request.level)
        # the GPU takes its gradients from the voxels themselves: unsmoothed, noise would look like sand
        hu = ndimage.gaussian_filter(level.hu, SMOOTH_VOXELS, truncate=2.5)
        if hides:
            hu[_at_level(look, hu.shape, hides)] = FIRST_HU
        self._mapper.SetInputData(image_data(hu, level.geometry))
        self._volume.SetUserMatrix(placement(level.geometry))
        self._shown = wanted

    def _dress(self, recipe: Recipe) -> None:
        if recipe is self._recipe:
            return
        from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
        from vtkmodules.vtkRenderingCore import vtkColorTransferFunction

        opacity, color = vtkPiecewiseFunction(), vtkColorTransferFunction()
        if recipe.preset.maximum:
            black, white = recipe.gray_window_hu()
            for hu, gray in ((black, 0.0), (white, 1.0)):
                opacity.AddPoint(hu, gray)
                color.AddRGBPoint(hu, gray, gray, gray)
            self._mapper.SetBlendModeToMaximumIntensity()
            self._property.ShadeOff()
        else:
            for n in range(0, TABLE, 8):
                hu = FIRST_HU + n
                opacity.AddPoint(hu, float(-np.expm1(-recipe.extinction_per_mm[n])))
                color.AddRGBPoint(hu, *recipe.color[n])
            self._mapper.SetBlendModeToComposite()
            self._property.SetShade(recipe.preset.diffuse > 0)
            self._property.SetScalarOpacityUnitDistance(1.0)
            self._property.SetAmbient(0.0)  # VTK adds ambient light without the volume's own colour
            self._property.SetDiffuse(recipe.preset.ambient + recipe.preset.diffuse)
            self._property.SetSpecular(recipe.preset.specular)
            self._property.SetSpecularPower(32)
        self._property.SetScalarOpacity(opacity)
        self._property.SetColor(color)
        self._recipe = recipe

    def _crop(self, request: Request) -> None:
        from vtkmodules.vtkCommonDataModel import vtkPlane

        box_mm = request.look.box * request.prepared.volume.geometry.spacing_mm[:, None]
        level = request.prepared.pyramid.level(request.level).geometry
        offset = request.prepared.volume.geometry.to_index(level.origin_lps_mm)
        box_mm = box_mm - (offset * request.prepared.volume.geometry.spacing_mm)[:, None]
        self._mapper.SetCropping(True)
        self._mapper.SetCroppingRegionPlanes(*box_mm[::-1].ravel())
        self._mapper.SetCroppingRegionFlagsToSubVolume()
        self._mapper.RemoveAllClippingPlanes()
        if request.look.cut_share > 0:
            plane = vtkPlane()
            plane.SetOrigin(*cut_point(request))
            plane.SetNormal(*-request.camera.axes[2])
            self._mapper.AddClippingPlane(plane)

    def _aim(self, request: Request) -> None:
        camera = self._renderer.GetActiveCamera()
        _, up, towards_eye = request.camera.axes
        focus: Float = request.camera.focus_lps_mm
        camera.ParallelProjectionOn()
        camera.SetFocalPoint(*focus)
        camera.SetPosition(*(focus + 1000 * towards_eye))
        camera.SetViewUp(*up)
        camera.SetParallelScale(request.camera.height_mm / 2)
        self._renderer.ResetCameraClippingRange()


def _at_level(look: Look, shape: tuple[int, ...], hides: int) -> np.ndarray:
    """Return where a level is hidden, nearest voxel of the tissue below, shape (K, J, I)."""
    assert look.tissue is not None
    axes = [((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip(shape, look.tissue.shape, strict=True)]
    return (look.tissue[np.ix_(*axes)] & hides) > 0
