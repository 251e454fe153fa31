"""Where we look: not clinical, not undoable."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace

import numpy as np

from viewer.model.carm import CArm
from viewer.model.geometry import Float, read_only, unit


class Step(enum.Enum):
    """The steps of the evening, in order; the value is the word on the rail."""

    STUDY = "Study"
    TREE = "Tree"
    VESSEL = "Vessel"
    OCCLUSION = "Occlusion"
    VIEWS = "Views"
    SHEET = "Sheet"


class Projection(enum.Enum):
    """How a slab becomes one picture."""

    MAXIMUM = "MIP"
    MEAN = "mean"
    MINIMUM = "MinIP"


@dataclass(frozen=True, slots=True)
class Window:
    """Window of grey values: `level_hu` is middle grey, `width_hu` from black to white."""

    level_hu: float = 300.0
    width_hu: float = 800.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.level_hu) and np.isfinite(self.width_hu) and self.width_hu >= 1):
            raise ValueError(f"no window of width {self.width_hu} at {self.level_hu} HU")


@dataclass(frozen=True, slots=True)
class Slab:
    """Thickness of a plane, and how its samples become one value."""

    thickness_mm: float = 0.0
    projection: Projection = Projection.MAXIMUM


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The orientation of one plane: unit vectors in LPS, `right` and `down` as on the screen, `normal` away from us.

    `right` x `down` = `normal`. The plane goes through the cursor.
    """

    right: Float
    down: Float

    def __post_init__(self) -> None:
        for name in ("right", "down"):
            vector = unit(getattr(self, name))
            vector.setflags(write=False)
            object.__setattr__(self, name, vector)
        if abs(float(self.right @ self.down)) > 1e-6:
            raise ValueError("right and down of a plane are not at right angles")

    @property
    def normal(self) -> Float:
        """Unit vector away from the observer, shape (3,)."""
        return np.cross(self.right, self.down)


@dataclass(frozen=True, slots=True)
class Xray:
    """How the X-ray preview is made.

    Attributes
    ----------
    own_contrast : bool
        Leave the contrast of the CT in chambers and great vessels.
    heart_only : bool
        Without bones and diaphragm.
    injection, collaterals : bool
        Dye from the ostia up to the occlusion; dye beyond it, as collaterals bring it.
    subtraction : bool
        The dye alone.
    """

    own_contrast: bool = False
    heart_only: bool = False
    injection: bool = True
    collaterals: bool = False
    subtraction: bool = False


#: Patient right on the left of the screen; axial from the feet, coronal from the front, sagittal from the left.
AXIAL = Plane(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
CORONAL = Plane(np.array([1.0, 0, 0]), np.array([0, 0, -1.0]))
SAGITTAL = Plane(np.array([0, 1.0, 0]), np.array([0, 0, -1.0]))


@dataclass(frozen=True, slots=True, eq=False)
class ViewState:
    """All that says where we look.

    Attributes
    ----------
    step : Step
        The step of the evening whose panes are shown.
    cursor_lps_mm : ndarray of shape (3,)
        The one cursor that every pane shares; on the active vessel it stands at the nearest station.
    planes : tuple of Plane
        Axial, coronal, sagittal, as far as they have been turned.
    window, slab : Window, Slab
    vessel : str or None
        The active vessel.
    angle_deg : float
        Rotation of the curved reformation about the vessel.
    carm : CArm
    xray : Xray
    lesion : int or None
        Index of the active lesion.
    hidden_overlays : frozenset of str
        Names of the overlays that are switched off.
    faded_overlays : tuple of (str, float)
        Overlays that are drawn with less than full opacity, and their opacity, 0 to 1.
    """

    step: Step = Step.STUDY
    cursor_lps_mm: Float = field(default_factory=lambda: np.zeros(3))
    planes: tuple[Plane, Plane, Plane] = (AXIAL, CORONAL, SAGITTAL)
    window: Window = Window()
    slab: Slab = Slab()
    vessel: str | None = None
    angle_deg: float = 0.0
    carm: CArm = field(default_factory=CArm)
    xray: Xray = Xray()
    lesion: int | None = None
    hidden_overlays: frozenset[str] = frozenset()
    faded_overlays: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if any(not 0 <= opacity <= 1 for _, opacity in self.faded_overlays):
            raise ValueError(f"an opacity outside 0 to 1: {self.faded_overlays}")
        cursor = read_only(self.cursor_lps_mm, shape=(3,), name="cursor_lps_mm")
        object.__setattr__(self, "cursor_lps_mm", cursor)

    def opacity(self, overlay: str) -> float:
        """Return how opaque an overlay is drawn, 0 if it is switched off: the same in every pane."""
        return 0.0 if overlay in self.hidden_overlays else self.chosen_opacity(overlay)

    def chosen_opacity(self, overlay: str) -> float:
        """Return the opacity that an overlay has, or would have if it were switched on."""
        return dict(self.faded_overlays).get(overlay, 1.0)

    def with_opacity(self, overlay: str, opacity: float) -> ViewState:
        """Return the view with another opacity for an overlay; it is switched on."""
        others = tuple(pair for pair in self.faded_overlays if pair[0] != overlay)
        faded = others if opacity >= 1 else (*others, (overlay, opacity))
        return replace(self, faded_overlays=faded, hidden_overlays=self.hidden_overlays - {overlay})
