"""Words for moods and timbres on the plane of valence and arousal, and which of them are neighbours.

A word that was never an emotion here starts from those that were and lie near it. Places come
from ``factory/words.json``: 28 words stand on the unit circle where Russell's subjects put them
(A circumplex model of affect, Journal of Personality and Social Psychology 39, 1980), 13 of them
only nearly, as the file says; every other word lies between some of these.
"""

import functools
import json
import math
import re
import unicodedata
from collections.abc import Iterable
from importlib import resources

WIDTH = 0.4  # from the nearest at which its say has fallen to 1/e; the circle has radius 1
REACH = 0.6  # no neighbours beyond: dark and sad are .4 apart, sad and calm 1.6
NEAREST = 3
_SAME = 0.001

_FILLING = frozenset("a an and the of very really so super ultra extremely more most quite rather pretty slightly bit "
                     "sehr mas mucho muy tres plus und y et mehr".split())
_DENYING = frozenset("not no non less least without never nicht weniger ohne menos sin sans moins pas".split())
_ENDINGS = (("iness", "y"), ("ily", "y"), ("iest", "y"), ("ier", "y"), ("ness", ""), ("ly", ""), ("ly", "le"),
            ("est", ""), ("est", "e"), ("er", ""), ("er", "e"), ("ish", ""), ("", "y"))


def place(word: str) -> tuple[float, float] | None:
    """Return (valence, arousal) of a word or a few, each -1..1; None for what the table does not know.

    Spelling hardly matters ("Dreamier", "very dark", "happily"); of several words the mean counts.
    What is denied ("not dark", "less rough") has no place: it is no other mood by that.
    """
    return _place(_plain(word))


def neighbours(word: str, words: Iterable[str]) -> dict[str, float]:
    """Return {neighbour: weight} for the nearest few of ``words`` that are near enough to speak for ``word``.

    Weights sum to at most 1, which is a word in the same place; among them they are as the
    inverse squares of the distances (D. Shepard, A two-dimensional interpolation function for
    irregularly-spaced data, 1968). ``word`` itself is left out.
    """
    far = {other: max(_distance(word, other), _SAME) for other in words if other != word}
    near = sorted((distance, other) for other, distance in far.items() if distance <= REACH)[:NEAREST]
    if not near:
        return {}
    sure = math.exp(-((near[0][0] / WIDTH) ** 2))
    total = sum(distance**-2 for distance, _ in near)
    return {other: sure * distance**-2 / total for distance, other in near}


def known() -> frozenset[str]:
    """Return the words that the table knows, as it spells them."""
    file = _file()
    return frozenset((*file["degrees"], *file["between"], *file["same"]))


@functools.lru_cache(maxsize=4096)  # the learner asks for every knob of a chain again
def _distance(word: str, other: str) -> float:
    if _spelled(word) == _spelled(other):
        return 0.0
    places = place(word), place(other)
    return math.dist(*places) if None not in places else math.inf


def _spelled(word: str) -> str:
    """Return the words and numbers of a text in lower case, without accents and punctuation; or all signs, if it has none."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", plain)) or word


def _plain(word: str) -> str:
    """Return the words of a text as they are spelled, without numbers."""
    return " ".join(re.findall(r"[^\W\d_]+", _spelled(word)))


@functools.lru_cache(maxsize=4096)
def _place(plain: str) -> tuple[float, float] | None:
    table = _table()
    if plain in table:
        return table[plain]
    parts = plain.split()
    if _DENYING.intersection(parts):
        return None
    places = [found for part in parts if part not in _FILLING for found in [_of_one(part, table)] if found]
    return (sum(v for v, _ in places) / len(places), sum(a for _, a in places) / len(places)) if places else None


def _of_one(word: str, table: dict[str, tuple[float, float]]) -> tuple[float, float] | None:
    forms = [word[:len(word) - len(end)] + instead for end, instead in _ENDINGS if word.endswith(end)]
    forms += [re.sub(r"(.)\1$", r"\1", form) for form in forms]  # sadder, sad
    return next((table[form] for form in (word, *forms) if form in table), None)


@functools.cache
def _table() -> dict[str, tuple[float, float]]:
    """Return {word: (valence, arousal)} of every word in the file."""
    file = _file()
    table = {word: (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
             for word, degrees in file["degrees"].items()}
    table["neutral"] = (0.0, 0.0)
    for word, parts in file["between"].items():  # in this order: a word lies between words above it
        total = sum(parts.values())
        table[word] = tuple(sum(share * table[part][axis] for part, share in parts.items()) / total for axis in (0, 1))
    for word, english in file["same"].items():
        table[_plain(word)] = table[english]
    return table


@functools.cache
def _file() -> dict:
    return json.loads(resources.files("profiles").joinpath("factory/words.json").read_text(encoding="utf-8"))
