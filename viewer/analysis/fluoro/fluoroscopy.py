"""From line integrals to the grey picture of the catheter laboratory: dark vessels, veil, a little noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.fluoro.blur import blurred
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


@lru_cache(maxsize=4)
def _noise(shape: tuple[int, int], seed: int) -> Picture:
    noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
    noise = ndimage.gaussian_filter(noise, 0.7, mode="wrap")
    noise /= noise.std()
    noise.setflags(write=False)
    return noise


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
    detected = primary + np.float32(look.veil) * blurred(primary, size / 10) if look.veil else primary
    shade = -np.log(detected)
    if look.photons is not None:
        # counts fall with the thickness of the patient; the automatic exposure keeps the middle of the picture constant
        counts = look.photons * (512 / size) ** -2 * detected / float(np.median(detected)) * 0.05
        shade += _noise(shade.shape, look.seed) / np.sqrt(counts)
    if look.sharpening:
        shade += np.float32(look.sharpening) * (
            shade - ndimage.gaussian_filter(shade, max(size / 350, 0.6), mode="nearest")
        )
    shade -= np.float32(np.median(shade))
    if look.levelling:
        slow = blurred(shade, size / 20)
        shade += np.float32(1 - look.levelling) * np.tanh(slow) - slow
    return _developed(shade, look)


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
