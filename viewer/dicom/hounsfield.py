"""Stored values to Hounsfield units, one slice at a time and in place where that can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.series import Picture
from viewer.model.volume import Finding, Severity, Volume

#: A padding value above this lies within the patient and is not believed.
HIGHEST_PADDING_HU = -500
#: Calcium, contrast and most metal is below this.
HIGHEST_TISSUE_HU = 4096
#: No tissue and no undershoot of a reconstruction is below this: such values stand for "nothing was measured".
LOWEST_HU = -1500
INT16 = np.iinfo(np.int16)


@dataclass(slots=True)
class Tally:
    """What was met on the way, counted over the slices of a series."""

    voxels: int = 0
    padded: int = 0
    clipped: int = 0
    implausible_padding_hu: float | None = None
    beyond_bits: int = 0

    def findings(self) -> tuple[Finding, ...]:
        """Say in words what was met."""
        found = []
        if self.padded:
            share = 100 * self.padded / max(self.voxels, 1)
            text = f"{share:.1f} % of the voxels lie outside the scanner's field of view and are shown as air."
            found.append(Finding(Severity.NOTE, text))
        if self.clipped:
            text = (
                f"{self.clipped} voxels were denser than {INT16.max} HU or thinner than {INT16.min} HU and are shown "
                "as that; they are metal or damage, not tissue."
            )
            found.append(Finding(Severity.CAUTION, text))
        if self.implausible_padding_hu is not None:
            text = (
                f"The headers call {self.implausible_padding_hu:g} HU the value outside the field of view; that is a "
                "value of tissue, so it was left as it is."
            )
            found.append(Finding(Severity.NOTE, text))
        if self.beyond_bits:
            text = f"{self.beyond_bits} slices hold values beyond the number of bits that their header announces."
            found.append(Finding(Severity.CAUTION, text))
        return tuple(found)


def fill_hu(raw: NDArray[np.integer], picture: Picture, out: NDArray[np.int16], tally: Tally) -> None:
    """Turn the stored values of a slice into Hounsfield units.

    Parameters
    ----------
    raw : ndarray of integers, shape (rows, columns)
        Stored values; may be a view of `out` itself.
    picture : Picture
        Whose values they are: slope, intercept, bits and padding.
    out : ndarray of int16, shape (rows, columns)
        Receives the Hounsfield units.
    tally : Tally
        Counts what was met.
    """
    layout = picture.layout
    tally.voxels += raw.size
    slope = 1.0 if picture.slope is None else picture.slope
    intercept = 0.0 if picture.intercept is None else picture.intercept
    low, high = int(raw.min()), int(raw.max())
    outside = _outside(raw, picture, low, high, slope, intercept, tally)
    if layout.bits_stored < layout.bits_allocated:
        raw, low, high = _within_bits(raw, picture, low, high, outside, tally)
    bottom, top = sorted((low * slope + intercept, high * slope + intercept))
    if outside is None and bottom < LOWEST_HU and slope > 0:
        outside = raw < (LOWEST_HU - intercept) / slope
    if slope == 1 and intercept == int(intercept) and INT16.min <= bottom and top <= INT16.max:
        # Two's complement wraps, so the sum of the bits is right for unsigned values too.
        bits = raw.view(np.int16) if raw.dtype.itemsize == 2 else raw.astype(np.int16)
        np.add(bits, np.int16(intercept), out=out)
    else:
        hu = np.multiply(raw, slope, dtype=np.float64)
        hu += intercept
        np.rint(hu, out=hu)
        if bottom < INT16.min or top > INT16.max:
            beyond = (hu < INT16.min) | (hu > INT16.max)
            if outside is not None:
                beyond &= ~outside
            tally.clipped += int(np.count_nonzero(beyond))
            np.clip(hu, INT16.min, INT16.max, out=hu)
        out[...] = hu
    if outside is not None:
        tally.padded += int(np.count_nonzero(outside))
        out[outside] = Volume.AIR_HU


def _outside(
    raw: NDArray[np.integer], picture: Picture, low: int, high: int, slope: float, intercept: float, tally: Tally
) -> NDArray[np.bool_] | None:
    """Return where the padding value stands, ``None`` if nowhere."""
    padding = picture.layout.padding
    if padding is None or padding[1] < low or padding[0] > high:
        return None
    value_hu = max(padding[0] * slope + intercept, padding[1] * slope + intercept)
    # Some scanners write the largest unsigned number; it is far beyond tissue, unlike 0 HU.
    if value_hu > HIGHEST_PADDING_HU and padding[0] * slope + intercept < HIGHEST_TISSUE_HU:
        tally.implausible_padding_hu = value_hu
        return None
    if padding[0] == padding[1]:
        return np.asarray(raw == padding[0])
    return np.asarray((raw >= padding[0]) & (raw <= padding[1]))


def _within_bits(
    raw: NDArray[np.integer], picture: Picture, low: int, high: int, outside: NDArray[np.bool_] | None, tally: Tally
) -> tuple[NDArray[np.integer], int, int]:
    """Return the values with the sign of their 12 (or so) bits extended, where the scanner did not do it."""
    layout = picture.layout
    size = 1 << layout.bits_stored
    lowest, highest = (-size // 2, size // 2 - 1) if layout.signed else (0, size - 1)
    if lowest <= low and high <= highest:
        return raw, low, high
    if outside is not None and outside.any() and not outside.all():
        inside = raw[~outside]
        low, high = int(inside.min()), int(inside.max())
        if lowest <= low and high <= highest:
            # Padding has its own value beyond the bits; it is replaced later.
            return raw, int(raw.min()), int(raw.max())
    if layout.signed and low >= 0 and high < size:
        shift = layout.bits_allocated - layout.bits_stored
        raw = (raw << shift) >> shift
        return raw, int(raw.min()), int(raw.max())
    tally.beyond_bits += 1
    return raw, low, high
