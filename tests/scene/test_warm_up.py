"""The loops are compiled ahead."""

from __future__ import annotations

from viewer.scene import anatomy, bricks, cast_kernel, pyramid
from viewer.scene.warm_up import warm_up


def test_that_warming_up_compiles_every_loop_of_a_picture():
    warm_up()
    for loop in (
        cast_kernel.cast_rows,
        cast_kernel.cast_maximum_rows,
        pyramid.halve,
        bricks._fill_ranges,
        bricks._spread,
        anatomy.grow,
    ):
        assert loop.signatures
