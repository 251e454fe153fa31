"""From line integrals to the grey picture of the catheter laboratory: dark vessels, veil, a little noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.fluoro.projection import Picture

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """How the picture is developed; the defaults look like an adult's coronary run.

    Attributes
    ----------
    veil : float
        Scattered radiation as a share of the primary that falls on the whole neighbourhood.
    photons : float or None
        Detected per pixel where nothing is in the way, in a picture of 512 pixels; ``None`` for no noise.
    levelling : float
        Share of the slow changes of brightness that the processing takes out, 0 to 1.
    sharpening : float
        Edge enhancement.
    width : float
        Change of the line integral from a quarter of white to three quarters, about.
    brightness : float
        Grey of the middle of the picture, 0 to 1.
    seed : int
        The same seed gives the same noise.
    """

    veil: float = 0.25
    photons: float | None = 4e5
    levelling: float = 0.6
    sharpening: float = 0.5
    width: float = 0.55
    brightness: float = 0.62
    seed: int = 0


def _slow(picture: Picture, sigma_px: float) -> Picture:
    """Blur widely, on a coarser picture: nobody sees the difference, and it is quick."""
    factor = max(1, int(sigma_px // 4))
    size = picture.shape[0] // factor * factor
    if factor == 1 or size == 0:
        return ndimage.gaussian_filter(picture, sigma_px, mode="nearest")
    coarse = picture[:size, :size].reshape(size // factor, factor, size // factor, factor).mean((1, 3))
    coarse = ndimage.gaussian_filter(coarse, sigma_px / factor, mode="nearest")
    where = np.clip((np.arange(picture.shape[0]) + 0.5) / factor - 0.5, 0, len(coarse) - 1)
    cell = np.minimum(where.astype(int), max(len(coarse) - 2, 0))
    share = (where - cell).astype(np.float32)
    next_cell = np.minimum(cell + 1, len(coarse) - 1)
    rows = coarse[cell] * (1 - share)[:, None] + coarse[next_cell] * share[:, None]
    return rows[:, cell] * (1 - share) + rows[:, next_cell] * share


def filled_beyond_scan(integrals: Picture, path_mm: Picture) -> Picture:
    """Return line integrals as if the scan had not ended in the middle of the body.

    A heart CT ends within the chest: a ray near its border runs through little of what was measured, and the picture
    would grow bright there. Each ray is given the same length in tissue: what it lacks is filled with the mean
    attenuation of the measured parts of its neighbourhood, so that there is neither a rim nor an invented structure.

    Parameters
    ----------
    integrals : ndarray of float32, shape (N, N)
    path_mm : ndarray of float32, shape (N, N)
        Length of each ray within what was measured, mm: line integrals of `surroundings.measured_region` times 100.

    Returns
    -------
    ndarray of float32, shape (N, N)
    """
    longest = float(np.percentile(path_mm, 95))
    if longest <= 0:
        return integrals
    sigma = integrals.shape[0] / 12
    mean_of_all = float(integrals.sum() / path_mm.sum())
    few = np.float32(0.02 * longest)
    mean = (_slow(integrals, sigma) + few * mean_of_all) / (_slow(path_mm, sigma) + few)
    return (integrals + np.maximum(longest - path_mm, 0) * mean).astype(np.float32)


def _noise(shape: tuple[int, int], seed: int) -> Picture:
    noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
    blurred = ndimage.gaussian_filter(noise, 0.7, mode="wrap")
    return blurred / np.float32(0.405)  # the blur leaves this share of the standard deviation


def fluoroscopy(integrals: Picture, look: Look = Look()) -> Grey:
    """Return the picture as it is shown on the monitor: what attenuates is dark.

    Parameters
    ----------
    integrals : ndarray of float32, shape (N, N)
        Line integrals of the patient, with the dye's added.
    look : Look

    Returns
    -------
    ndarray of uint8, shape (N, N)
    """
    size = integrals.shape[0]
    primary = np.exp(-(integrals - np.float32(integrals.min())))
    detected = primary + np.float32(look.veil) * _slow(primary, size / 10) if look.veil else primary
    shade = -np.log(detected)
    if look.photons is not None:
        # counts fall with the thickness of the patient; the automatic exposure keeps the middle of the picture constant
        counts = look.photons * (512 / size) ** -2 * detected / float(np.median(detected)) * 0.05
        shade += _noise(shade.shape, look.seed) / np.sqrt(counts)
    if look.sharpening:
        shade += np.float32(look.sharpening) * (shade - ndimage.gaussian_filter(shade, max(size / 350, 0.6), mode="nearest"))
    if look.levelling:
        shade -= np.float32(look.levelling) * _slow(shade, size / 14)
    return _developed(shade - np.float32(np.median(shade)), look)


def _developed(shade: Picture, look: Look) -> Grey:
    """Return the film curve of attenuation about the middle grey."""
    middle = np.log(look.brightness / (1 - look.brightness))
    white = 1 / (1 + np.exp(shade * np.float32(2.2 / look.width) - np.float32(middle)))
    return np.round(255 * white).astype(np.uint8)


def subtraction(dye_integrals: Picture, look: Look = Look()) -> Grey:
    """Return the digital subtraction look: the dye alone, dark on an even grey, with the noise of two pictures.

    Parameters
    ----------
    dye_integrals : ndarray of float32, shape (N, N)
        Line integrals of `injection` alone.
    look : Look

    Returns
    -------
    ndarray of uint8, shape (N, N)
    """
    shade = np.array(dye_integrals)
    if look.photons is not None:
        size = shade.shape[0]
        counts = look.photons * (512 / size) ** -2 * 0.05 * np.exp(-shade)
        shade += np.float32(np.sqrt(2)) * _noise(shade.shape, look.seed) / np.sqrt(counts)
    return _developed(shade * np.float32(1.4), Look(brightness=0.8, width=look.width))
