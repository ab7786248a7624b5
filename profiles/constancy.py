"""What one of a player's votes is worth beside the crowd's: as much as people keep to themselves.

Two votes for the same lie apart by what differs between people and by what changes in one person
from day to day. The ratio of these variances is what one own vote is worth against other people's
(the weight of an observation against a normal prior: Gelman et al., Bayesian Data Analysis, 2.5).
Where everybody sets the knob as chance has it, the crowd knows best; where people stay true to
themselves, each goes their own way.
"""

from typing import NamedTuple

import numpy as np

from profiles import votes

WORTH = 0.7     # of that ratio: those like the player have told some of what is their own; flat from 0.6 to 0.8
LEAST = 0.1     # a vote is heard, whatever the crowd's was like
UNSURE = 20.0   # sessions: as many speak for a whole vote where a crowd has repeated little


class Distances(NamedTuple):
    """How far two votes for the same lie apart, one person's and two people's; each times ``sessions``, so that they add."""

    sessions: float
    within: float
    between: float


def distances(rows: np.ndarray, sessions: np.ndarray, default: float) -> Distances:
    """Return the distances among votes (people, CELLS) for a knob under one emotion, of ``sessions`` (people,) each."""
    several = sessions > 1
    if len(rows) < 2 or not several.any():
        return Distances(0.0, 0.0, 0.0)
    rows = rows / rows.sum(axis=1, keepdims=True)
    places = votes.positions(default)
    apart = rows @ np.abs(places[:, None] - places)
    own, everybody = (apart * rows).sum(axis=1), apart.sum(axis=0) @ rows.sum(axis=0)
    between = (everybody - own.sum()) / (len(rows) * (len(rows) - 1))
    n = sessions[several]
    within = own[several] / (1.0 - _drawn_twice(n))
    return Distances(float(n.sum()), float(n @ within), float(n.sum() * between))


def worth(found: list[Distances]) -> float:
    """Return what an own vote counts, LEAST to 1, from the distances on a plugin's knobs."""
    sessions, within, between = np.sum(found, axis=0) if found else Distances(0.0, 0.0, 0.0)
    if not between:
        return 1.0
    daily = min(within / between, 1.0) ** 2  # the variance within a person, of all there is
    told = min(WORTH * (1.0 - daily) / daily, 1.0) if daily else 1.0
    return max((UNSURE + sessions * told) / (UNSURE + sessions), LEAST)


def _drawn_twice(n: np.ndarray) -> np.ndarray:
    """Return the chance that two draws among n votes, the k-th of which weighs k + 1, give the same one."""
    squares = (n + 1) * (n + 2) * (2 * n + 3) / 6 - 1
    return squares / (n * (n + 3) / 2) ** 2
