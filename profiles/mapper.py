"""From emotion to sound: where each knob should stand.

    target = (1 - a*c) * (preset + offset) + a*c * style

``style`` and its confidence ``c`` come from the trainer, ``a`` is the player's My Style
amount. The result is held within 0..1, and nothing else is: preset + offset may leave the
knob's travel on its way.

A knob touched under an emotion is the player's until the emotion changes. The touch belongs
to that emotion: others keep the preset's value, and when it comes back, what the hand set
stands in for preset + offset. So with no learnt style the player finds exactly what he left.

Apply My Style is the player's word, not a habit: under this emotion every knob with something
learnt goes all the way to it, whatever amount and confidence say, until it is taken back or
the hand turns the knob. A guess from like knobs was not learnt: it leans the knob as far as its
confidence goes, unless a hand has set it under this emotion, and is never applied in full.

A choice has nothing between its positions: it stands where the larger share has it, so never where nobody put it.
"""

from collections.abc import Hashable, Iterable, Mapping

from profiles import checks
from profiles.learner import Suggestion

ByEmotion = Mapping[str, Mapping[Hashable, float]]


class Mapper:
    """Keeps where the preset and the hand have put each knob; knows no clock.

    Keys are the host's, such as (plugin, parameter).

    amount : My Style, 0..1.
    styled : whether the style is heard at all; False for comparing, forgets nothing.
    """

    def __init__(self, amount: float = 1.0):
        self.amount = amount
        self.styled = True
        self._preset: dict[Hashable, float] = {}
        self._touches: dict[str, dict[Hashable, float]] = {}  # by emotion, what a hand has set
        self._applied: dict[str, dict[Hashable, float]] = {}  # by emotion, where Apply My Style has put knobs
        self._emotion = ""
        self._offsets: Mapping[Hashable, float] = {}
        self._suggestions: Mapping[Hashable, Suggestion] = {}
        self._touched: set[Hashable] = set()
        self._choices: frozenset[Hashable] = frozenset()

    @property
    def amount(self) -> float:
        return self._amount

    @amount.setter
    def amount(self, amount: float) -> None:
        self._amount = checks.raw(amount, "My Style amount")

    def load_preset(self, values: Mapping[Hashable, float],
                    touches: ByEmotion | None = None, applied: ByEmotion | None = None,
                    choices: Iterable[Hashable] = ()) -> None:
        """Start from a preset or scene: {key: raw}; no knob is the player's any more.

        touches, applied : {emotion: {key: raw}}, what hands and Apply My Style had set under each emotion, where
        a box goes on as it was left.
        choices : the knobs among them that have nothing between two positions.
        """
        self._choices = frozenset(choices)
        self._preset = {key: checks.raw(value, f"preset value of {key}") for key, value in values.items()}
        self._touches, self._applied = checked(touches or {}), checked(applied or {})
        self._touched.clear()

    def load_scene(self, values: Mapping[Hashable, float], emotions: Iterable[str]) -> None:
        """Go on with other values {key: raw} of the same preset; of what was set, the song's stays: see ``touch_always``.

        emotions : all there are; what is set alike under every one of them is the song's.
        """
        songs = dict(set.intersection(*(set(self._touches.get(emotion, {}).items()) for emotion in emotions)))
        self.load_preset(values, {emotion: songs for emotion in emotions} if songs else None, choices=self._choices)

    def change_emotion(self, emotion: str, offsets: Mapping[Hashable, float],
                       suggestions: Mapping[Hashable, Suggestion]) -> None:
        """Enter an emotion with its factory offsets and learnt style; every knob follows it again.

        suggestions : read at each look, so a ``Blend`` among them can be moved meanwhile.
        """
        self._emotion = emotion
        self._offsets = dict(offsets)
        self._suggestions = suggestions
        self._touched.clear()

    def hear(self, suggestions: Mapping[Hashable, Suggestion]) -> None:
        """Go by other suggestions under the same emotion; what hands have touched stays theirs."""
        self._suggestions = suggestions

    def touch(self, key: Hashable, value: float) -> None:
        """A hand has put the knob to ``value`` (raw)."""
        self._applied.get(self._emotion, {}).pop(key, None)
        self._touches.setdefault(self._emotion, {})[key] = checks.raw(value, f"value of {key}")
        self._touched.add(key)

    def touch_always(self, key: Hashable, value: float, emotions: Iterable[str]) -> None:
        """A foot has put the knob to ``value`` (raw) under each of these emotions: it is the song's."""
        for emotion in emotions:
            self._applied.get(emotion, {}).pop(key, None)
            self._touches.setdefault(emotion, {})[key] = checks.raw(value, f"value of {key}")
        self._touched.add(key)

    def apply(self, suggestions: Mapping[Hashable, Suggestion]) -> int:
        """Put every knob with something learnt under this emotion to it, in full; return how many there are."""
        self._applied[self._emotion] = {key: suggestion.value for key, suggestion in suggestions.items()
                                        if suggestion.confidence > 0.0 and not suggestion.guess and key in self._preset}
        return len(self._applied[self._emotion])

    def follow(self, suggestions: Mapping[Hashable, Suggestion]) -> None:
        """Put every knob that Apply still holds under this emotion to where it is suggested now."""
        held = self._applied.get(self._emotion, {})
        held.update({key: suggestions[key].value for key in held if key in suggestions})

    def take_back(self) -> None:
        """Undo ``apply`` under this emotion: knobs stand again where preset, hand and amount have them."""
        self._applied.pop(self._emotion, None)

    def targets(self) -> dict[Hashable, float]:
        """Return where every knob should stand now, {key: raw}; touched ones where the hand left them."""
        if not self.styled:
            return self.plain()
        applied = self._applied.get(self._emotion, {})
        return {key: applied[key] if key in applied else self._target(key, self._amount) for key in self._preset}

    def plain(self) -> dict[Hashable, float]:
        """Return where every knob would stand without My Style, {key: raw}."""
        return {key: self._target(key, 0.0) for key in self._preset}

    def origin(self, key: Hashable) -> float:
        """Return where preset and emotion have the knob, whatever hand and style say."""
        return min(max(self._preset[key] + self._offsets.get(key, 0.0), 0.0), 1.0)

    def keep(self) -> dict[Hashable, float]:
        """Make what hands and Apply have set under this emotion the preset, less what the emotion adds; return it."""
        here = {**self._touches.get(self._emotion, {}), **self._applied.get(self._emotion, {})}
        for key, value in here.items():
            self._preset[key] = min(max(value - self._offsets.get(key, 0.0), 0.0), 1.0)
        return dict(self._preset)

    @property
    def touches(self) -> dict[str, dict[Hashable, float]]:
        """What hands have set since the preset was loaded, {emotion: {key: raw}}."""
        return {emotion: dict(touched) for emotion, touched in self._touches.items()}

    @property
    def applied(self) -> dict[str, dict[Hashable, float]]:
        """Where Apply My Style has put knobs since the preset was loaded, {emotion: {key: raw}}."""
        return {emotion: dict(applied) for emotion, applied in self._applied.items() if applied}

    @property
    def touched(self) -> frozenset[Hashable]:
        """The knobs that are the player's until the emotion changes."""
        return frozenset(self._touched)

    def _target(self, key: Hashable, amount: float) -> float:
        here = self._touches.get(self._emotion, {})
        if key in self._touched:
            return here[key]
        target = here[key] if key in here else self._preset[key] + self._offsets.get(key, 0.0)
        style = self._suggestions.get(key)
        if style is not None and not (style.guess and key in here):
            share = amount * style.confidence
            if key in self._choices:
                share = 1.0 if share >= 0.5 else 0.0
            target = (1.0 - share) * target + share * style.value
        return min(max(target, 0.0), 1.0)


def checked(places: ByEmotion) -> dict[str, dict[Hashable, float]]:
    return {emotion: {key: checks.raw(value, f"value of {key}") for key, value in knobs.items()}
            for emotion, knobs in places.items()}
