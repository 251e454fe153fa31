from __future__ import annotations

import pytest

from viewer.demo import COARSE, DemoCase, DemoSpec, generate


@pytest.fixture(scope="session")
def coarse() -> DemoCase:
    """The whole demonstration case in coarse voxels."""
    return generate(COARSE)


@pytest.fixture(scope="session")
def sharp() -> DemoCase:
    """The same heart in voxels that show its vessels, with little noise."""
    return generate(DemoSpec(spacing_mm=(0.7, 0.6, 0.6), noise_hu=4.0))
