"""Minimise a smooth convex function: all that training needs of a numerical library."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


def minimise(
    loss: Callable[[Doubles], tuple[float, Doubles]], start: Doubles, *, steps: int = 80, memory: int = 8
) -> Doubles:
    """Minimise a smooth convex function with limited-memory BFGS (Nocedal and Wright, algorithm 7.5).

    Args:
        loss: Gives the value and the gradient at a point.
        start: Where to begin.
        steps: At most so many.
        memory: Remembered steps.
    """
    point, pairs = start, list[tuple[Doubles, Doubles]]()
    value, slope = loss(point)
    for _ in range(steps):
        direction = -_two_loop(slope, pairs)
        length, fall = 1.0 if pairs else 1.0 / max(1.0, float(np.abs(slope).sum())), float(slope @ direction)
        while True:
            new_value, new_slope = loss(point + length * direction)
            if new_value <= value + 1e-4 * length * fall or length < 1e-10:  # noqa: PLR2004 - Armijo's rule
                break
            length /= 2
        step, change = length * direction, new_slope - slope
        if step @ change > 1e-10:  # noqa: PLR2004 - curvature must be positive
            pairs = [*pairs, (step, change)][-memory:]
        settled = abs(value - new_value) <= 1e-6 * max(1.0, abs(value))
        point, value, slope = point + step, new_value, new_slope
        if settled:
            break
    return point


def _two_loop(slope: Doubles, pairs: list[tuple[Doubles, Doubles]]) -> Doubles:
    """Return the inverse Hessian, as the remembered steps approximate it, times the gradient."""
    direction, factors = slope.copy(), []
    for step, change in reversed(pairs):
        factor = float(step @ direction) / float(step @ change)
        direction -= factor * change
        factors.append(factor)
    if pairs:
        step, change = pairs[-1]
        direction *= float(step @ change) / float(change @ change)
    for (step, change), factor in zip(pairs, reversed(factors), strict=True):
        direction += (factor - float(change @ direction) / float(step @ change)) * step
    return direction
