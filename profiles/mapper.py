"""From emotion to sound: where each knob should stand.

    target = (1 - a*c) * (preset + offset) + a*c * style

``style`` and its confidence ``c`` come from the trainer, ``a`` is the player's My Style
amount. The result is held within 0..1, and nothing else is: preset + offset may leave the
knob's travel on its way.

A knob touched under an emotion is the player's until the emotion changes. The touch belongs
to that emotion: others keep the preset's value, and when it comes back, what the hand set
stands in for preset + offset. So with no learnt style the player finds exactly what he left.
"""

from collections.abc import Hashable, Mapping

from profiles import checks
from profiles.learner import Suggestion


class Mapper:
    """Keeps where the preset and the hand have put each knob; knows no clock.

    Keys are the host's, such as (plugin, parameter). amount : My Style, 0..1.
    """

    def __init__(self, amount: float = 1.0):
        self.amount = amount
        self._preset: dict[Hashable, float] = {}
        self._touches: dict[str, dict[Hashable, float]] = {}  # by emotion, what a hand has set
        self._emotion = ""
        self._offsets: Mapping[Hashable, float] = {}
        self._suggestions: Mapping[Hashable, Suggestion] = {}
        self._touched: set[Hashable] = set()

    @property
    def amount(self) -> float:
        return self._amount

    @amount.setter
    def amount(self, amount: float) -> None:
        self._amount = checks.raw(amount, "My Style amount")

    def load_preset(self, values: Mapping[Hashable, float],
                    touches: Mapping[str, Mapping[Hashable, float]] | None = None) -> None:
        """Start from a preset or scene: {key: raw}; no knob is the player's any more.

        touches : {emotion: {key: raw}}, what hands had set under each emotion, where a box goes on as it was left.
        """
        self._preset = {key: checks.raw(value, f"preset value of {key}") for key, value in values.items()}
        self._touches = {emotion: {key: checks.raw(value, f"value of {key}") for key, value in touched.items()}
                         for emotion, touched in (touches or {}).items()}
        self._touched.clear()

    def change_emotion(self, emotion: str, offsets: Mapping[Hashable, float],
                       suggestions: Mapping[Hashable, Suggestion]) -> None:
        """Enter an emotion with its factory offsets and learnt style; every knob follows it again."""
        self._emotion = emotion
        self._offsets = dict(offsets)
        self._suggestions = dict(suggestions)
        self._touched.clear()

    def touch(self, key: Hashable, value: float) -> None:
        """A hand has put the knob to ``value`` (raw)."""
        self._touches.setdefault(self._emotion, {})[key] = checks.raw(value, f"value of {key}")
        self._touched.add(key)

    def targets(self) -> dict[Hashable, float]:
        """Return where every knob should stand now, {key: raw}; touched ones where the hand left them."""
        return {key: self._target(key, self._amount) for key in self._preset}

    def plain(self) -> dict[Hashable, float]:
        """Return where every knob would stand without My Style, {key: raw}."""
        return {key: self._target(key, 0.0) for key in self._preset}

    def origin(self, key: Hashable) -> float:
        """Return where preset and emotion have the knob, whatever hand and style say."""
        return min(max(self._preset[key] + self._offsets.get(key, 0.0), 0.0), 1.0)

    def keep(self) -> dict[Hashable, float]:
        """Make what hands have set under this emotion the preset, less what the emotion adds; return it, {key: raw}."""
        for key, value in self._touches.get(self._emotion, {}).items():
            self._preset[key] = min(max(value - self._offsets.get(key, 0.0), 0.0), 1.0)
        return dict(self._preset)

    @property
    def touches(self) -> dict[str, dict[Hashable, float]]:
        """What hands have set since the preset was loaded, {emotion: {key: raw}}."""
        return {emotion: dict(touched) for emotion, touched in self._touches.items()}

    @property
    def touched(self) -> frozenset[Hashable]:
        """The knobs that are the player's until the emotion changes."""
        return frozenset(self._touched)

    def _target(self, key: Hashable, amount: float) -> float:
        here = self._touches.get(self._emotion, {})
        if key in self._touched:
            return here[key]
        target = here[key] if key in here else self._preset[key] + self._offsets.get(key, 0.0)
        if key in self._suggestions:
            share = amount * self._suggestions[key].confidence
            target = (1.0 - share) * target + share * self._suggestions[key].value
        return min(max(target, 0.0), 1.0)
