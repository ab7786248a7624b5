"""Do the learner's constants hold for people that they were not chosen on?

    python benchmarks/halves.py --data ../shared/preferences

Each set's people are split in two halves at random. On the one, the constant is sought whose half or double
predicts best; the table has what that choice does on the other half, beside the constants that we ship.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, installed or not

from benchmarks import learning, preferences  # noqa: E402
from benchmarks.apprentice import Apprentice, prior_of  # noqa: E402
from benchmarks.preferences import Study  # noqa: E402
from profiles import constancy, crowd, learner  # noqa: E402
from profiles.learner import HistogramLearner  # noqa: E402

SEEDS = (0, 1)
FACTORS = (0.5, 2.0)
GIVEN = ("default_votes", "prior_votes", "share_limit", "sibling_limit")  # to the learner when it is made
FIXED = ((crowd, "TEMPER"), (constancy, "WORTH"), (learner, "FADING"))    # in their modules


class Outcome(NamedTuple):
    """A change chosen on one half, and the errors with it and without on the other."""

    change: str
    chosen: float
    shipped: float


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/preferences"), help="folder of the public sets")
    options = parser.parse_args(arguments)
    missing = [file for file in preferences.FILES if not (options.data / file).is_file()]
    if missing:
        parser.error(f"{options.data} lacks {', '.join(missing)}: --data must name the folder of the public sets")
    table = Table("set", "best on one half", "error on the other", "as shipped", "rise")
    for study in (preferences.equaliser(options.data), preferences.synthesiser(options.data)):
        for outcome in outcomes(study):
            table.add_row(study.name, outcome.change, f"{outcome.chosen:.4f}", f"{outcome.shipped:.4f}",
                          f"{outcome.chosen / outcome.shipped - 1.0:+.1%}")
    Console(width=learning.WIDTH).print(table)


def outcomes(study: Study) -> Iterator[Outcome]:
    """Choose on each half in turn, and try on the other."""
    for seed in SEEDS:
        found = [{change: error(half, change) for change in track(_changes(), study.name, console=Console(stderr=True),
                                                                  transient=True)} for half in halves(study, seed)]
        for here, there in (found, found[::-1]):
            best = min(here, key=here.get)
            yield Outcome(_named(best), there[best], there[None])


def halves(study: Study, seed: int) -> tuple[Study, Study]:
    users = sorted(study.people)
    random.Random(seed).shuffle(users)
    return tuple(study._replace(people={user: study.people[user] for user in users[i::2]}) for i in range(2))


def error(study: Study, change: tuple[str, float] | None) -> float:
    """Return the mean error on a half with one constant changed, each person's prior being the others of the half."""
    name, factor = change or ("", 1.0)
    defaults = vars(HistogramLearner())
    given = {name: factor * defaults[name]} if name in GIVEN else {}
    module = next((module for module, fixed in FIXED if fixed == name), None)
    if module is None:
        return _replayed(study, given)
    with patch.object(module, name, factor * getattr(module, name)):
        return _replayed(study, given)


def _replayed(study: Study, given: dict[str, float]) -> float:
    score, profiles = learning.Score(), learning.profiles_of(study)
    for fold in learning.folds(study, seed=0):
        prior, shared = prior_of(profiles[user] for user in fold.others), HistogramLearner(**given)
        for user, settings in fold.tested.items():
            learning.replay(Apprentice(user, study.parameters, prior, shared), settings, score)
    return score.error


def _changes() -> list[tuple[str, float] | None]:
    names = [*GIVEN, *(name for _, name in FIXED)]
    return [None, *((name, factor) for name in names for factor in FACTORS)]


def _named(change: tuple[str, float] | None) -> str:
    return "as shipped" if change is None else f"{change[0]} x {change[1]:g}"


if __name__ == "__main__":
    main()
