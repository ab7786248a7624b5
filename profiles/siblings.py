"""Siblings: knobs of one plugin that a person sets alike, so that a vote on one speaks for the other.

How far it does is what it explains of the other's variance: 1 - (d / D)^2, where d is how far one
person's votes on the two lie apart, and D how far two people's do, on the two or on the other
knob, whichever is less; each under one emotion. So nothing is known of what the knobs are called;
and a vote may speak turned round, for a knob of the same kind whose other end is up.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from profiles import votes
from profiles.profile import AT_DEFAULT, BINS
from profiles.votes import CELLS

UNSURE = 20.0   # people and emotions that both knobs were seen under: with as many, half of the relation counts
MOST = 128      # knobs of a plugin that are compared: the work grows with their square
TURNED = [*range(BINS - 1, -1, -1), AT_DEFAULT]

Key = tuple[str, str]  # plugin, parameter


class Siblings(NamedTuple):
    """Who speaks for whom: ``knobs``, and how far a vote on each counts for those asked, as it is and turned round.

    straight, turned : (asked, knobs).
    """

    knobs: tuple[Key, ...]
    straight: np.ndarray
    turned: np.ndarray

    def say(self, rows: np.ndarray) -> np.ndarray:
        """Return the votes (asked, CELLS) that those on the knobs (knobs, CELLS) come to."""
        return self.straight @ rows + self.turned @ rows[:, TURNED]


def relations(words: Iterable[np.ndarray], defaults: Iterable[float]) -> np.ndarray:
    """Return how far a vote on each knob speaks for each other one, as it is and turned round (2, to, from).

    words : people's votes under each emotion (knobs, people, CELLS), zeros where somebody set nothing.
    """
    places = np.array([votes.positions(default) for default in defaults])
    apart = np.abs(places[:, :, None] - places[:, None, :])
    sums = sum((_distances(rows, apart) for rows in words), start=np.zeros((5, *2 * places.shape[:1])))
    people, same, other = sums[0], sums[1:3], sums[3:]
    told = np.maximum(1.0 - (same / np.maximum(other, 1e-9)) ** 2, 0.0) * (people / (people + UNSURE))
    told[:, np.arange(len(places)), np.arange(len(places))] = 0.0
    straight, turned = told
    # What speaks for both ways, as a vote in the middle does, tells nothing of the way.
    return np.maximum([straight - turned, turned - straight], 0.0)


def _distances(rows: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return sums over people under one emotion (5, to, from): how many set both knobs; how far their votes on the two lie
    apart, as they are and turned round; and how far other people's do, at least, on the one knob or on the two."""
    rows = rows / np.maximum(rows.sum(axis=2, keepdims=True), 1e-9)
    here = rows.any(axis=2).astype(float)
    set_by = here.sum(axis=1)
    both = here @ here.T
    ways = np.stack((rows, rows[:, :, TURNED]))
    away = rows @ apart
    flat = away.reshape(len(rows), -1)
    same = flat @ ways.reshape(2, len(rows), -1).transpose(0, 2, 1)
    own = (away * rows).sum(axis=(1, 2))
    everybody = away.sum(axis=1)
    alone = ((everybody * rows.sum(axis=1)).sum(axis=1) - own) / np.maximum(set_by * (set_by - 1.0), 1.0)
    across = (everybody @ ways.sum(axis=2).transpose(0, 2, 1) - same) / np.maximum(np.outer(set_by, set_by) - both, 1.0)
    known = np.outer(set_by > 1.0, set_by > 1.0)
    return np.concatenate(([both], same, both * np.minimum(across, alone[:, None]))) * known
