"""The rack: the chain that plays, the one that still rings, and room to build the next.

A preset change builds the new chain in a free slot, outside the audio loop; the playing loop then
fades its input over and lets the old one ring until its tail is gone (spill-over).
"""

from functools import cache

import numpy as np
from numba import carray, types

from dsp import arena as room
from dsp.chain import Chain
from dsp.guard import QUIET, QUIET_S, finite, limit, peak
from dsp.native import entry, fence, flushing_denormals, get_float_mode, helper, pointer, set_float_mode
from dsp.pcm import FORMATS, from_pcm, to_pcm
from dsp.places import LANES, lanes_at
from dsp.walk import run_chain

SLOTS = 3
FADE_S = 0.03           # a new chain's input fades in, and the old one's out, in this time
RING_S = 30.0           # a tail is cut after this time (feedback at its maximum never ends)

# What the control side asks for, and what the audio side answers.
(WANTED, PLAYING, RINGING, FADED, RANG, QUIET_FRAMES, BROKEN_BLOCKS, WORDS) = range(8)
(PEAK_IN, PEAK_LEFT, PEAK_RIGHT, LIMITER_GAIN, INPUT_GAIN, OUTPUT_GAIN, METERS) = range(7)
NONE = -1


class Rack:
    """Three chain slots and the loop that plays them.

    buffer : `Rack.size()` bytes, shared by the processes that use this rack; its own when None.
    fresh : False in a process that joins a rack which another one has begun.
    """

    def __init__(self, sample_rate, buffer=None, fresh=True):
        self.sample_rate = float(sample_rate)
        buffer = np.zeros(self.size(), np.uint8) if buffer is None else buffer
        self.words = np.ndarray(WORDS, np.int64, buffer)
        self.meters = np.ndarray(METERS, np.float64, buffer, 8 * WORDS)
        arrays = room.allocate(SLOTS, memoryview(buffer)[8 * (WORDS + METERS):])
        self._arenas = [room.Arena(array[slot] for array in arrays) for slot in range(SLOTS)]
        if fresh:
            self.words[:] = 0
            self.words[RINGING] = NONE
            self.meters[:] = 0.0
            self.meters[LIMITER_GAIN] = self.meters[INPUT_GAIN] = self.meters[OUTPUT_GAIN] = 1.0

    @staticmethod
    def size():
        """Bytes that a rack takes; only the pages that chains touch become RAM."""
        return 8 * (WORDS + METERS) + room.size(SLOTS)

    def free_slot(self):
        """A slot that nobody hears, or None while a change is under way."""
        words = self.words
        if words[WANTED] != words[PLAYING]:
            return None
        busy = (words[PLAYING], words[RINGING])
        return next(slot for slot in range(SLOTS) if slot not in busy)

    def build(self, blocks, needs=None):
        """Lay a chain into a free slot; nobody hears it before `play`. None while a change is under way.

        needs : what `dsp.chain.prepare` gave for these blocks, where that was called before.
        """
        slot = self.free_slot()
        if slot is None:
            return None
        chain = Chain(blocks, self.sample_rate, self._arenas[slot], needs)
        chain.slot = slot
        return chain

    def play(self, chain):
        """Fade over to a chain that `build` gave, with the next block."""
        publish(self.words, WANTED, chain.slot)

    def begin(self, blocks, needs=None):
        """Build a chain and play it from the first block on, with no fade: before the sound starts."""
        chain = self.build(blocks, needs)
        self.words[WANTED] = self.words[PLAYING] = chain.slot
        self.words[RINGING] = NONE
        self.words[FADED] = int(FADE_S * self.sample_rate) + 1
        return chain

    def set_levels(self, input_db, output_db):
        """Gain before and after the chain, in dB."""
        self.meters[INPUT_GAIN] = 10.0 ** (input_db / 20.0)
        self.meters[OUTPUT_GAIN] = 10.0 ** (output_db / 20.0)

    def player(self, format_in, channels_in, channel, format_out, channels_out):
        """The function of the audio loop: `play(pcm_in, pcm_out, frames)`, both uint8 arrays.

        channel : the input channel that the instrument is on, or -1 for all.
        """
        load_loop()
        kept = [*(arena.places for arena in self._arenas), self.words, self.meters]
        places = np.array([array.ctypes.data for array in kept])
        format_in, format_out, sample_rate = FORMATS.index(format_in), FORMATS.index(format_out), self.sample_rate

        def play(pcm_in, pcm_out, frames):
            run_rack(places, pcm_in, format_in, channels_in, channel,
                     pcm_out, format_out, channels_out, frames, sample_rate)

        play.rack = self        # whose memory it plays in
        return play


@entry
def publish(words, place, value):
    """Store a word after everything that was stored before it, on any processor."""
    fence()
    words[place] = value
    fence()


# What a sound card gives may be read only, such as bytes; what may be written to passes as well.
LOOP = types.void(types.int64[::1], types.Array(types.uint8, 1, "C", readonly=True), types.int64, types.int64,
                  types.int64, types.uint8[::1], types.int64, types.int64, types.int64, types.float64)


@cache
def load_loop():
    """Have the audio loop's machine code, and let numba make no other: no block ever waits for a compiler."""
    run_rack.compile(LOOP)
    run_rack.disable_compile()


@entry
def run_rack(places, pcm_in, format_in, channels_in, channel, pcm_out, format_out, channels_out, frames, sample_rate):
    """One period, from the converter's bytes to the converter's bytes."""
    words, meters = own_at(places)
    mode = get_float_mode()
    set_float_mode(flushing_denormals(mode))
    dropped = take_order(words)
    playing, ringing = words[PLAYING], words[RINGING]
    y = lanes_at(places[playing], 0, LANES[0])
    count = from_pcm(pcm_in, format_in, channels_in, channel, np.float32(meters[INPUT_GAIN]), y, frames)
    meters[PEAK_IN] = peak(y[:count], frames)
    if ringing >= 0:
        cross_fade(y, lanes_at(places[ringing], 0, LANES[0]), count, frames, words, FADE_S * sample_rate)
    played = run_chain(places[playing], count, frames, sample_rate)
    if played == 1:
        y[1, :frames] = y[0, :frames]
    if ringing >= 0:
        z = lanes_at(places[ringing], 0, LANES[0])
        rung = run_chain(places[ringing], count, frames, sample_rate)
        follow_tail(z[:rung], frames, words, sample_rate)
        mix_in(y, z, rung, frames, 1.0, 1.0)
    if dropped >= 0:
        z = lanes_at(places[dropped], 0, LANES[0])
        z[:, :frames] = 0
        left = run_chain(places[dropped], count, frames, sample_rate)
        mix_in(y, z, left, frames, 1.0, 0.0)
    finish(y, frames, meters, words, sample_rate)
    if channels_out == 1:
        for i in range(frames):
            y[0, i] = np.float32(0.5) * (y[0, i] + y[1, i])
    to_pcm(y, frames, pcm_out, format_out, channels_out)
    set_float_mode(mode)


@helper
def own_at(places):
    """The rack's own words and meters, whose addresses follow those of the slots' places."""
    return (carray(pointer(places[SLOTS]), (WORDS,), np.int64),
            carray(pointer(places[SLOTS + 1]), (METERS,), np.float64))


@helper
def take_order(words):
    """Begin a change of chains if one is wanted; returns the slot whose tail gives way to it, or NONE."""
    if words[WANTED] == words[PLAYING]:
        return NONE
    fence()
    dropped = words[RINGING]
    words[RINGING] = words[PLAYING]
    words[PLAYING] = words[WANTED]
    words[FADED] = words[RANG] = words[QUIET_FRAMES] = 0
    return dropped


@helper
def cross_fade(fresh, old, channels, frames, words, length):
    """Share the input out: rising into the playing chain, falling into the one that rings on."""
    at = words[FADED]
    for channel in range(channels):
        for i in range(frames):
            share = np.float32(min((at + i) / length, 1.0))
            old[channel, i] = (np.float32(1.0) - share) * fresh[channel, i]
            fresh[channel, i] *= share
    words[FADED] = at + frames


@helper
def follow_tail(lanes, frames, words, sample_rate):
    """Let go of the ringing chain once its tail is gone."""
    words[RANG] += frames
    words[QUIET_FRAMES] = words[QUIET_FRAMES] + frames if peak(lanes, frames) < QUIET else 0
    if words[QUIET_FRAMES] > QUIET_S * sample_rate or words[RANG] > RING_S * sample_rate:
        words[RINGING] = NONE


@helper
def mix_in(y, x, channels, frames, start, end):
    """Add a chain's sound, one or two channels, to both of y's, with a gain that moves over the block."""
    step = (end - start) / frames
    for channel in range(2):
        source = x[min(channel, channels - 1)]
        for i in range(frames):
            y[channel, i] += np.float32(start + step * (i + 1)) * source[i]


@helper
def finish(y, frames, meters, words, sample_rate):
    """Output level, limiter, NaN guard, meters."""
    gain = np.float32(meters[OUTPUT_GAIN])
    for channel in range(2):
        for i in range(frames):
            y[channel, i] *= gain
    if not finite(y[:2], frames):
        y[:2, :frames] = 0
        words[BROKEN_BLOCKS] += 1
    meters[LIMITER_GAIN] = limit(y[:2], np.float32(meters[LIMITER_GAIN]), frames, sample_rate)
    meters[PEAK_LEFT] = peak(y[:1], frames)
    meters[PEAK_RIGHT] = peak(y[1:2], frames)


def warm():
    """Load, or compile, everything the audio loop runs."""
    rack = Rack(48000)
    chain = rack.begin([])
    chain.process(np.zeros((8, 1), np.float32))
    rack.play(chain)
    pcm = np.zeros(64, np.uint8)
    rack.player("S16_LE", 1, 0, "S16_LE", 1)(pcm, pcm.copy(), 8)
