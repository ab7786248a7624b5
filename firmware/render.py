"""The chain offline: the same native loop as on stage, block by block, without a clock."""

import numpy as np

from dsp.chain import prepare
from dsp.rack import Rack
from firmware.audiofile import Writer
from firmware.moods import choices, is_tempo, knob_offsets
from firmware.taste import infos
from profiles.mapper import Mapper
from profiles.trainer import Trainer

CHUNK_S = 1.0           # between two reports of progress


def render(x, blocks, sample_rate, period, levels_db=(0.0, 0.0), needs=None):
    """Yield the sound of a chain in pieces of about a second.

    x : float32 [frames, 1 or 2]. blocks : the chain. period : frames a block, as on stage.
    levels_db : gain before the chain and after it. needs : what `dsp.chain.prepare` gave, where it was called before.
    Yields float32 [frames, channels]; all of them together are as long as x.
    Raises DspError for a chain that cannot be built.
    """
    rack = Rack(sample_rate)
    rack.set_levels(*levels_db)
    needs = prepare(blocks, sample_rate) if needs is None else needs
    rack.begin(blocks, needs)
    channels = channels_of(x, blocks, needs)
    play = rack.player("FLOAT_LE", x.shape[1], -1, "FLOAT_LE", channels)
    step = max(period, int(CHUNK_S * sample_rate) // period * period)
    for start in range(0, len(x), step):
        piece = x[start:start + step]
        # The last block is filled up with silence, as on stage: a shorter one would round otherwise.
        whole = np.pad(piece, ((0, -len(piece) % period), (0, 0)))
        y = np.empty((len(whole), channels), np.float32)
        for at in range(0, len(whole), period):
            play(bytes_of(whole[at:at + period]), bytes_of(y[at:at + period]), period)
        yield y[:len(piece)]


def channels_of(x, blocks, needs):
    """One where the sound stays mono all the way, else two."""
    return 2 if x.shape[1] == 2 or any(need.widens and block.on for need, block in zip(needs, blocks)) else 1


def bytes_of(samples):
    """A view of contiguous samples as the rack's converters take them."""
    return samples.reshape(-1).view(np.uint8)


def apply_style(blocks, emotion, profile, amount=1.0):
    """Set the blocks' knobs as the box would under an emotion, with a style profile or None."""
    keys = {(index, parameter.id): (block, parameter) for index, block in enumerate(blocks)
            for parameter in block.effect.parameters}
    trainer = Trainer(profile)
    for block in blocks:
        trainer.declare(block.effect.id, infos(block.effect))
    mapper = Mapper(amount)
    mapper.load_preset({key: block.raw_of(parameter) for key, (block, parameter) in keys.items()}, choices=choices(blocks))
    mapper.change_emotion(emotion, knob_offsets(emotion, blocks),
                          {(index, parameter): answer for index, block in enumerate(blocks)
                           for parameter, answer in trainer.suggest(block.effect.id, emotion).items()
                           if not is_tempo(block.effect.parameter(parameter))})
    for key, raw in mapper.targets().items():
        keys[key][0].raw[key[1]] = raw


def to_file(x, blocks, path, sample_rate, period, levels_db, as_float, progress=lambda frames: None, needs=None):
    """Render into a file; `progress` is called with the frames done, `needs` is as in `render`."""
    needs = prepare(blocks, sample_rate) if needs is None else needs
    done = 0
    with Writer(path, sample_rate, channels_of(x, blocks, needs), as_float, frames=len(x)) as file:
        for piece in render(x, blocks, sample_rate, period, levels_db, needs):
            file.write(piece)
            done += len(piece)
            progress(done)
