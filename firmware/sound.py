"""The control side of the sound: which chain plays, where its knobs stand, how they glide."""

from dataclasses import replace

from dsp import effects
from dsp.chain import Block, prepare
from firmware.moods import choices
from firmware.preset import Preset

GLIDE_S = 0.2       # an emotion's or a style's way from one setting to the next


class Sound:
    """Turns presets into chains and moves their knobs; the only writer of the rack's targets.

    rack : a `dsp.rack.Rack` that joined the exchange.

    `raw[index, parameter]` is where each knob sounds now, 0..1; `keys` lists them in order.
    `tuning` : a mute tuner plays in the preset's place, which follows hands and emotions all the same.
    """

    def __init__(self, rack):
        self._rack = rack
        self._chain = None
        self._waiting = self._needs = None
        self._glides = {}
        self._choices = set()
        self._tuner = None
        self.tuning = False
        self.raw = {}

    @property
    def keys(self):
        """Every knob of the chain as (block index, parameter id), in the order of the sound."""
        return list(self.raw)

    def prepare(self, preset: Preset):
        """What a preset's chain needs: the work that takes long, in any thread. Raises DspError."""
        return prepare(preset.blocks, self._rack.sample_rate)

    def play(self, preset: Preset, raw, needs=None):
        """Fade over to a preset's chain, its knobs at `raw`; the old chain's tail rings on.

        needs : from `prepare`, where that was done before.
        Returns what the player should know about it: a list of sentences, most often empty.
        Raises DspError, and nothing has changed, when the chain cannot be built.
        """
        blocks = [replace(block, raw={parameter.id: raw[index, parameter.id] for parameter in block.effect.parameters},
                          options=dict(block.options)) for index, block in enumerate(preset.blocks)]
        self._needs = prepare(blocks, self._rack.sample_rate) if needs is None else needs
        self.raw, self._choices = dict(raw), choices(blocks)
        self._glides.clear()
        notes = notes_of(self._needs)
        self._waiting = blocks
        self._build()
        return notes

    def tune(self, on):
        """Listen to the strings with nothing to be heard, or play the preset again."""
        if self._waiting is None:
            self._waiting, self._needs = self._chain.blocks, self._chain.needs
        self.tuning, self._tuner = on, None
        self._build()

    @property
    def tuner_state(self):
        """What `dsp.effects.tuner.read` reads, None where no tuner plays."""
        return self._tuner.state(0) if self._tuner else None

    def set(self, key, raw):
        """Put a knob somewhere at once, as a hand does; a glide of it ends."""
        self._glides.pop(key, None)
        self._move(key, raw)

    def set_on(self, index, on):
        """Switch an effect in or out."""
        if self._waiting is not None:
            self._waiting[index].on = on
        else:
            self._chain.set_on(index, on)

    def glide(self, targets, now):
        """Let knobs {key: raw} travel to new places in 200 ms; a choice is there at once, and at nothing in between."""
        for key, target in targets.items():
            self._glides.pop(key, None)
            if key in self._choices:
                self._move(key, target)
            elif abs(target - self.raw[key]) > 1e-6:
                self._glides[key] = (self.raw[key], target, now)

    def tick(self, now):
        """Move what glides; build what waits. Returns whether a knob moved."""
        if self._waiting is not None:
            self._build()
        moved = bool(self._glides)
        for key, (start, target, began) in list(self._glides.items()):
            share = min((now - began) / GLIDE_S, 1.0)
            self._move(key, start + share * (target - start))
            if share == 1.0:
                del self._glides[key]
        return moved

    @property
    def gliding(self):
        """Whether knobs are on their way by themselves."""
        return bool(self._glides)

    def _move(self, key, raw):
        self.raw[key] = raw
        if self._waiting is not None:
            self._waiting[key[0]].raw[key[1]] = raw
        elif self._chain:
            self._chain.set_raw(*key, raw)

    def _build(self):
        if self.tuning:
            self._tuner = self._tuner or self._play([Block(effects.load("tuner"), {"mute": 1.0})])
            return
        chain = self._play(self._waiting, self._needs)
        if chain is not None:
            self._chain, self._waiting, self._needs = chain, None, None

    def _play(self, blocks, needs=None):
        """The chain that is heard from now on, or None as long as a change of chains is under way."""
        chain = self._rack.build(blocks, needs)
        if chain is not None:
            self._rack.play(chain)
        return chain


def notes_of(needs):
    """What the effects of a chain have to say about their options; `needs` is what `dsp.chain.prepare` gave."""
    return [need.note for need in needs if need.note]
