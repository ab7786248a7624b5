"""Cabinet or room from an impulse response, exactly and without latency; two microphones to blend.

The sound is convolved with one or two files, by partitions that grow with their distance so that ten seconds
cost little and evenly (dsp.primitives.convolution.convolve has the sources). Without a file the box draws its own two
microphones in front of its own formula of a closed cabinet (dsp.effects.cabinet): one near the cone's centre,
one at its edge. The cuts are Butterworth filters, 12 dB an octave below and 24 above; at their ends they are
out of the way.
"""

import numpy as np

from dsp.effect import Effect, Option, Prepared
from dsp.native import apart, helper, inlined, kernel
from dsp.parameter import Parameter
from dsp.primitives import impulses
from dsp.primitives.blend import across
from dsp.primitives.convolution.convolve import answer_at, convolve
from dsp.primitives.convolution.layout import CHUNK, MICS, lay_out
from dsp.primitives.convolution.products import outputs_of
from dsp.primitives.filters import (BUTTERWORTH, COEFFICIENTS, bank_state, coefficients_of, put_high_pass, put_low_pass,
                                    run_bank, turned)
from dsp.primitives.levels import db_to_gain
from dsp.primitives.vectors.kinds import LINE
from dsp.primitives.vectors.memory import aligned, as_words, start_of

MIX, BLEND, LEVEL, LOW_CUT, HIGH_CUT = range(5)
LOWEST_HZ, HIGHEST_HZ = 20.0, 20000.0       # where the cuts are off
PARAMETERS = (
    Parameter("mix", "Mix", "", 0.0, 1.0, 1.0, tag="space"),
    Parameter("blend", "Mic blend", "", 0.0, 1.0, 0.0, tag="brightness"),
    Parameter("level_db", "Level", "dB", -24.0, 12.0, 0.0, tag="level"),
    Parameter("low_cut_hz", "Low cut", "Hz", LOWEST_HZ, 500.0, LOWEST_HZ, "log", tag="body"),
    Parameter("high_cut_hz", "High cut", "Hz", 1000.0, HIGHEST_HZ, HIGHEST_HZ, "log", tag="brightness"),
)
OPTIONS = (
    Option("file", "an impulse response (WAV, FLAC; mono, stereo or true stereo); the box's own without it",
           "file", ""),
    Option("second", "a second microphone's impulse response, for Mic blend", "file", ""),
    Option("normalise", "make every impulse response as loud as any other", "switch", True),
    Option("minimum_phase", "take all delay out of the impulse response", "switch", False),
    Option("trim", "cut off the silence in front and behind", "switch", True),
)

LONGEST_S = 10.0
MOST_TAPS = 1920000             # of all paths and microphones: stereo, 10 s at 96 kHz; twice that in the tables
FILTERS_S = 0.1                 # for which the cuts behind the response ring
OWN_S = 0.043                   # the box's own cabinet; its resonance is 60 dB down by then
OWN_MICS = dict(mic=0.75, air=0.4), dict(mic=0.1, air=0.1)

SECTIONS = 3
FOURTH_ORDER = 0.5412, 1.3066   # the Qs of a fourth-order Butterworth filter
# In state, behind the filters: the gains at the knobs that were seen last, and in cursors the frame count.
GAINS = bank_state(SECTIONS, 2)
SEEN, SEEN_MIX, SEEN_LEVEL, DRY, WET = range(GAINS, GAINS + 5)
NOW = 0
FRAMES = 1024                   # the longest block
HALF = np.float32(0.5)


@inlined
def gains(mix, level, kept):
    """Gain of the dry and of the wet sound."""
    if kept[SEEN] == 0.0 or mix != kept[SEEN_MIX] or level != kept[SEEN_LEVEL]:
        put_gains(mix, level, kept)
    return np.float32(kept[DRY]), np.float32(kept[WET])


@apart
def put_gains(mix, level, kept):
    dry, wet = across(mix)
    kept[SEEN], kept[SEEN_MIX], kept[SEEN_LEVEL] = 1.0, mix, level
    kept[DRY], kept[WET] = dry, wet * db_to_gain(level)


@inlined
def off(hz):
    return hz <= LOWEST_HZ or hz >= HIGHEST_HZ


@helper
def put_nothing(bank, section):
    """Let a section pass what comes, while its state goes on as it was designed."""
    c = bank[section * COEFFICIENTS:]
    c[3], c[4], c[5] = 1.0, 0.0, 0.0


@helper
def design(cuts, end, bank, sample_rate):
    put_high_pass(bank, 0, cuts[0, end], BUTTERWORTH, sample_rate)
    if off(cuts[0, end]):
        put_nothing(bank, 0)
    for section in range(1, SECTIONS):
        put_low_pass(bank, section, cuts[1, end], FOURTH_ORDER[section - 1], sample_rate)
        if off(cuts[1, end]):
            put_nothing(bank, section)


@inlined
def rest(state, channel, x):
    """What the filters' states have to be to set in at `x` without a jump: none low, all high passed by."""
    states = 2 * SECTIONS * channel
    state[states] = state[states + 1] = 0.0
    for section in range(1, SECTIONS):
        state[states + 2 * section], state[states + 2 * section + 1] = 0.0, x


@apart
def cut(knobs, state, memory, channels, frames, sample_rate):
    """Low cut and high cut of the wet sound, which lies in front in memory."""
    cuts, wet = knobs[LOW_CUT:], memory[:2 * FRAMES].reshape((2, FRAMES))[:channels]
    if turned(cuts, state, SECTIONS):
        start, end, _ = coefficients_of(state, SECTIONS)
        design(cuts, 0, start, sample_rate)
        design(cuts, 1, end, sample_rate)
    run_bank(cuts, state, SECTIONS, wet, frames)


@inlined
def way(i):
    """How many steps a ramp has made at frame i."""
    return np.float32(np.int32(i + 1))


@helper
def copy(x, at, y, to, frames):
    for i in range(frames):
        y[to + i] = x[at + i]


@apart
def come_together(plan, room, now, begin, frames, channels, blend, step):
    """Make one sound for each channel, at its first answer, of what the microphones' outputs gave to a piece.

    From the first microphone to the second it goes in a straight line: they hear one source, in step.
    """
    outputs = outputs_of(plan, channels)
    if plan[MICS] == 2:
        for output in range(outputs):
            first, second = answer_at(plan, 0, output, now), answer_at(plan, 1, output, now)
            for i in range(frames):
                room[first + i] += (blend + way(begin + i) * step) * (room[second + i] - room[first + i])
    if outputs > channels:
        left, right = answer_at(plan, 0, 0, now), answer_at(plan, 0, 1, now)
        for i in range(frames):
            room[left + i] = HALF * (room[left + i] + room[right + i])


@helper
def mix(sound, x, wet, y, begin, frames, ramps):
    """Mix wet frames, from wet[y] on, into sound[x] and those behind it, which are `begin` frames into the block."""
    dry, dry_step, level, level_step = ramps
    for i in range(frames):
        steps = way(begin + i)
        sound[x + i] = (dry + steps * dry_step) * sound[x + i] + (level + steps * level_step) * wet[y + i]


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    channels, stride = io.shape
    sound, wet, fixed, knob, kept = start_of(io), start_of(memory), start_of(tables), start_of(knobs), start_of(state)
    room, plan = aligned(wet, 2 * FRAMES), as_words(fixed)
    length = np.float32(frames)
    blend = knob[2 * BLEND]
    blend_step = (knob[2 * BLEND + 1] - blend) / length
    dry, level = gains(knob[2 * MIX], knob[2 * LEVEL], kept)
    dry_end, level_end = gains(knob[2 * MIX + 1], knob[2 * LEVEL + 1], kept)
    ramps = dry, (dry_end - dry) / length, level, (level_end - level) / length
    cuts = 2 * LOW_CUT
    cutting = not (off(knob[cuts]) and off(knob[cuts + 1]) and off(knob[cuts + 2]) and off(knob[cuts + 3]))
    blending = plan[MICS] == 2 or outputs_of(plan, channels) > channels

    now, done = cursors[NOW], 0
    while done < frames:
        count = min(CHUNK - now % CHUNK, frames - done)
        convolve(plan, fixed, room, now, sound, stride, channels, done, count)
        if blending:
            come_together(plan, room, now, done, count, channels, blend, blend_step)
        for channel in range(channels):
            answer = answer_at(plan, 0, channel, now)
            if cutting:
                copy(room, answer, wet, channel * FRAMES + done, count)
            else:
                mix(sound, channel * stride + done, room, answer, done, count, ramps)
        now += count
        done += count
    cursors[NOW] = now

    if cutting:
        cut(knobs, state, memory, channels, frames, sample_rate)
        for channel in range(channels):
            mix(sound, channel * stride, wet, channel * FRAMES, 0, frames, ramps)
    else:
        for channel in range(channels):
            rest(kept, channel, room[answer_at(plan, 0, channel, now - 1)])


def own_cabinet(sample_rate):
    """The box's own two microphones: the impulse responses of the sweepable cabinet."""
    from dsp.effects.cabinet import EFFECT as cabinet
    return [impulse_of(cabinet, settings, sample_rate) for settings in OWN_MICS]


def impulse_of(effect, settings, sample_rate):
    """What an effect answers to an impulse with some knobs set and the others at their defaults."""
    values = [settings.get(p.id, p.default) for p in effect.parameters]
    knobs = np.repeat(np.array(values, np.float32)[:, None], 2, axis=1)
    needs = effect.prepare(sample_rate, {})
    io = np.zeros((1, int(OWN_S * sample_rate)), np.float32)
    io[0, 0] = 1.0
    needs.kernel(knobs, np.zeros(needs.state), np.zeros(needs.memory, np.float32), np.zeros(needs.cursors, np.int64),
                 needs.tables, io, io.shape[1], sample_rate)
    return io.astype(np.float64)


def refine(h, sample_rate, options):
    """An impulse response as its switches want it."""
    if options["minimum_phase"]:
        h = impulses.minimum_phase(h)
    if options["trim"]:
        h = impulses.trim(h)
    return impulses.normalised(h, sample_rate) if options["normalise"] else h


def most_taps(responses, sample_rate):
    """How many taps each path may have, so that all of them fit."""
    paths = max(len(h) for h in responses)
    return int(min(LONGEST_S * sample_rate, MOST_TAPS // (paths * len(responses))))


def together(responses, most):
    """Microphones as one array [microphone, path, tap]: mono ones on as many paths as the widest has."""
    paths = max(len(h) for h in responses)
    responses = [impulses.shorten(impulses.on_paths(h, paths), most) for h in responses]
    taps = max(h.shape[1] for h in responses)
    return np.stack([np.pad(h, ((0, 0), (0, taps - h.shape[1]))) for h in responses])


def build(sample_rate, options):
    lead = options["trim"] or options["minimum_phase"]      # both take away again what is too much
    files = [options[name] for name in ("file", "second") if options[name]]
    responses = [impulses.read(file, sample_rate, lead) for file in files]
    if not options["file"]:
        own = own_cabinet(sample_rate)
        responses = [own[0], *responses] if responses else own
    responses = [refine(h, sample_rate, options) for h in responses]
    most = most_taps(responses, sample_rate)
    heard = together(responses, most)
    tables, memory = lay_out(heard)
    return Prepared(process, GAINS + 5, 1, 2 * FRAMES + LINE + memory, tables, widens=heard.shape[1] > 1,
                    tail_s=FILTERS_S + heard.shape[2] / sample_rate, note=told(responses, most, sample_rate))


def told(responses, most, sample_rate):
    """A sentence where an impulse response is longer than what will be played of it, else ""."""
    longest = max(h.shape[1] for h in responses)
    if longest <= most:
        return ""
    return f"the impulse response lasts {longest / sample_rate:.1f} s; its first {most / sample_rate:.1f} s are played"


EFFECT = Effect("ir", "Cab / IR", "A real cabinet or room, from its impulse response.", PARAMETERS, process,
                options=OPTIONS, build=build)
