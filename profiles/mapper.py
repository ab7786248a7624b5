"""From emotion to sound: where each knob should stand.

    target = (1 - a*c) * (preset + offset) + a*c * style

``style`` and its confidence ``c`` come from the trainer, ``a`` is the player's My Style
amount. The result is held within 0..1, and nothing else is: preset + offset may leave the
knob's travel on its way.

A knob touched under emotion e is the player's until the emotion changes. Its working base
becomes "touched value, less the offset of e", so with no learnt style coming back to e gives
what the player set, and another emotion keeps its own distance from it. The base is kept as
the pair (value, offset it was set under), and may lie outside 0..1: clamped or subtracted
beforehand, 0.98 set under an offset of -0.1 would come back as 0.9, and 0.3 as 0.30000000000000004.
"""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from profiles import checks
from profiles.learner import Suggestion


class _Base(NamedTuple):
    value: float
    offset: float  # the emotion's, when the value was set


class Mapper:
    """Keeps the working base of each knob and who it belongs to; knows no clock.

    Keys are the host's, such as (plugin, parameter). amount : My Style, 0..1.
    """

    def __init__(self, amount: float = 1.0):
        self.amount = amount
        self._bases: dict[Hashable, _Base] = {}
        self._offsets: Mapping[Hashable, float] = {}
        self._suggestions: Mapping[Hashable, Suggestion] = {}
        self._touched: set[Hashable] = set()

    @property
    def amount(self) -> float:
        return self._amount

    @amount.setter
    def amount(self, amount: float) -> None:
        self._amount = checks.raw(amount, "My Style amount")

    def load_preset(self, values: Mapping[Hashable, float]) -> None:
        """Start from a preset or scene: {key: raw}; no knob is the player's any more."""
        self._bases = {key: _Base(checks.raw(value, f"preset value of {key}"), 0.0) for key, value in values.items()}
        self._touched.clear()

    def change_emotion(self, offsets: Mapping[Hashable, float], suggestions: Mapping[Hashable, Suggestion]) -> None:
        """Enter an emotion with its factory offsets and learnt style; every knob follows it again."""
        self._offsets = dict(offsets)
        self._suggestions = dict(suggestions)
        self._touched.clear()

    def touch(self, key: Hashable, value: float) -> None:
        """A hand has put the knob to ``value`` (raw)."""
        self._bases[key] = _Base(checks.raw(value, f"value of {key}"), self._offsets.get(key, 0.0))
        self._touched.add(key)

    def targets(self) -> dict[Hashable, float]:
        """Return where every knob should stand now, {key: raw}; touched ones where the hand left them."""
        return {key: self._target(key, base) for key, base in self._bases.items()}

    def preset(self) -> dict[Hashable, float]:
        """Return what a preset should keep, {key: raw}: the working base without emotion and style."""
        return {key: min(max(base.value - base.offset, 0.0), 1.0) for key, base in self._bases.items()}

    @property
    def touched(self) -> frozenset[Hashable]:
        """The knobs that are the player's until the emotion changes."""
        return frozenset(self._touched)

    def _target(self, key: Hashable, base: _Base) -> float:
        if key in self._touched:
            return base.value
        target = base.value + (self._offsets.get(key, 0.0) - base.offset)
        if key in self._suggestions:
            share = self._amount * self._suggestions[key].confidence
            target = (1.0 - share) * target + share * self._suggestions[key].value
        return min(max(target, 0.0), 1.0)
