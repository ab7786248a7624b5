"""Votes as rows of numbers, one a cell: 64 bins of the knob's travel, and one exactly at the default."""

import functools
from collections.abc import Iterable

import numpy as np

from profiles.profile import AT_DEFAULT, BINS, HALF_LIFE, UNIT, Habit

CELLS = BINS + 1
NONE = np.zeros(CELLS)

# Travel order of the cells (row: how many bins begin below the default), so that sums run along the knob.
_ORDER = np.array([[*range(step), AT_DEFAULT, *range(step, BINS)] for step in range(CELLS)])
_MIRROR = np.array([*range(BINS - 1, -1, -1), AT_DEFAULT])
_TINY = np.finfo(float).tiny


def decoded(habit: Habit) -> np.ndarray:
    """Return a habit's votes (CELLS,) as of the member's birth; ``today`` makes them today's."""
    row = np.zeros(CELLS)
    row[list(habit.cells)] = [float(weight) for weight in habit.cells.values()]
    row *= 1.0 / (UNIT * (habit.sessions + 1))
    return row


def today(age: int) -> float:
    """Return what a decoded vote is to be multiplied with at a member's age in seconds."""
    return 2.0 ** (-age / HALF_LIFE)


def turned(rows: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Return the votes (rows, CELLS) as they are, or where a way (rows,) is -1 with the knob's ends exchanged."""
    return np.where(ways[:, None] < 0, rows[:, _MIRROR], rows)


def positions(default: float) -> np.ndarray:
    """Return the raw value (CELLS,) each cell stands for."""
    return np.append((np.arange(BINS) + 0.5) / BINS, default)


def quantiles(votes: np.ndarray, defaults: np.ndarray, levels: Iterable[float]) -> np.ndarray:
    """Return the raw values (levels, rows) below which the given shares of the votes (rows, CELLS) lie, ascending.

    A bin's votes are spread evenly over it; those exactly at the default are a step.
    """
    steps = np.ceil(defaults * BINS).astype(int)
    weights = np.take_along_axis(votes, _ORDER[steps], axis=1)
    passed = np.cumsum(weights, axis=1)
    wanted = np.maximum(np.multiply.outer(np.sort(levels), passed[:, -1]), _TINY)
    places = np.minimum((passed < wanted[..., None]).sum(axis=-1), BINS)
    rows = np.arange(len(votes))
    weight = weights[rows, places]
    left = np.where(weight > 0.0, (passed[rows, places] - wanted) / np.maximum(weight, _TINY), 0.0)
    values = (places + (places < steps) - np.clip(left, 0.0, 1.0)) / BINS
    values = np.where(places == steps, defaults, values)
    return np.maximum.accumulate(values, axis=0)  # the step inside its bin must not turn the order round


@functools.cache
def blur() -> np.ndarray:
    """Return the matrix (CELLS, CELLS) that lets a vote speak for the bins beside its own with half its voice."""
    matrix = np.zeros((CELLS, CELLS))
    matrix[:BINS, :BINS] = np.eye(BINS) + 0.5 * (np.eye(BINS, k=1) + np.eye(BINS, k=-1))
    matrix[AT_DEFAULT, AT_DEFAULT] = 1.0
    return matrix / matrix.sum(axis=1, keepdims=True)
