"""The contract that every effect in dsp/effects keeps, whatever it does to the sound.

Kernels are called directly, in arrays whose borders hold canaries, wherever the kernel itself is
in question, and through a chain where knobs, switches and their glides are.
"""

import re
import sys
import zlib
from functools import cache

import numpy as np
import pytest

from dsp import arena, effects
from dsp.chain import Block, Chain
from dsp.effect import Effect
from dsp.native import KERNEL, kernel
from dsp.parameter import TAGS, Parameter
from dsp.primitives.ramps import ramp
from tests.rig import PERIOD, SAMPLE_RATE, Rig

RATES = (44100, 48000, 96000)
UNIT_SUFFIX = {"dB": "_db", "Hz": "_hz", "ms": "_ms", "s": "_s", "%": "_percent"}
LONG_TAIL_S = 1.0               # from here on a tail is heard as one, and must outlive the switch

# Blocks with a role are no effects by themselves: tests/test_dsp_chain.py holds the ways they make.
COLLECTION = {id: effect for id in effects.names() if not (effect := effects.load(id)).role}
each_effect = pytest.mark.parametrize("effect", COLLECTION.values(), ids=list(COLLECTION))
each_width = pytest.mark.parametrize("channels", (1, 2), ids=("mono", "stereo"))


def settings(effect, count=2):
    """Knob positions worth trying: the defaults, everything low, everything high, and some at random."""
    random = generator(effect)
    yield [p.to_raw(p.default) for p in effect.parameters]
    yield [0.0] * len(effect.parameters)
    yield [1.0] * len(effect.parameters)
    for _ in range(count):
        yield list(random.uniform(0.05, 0.95, len(effect.parameters)))


def generator(effect):
    """Random numbers that are the same in every run, and others for each effect."""
    return np.random.default_rng(zlib.crc32(effect.id.encode()))


def chain_of(effect, raws=None, sample_rate=SAMPLE_RATE):
    raw = {} if raws is None else dict(zip((p.id for p in effect.parameters), raws))
    return Chain([Block(effect, raw)], sample_rate, room())


@cache
def room():
    """One arena for all tests: a fresh one each would spend the suite's time on zeroing memory."""
    return arena.single()


def play(chain, x):
    """Through the chain in blocks as on stage."""
    return np.concatenate([chain.process(x[at:at + PERIOD]) for at in range(0, len(x), PERIOD)])


# --- Signals ------------------------------------------------------------------------------------

@cache
def plucks(seconds, channels=1, sample_rate=SAMPLE_RATE):
    """Strings that start, ring and stop: attacks, tones, gaps; two channels that are not the same."""
    random = np.random.default_rng(7)
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    x = np.zeros((len(t), channels))
    for number, start in enumerate(np.arange(0.0, seconds, 0.11)):
        since = np.maximum(t - start, 0.0)
        pitch = 82.4 * 2.0 ** (random.integers(0, 36) / 12)
        for channel in range(channels):
            for harmonic in range(1, 9):
                tone = np.sin(2 * np.pi * harmonic * pitch * since + channel)
                x[:, channel] += 0.2 / harmonic * tone * np.exp(-since * 9.0 * harmonic) * (t >= start)
    return read_only(x)


@cache
def hum(seconds, channels=1, sample_rate=SAMPLE_RATE):
    """A steady low tone: whatever is high in what comes out was made on the way. Far from zero at each second."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    x = sum(0.1 * np.sin(2 * np.pi * f * t + 1.0) for f in (110.0, 220.0, 330.0))
    x *= np.minimum(t / 0.05, 1.0) ** 2
    return read_only(np.repeat(x[:, None], channels, axis=1))


def read_only(x):
    x = x.astype(np.float32)
    x.flags.writeable = False
    return x


def noise(frames, channels=1, level=0.1, seed=3):
    return np.random.default_rng(seed).normal(0.0, level, (frames, channels)).astype(np.float32)


def peak(x):
    return float(np.abs(x).max()) if len(x) else 0.0


def level_db(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=np.float64)) + 1e-30)


# --- Declaration --------------------------------------------------------------------------------

@each_effect
def test_declaration(effect):
    module = sys.modules[f"dsp.effects.{effect.id}"]
    assert module.EFFECT is effect
    assert re.fullmatch(r"[a-z][a-z0-9_]*", effect.id)
    assert 0 < len(effect.label) <= 10
    assert effect.about.endswith(".") and len(effect.about) <= 100
    assert module.__doc__ and module.__doc__.strip().endswith(".")
    needs = effect.prepare(float(SAMPLE_RATE), {})
    assert list(needs.kernel.overloads) == [KERNEL.args]
    assert needs.latency >= 0 and effect.tail_s >= 0
    ids = [p.id for p in effect.parameters]
    labels = [p.label for p in effect.parameters]
    assert len(set(ids)) == len(ids) and len(set(labels)) == len(labels)


@each_effect
def test_every_parameter_is_declared_well(effect):
    for p in effect.parameters:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", p.id)
        assert 0 < len(p.label) <= 10
        assert p.tag in TAGS, f"{p.id} has no tag"
        assert p.id.endswith(UNIT_SUFFIX.get(p.unit, "")), f"{p.id} does not name its unit {p.unit}"
        if p.unit == "" and p.taper != "choice":
            assert (p.low, p.high) in ((0.0, 1.0), (-1.0, 1.0)), f"{p.id} has no unit and is no 0..1 amount"
        for raw in np.linspace(0.0, 1.0, 21):
            assert len(p.format(raw)) <= 10


@each_effect
def test_sizes_fit_the_arena_with_room_for_more(effect):
    """Four of each fit into one chain, at the highest rate."""
    needs = effect.prepare(float(max(RATES)), {})
    assert 4 * needs.memory <= arena.MEMORY and 4 * len(needs.tables) <= arena.TABLES
    assert 4 * needs.state <= arena.STATE and 4 * needs.cursors <= arena.CURSORS
    assert arena.EFFECTS * (1 + len(effect.parameters)) <= arena.KNOBS


# --- The kernel ---------------------------------------------------------------------------------

@each_effect
@each_width
def test_block_size_changes_nothing(effect, channels):
    x = plucks(0.35, channels)
    splits = {"1": [1] * 1200 + [512] * 100, "7": [7], "300": [300], "1024": [1024],
              "random": list(generator(effect).integers(1, 400, 50))}
    for raws in settings(effect):
        expected = Rig(effect).run(x, raws)
        assert np.isfinite(expected).all()
        for name, sizes in splits.items():
            y = Rig(effect).run(x, raws, sizes)
            np.testing.assert_allclose(y, expected, rtol=0, atol=1e-6 * max(1.0, peak(expected)),
                                       err_msg=f"blocks of {name}, knobs at {np.round(raws, 3)}")


@each_effect
@each_width
def test_silence_stays_silence(effect, channels):
    for raws in settings(effect):
        y = Rig(effect).run(np.zeros((SAMPLE_RATE // 4, channels)), raws, [1024])
        assert peak(y) <= 1e-6


@each_effect
def test_tail_ends_when_it_was_said_to(effect):
    x = noise(SAMPLE_RATE // 5, 2)
    for raws in list(settings(effect))[::2]:
        rig = Rig(effect)
        rig.run(x, raws, [1024])
        rig.run(np.zeros((int(effect.tail_s * SAMPLE_RATE), 2), np.float32), raws, [1024])
        after = rig.run(np.zeros((SAMPLE_RATE // 10, 2), np.float32), raws, [1024])
        assert peak(after) <= 1e-3 * peak(x), f"rings on, knobs at {np.round(raws, 3)}"


@each_effect
def test_reset_gives_a_fresh_effect(effect):
    x = plucks(0.3, 2)
    for raws in settings(effect):
        chain = chain_of(effect, raws)
        first = play(chain, x)
        chain.reset()
        np.testing.assert_array_equal(play(chain, x), first)


@each_effect
@each_width
def test_mono_stays_mono_unless_it_widens(effect, channels):
    assert chain_of(effect).process(noise(500, channels)).shape == (500, 2 if effect.widens else channels)


@each_effect
def test_channels_of_a_narrow_effect_are_treated_alike(effect):
    if effect.widens:
        pytest.skip("widens")
    x = plucks(0.3)
    for raws in settings(effect):
        mono = Rig(effect).run(x, raws)
        both = Rig(effect).run(np.repeat(x, 2, axis=1), raws)
        np.testing.assert_allclose(both, np.repeat(mono, 2, axis=1), rtol=0, atol=1e-6 * max(1.0, peak(mono)))
        left_only = Rig(effect).run(np.column_stack([x[:, 0], 0 * x[:, 0]]), raws)
        assert peak(left_only[:, 1]) <= 1e-6, "one channel leaks into the other"


@each_effect
@pytest.mark.parametrize("sample_rate", RATES)
def test_extremes_stay_finite(effect, sample_rate):
    random = generator(effect)
    frames = 4096
    t = np.arange(frames)
    inputs = [16.0 * random.choice([-1.0, 1.0], frames), np.full(frames, 16.0), 16.0 * (t % 500 == 0),
              16.0 * np.sign(np.sin(2 * np.pi * 100 * t / sample_rate)), np.full(frames, 1e-39),
              1e-30 * random.normal(size=frames), random.normal(0.0, 0.1, frames)]
    x = np.column_stack([np.concatenate(inputs), np.concatenate(inputs[::-1])]).clip(-16, 16)

    last = [0.5] * len(effect.parameters)

    def jumps():
        nonlocal last
        before, last = last, [random.choice([0.0, 1.0, random.uniform()]) for _ in effect.parameters]
        return before, last

    rig = Rig(effect, sample_rate)
    for sizes in ([64], [1, 300, 5, 1024]):
        for channels in (1, 2):
            y = rig.run(x[:, :channels], jumps, sizes) if channels == 2 or not effect.widens else None
            assert y is None or np.isfinite(y).all()
    assert all(np.isfinite(array.inner).all() for array in rig.guarded)


@each_effect
def test_sounds_the_same_at_every_rate(effect):
    for raws in list(settings(effect))[::3]:
        levels = []
        for rate in RATES:
            x = plucks(0.8, 2, rate)
            levels.append(level_db(Rig(effect, rate).run(x, raws)))
        assert max(levels) - min(levels) < 1.5, f"levels {np.round(levels, 1)} dB at {RATES}"


@each_effect
def test_latency_is_as_reported(effect):
    """Where the output is most like the input; a small signal keeps the unlinear ones linear."""
    x = noise(1 << 14, 2, 0.02)
    y = Rig(effect).run(x, next(settings(effect)))
    spectrum = np.fft.rfft(y[:, 0], 1 << 15) * np.conj(np.fft.rfft(x[:, 0], 1 << 15))
    match = np.abs(np.fft.irfft(spectrum))
    lag = int(np.argmax(match[:4096]))
    # Filters hold a sound back a little without delaying it: 0.3 ms is nothing a hand can feel.
    assert abs(lag - effect.prepare(float(SAMPLE_RATE), {}).latency) <= 0.0003 * SAMPLE_RATE


# --- Clicks -------------------------------------------------------------------------------------

CLICK = 3e-3        # of the sound's peak; a jump of 1.6 % of it measures this much


def clicks(y):
    """Sample by sample, how much of a jump the sound makes.

    Fourth differences, scaled to 1 for a full swing at half the sample rate: a 330 Hz tone is
    100 dB down, a step keeps 0.19 of its height, a ramp over 64 frames 0.002 of it.
    """
    return np.abs(np.diff(y, 4, axis=0)).max(axis=1) / 16.0


def assert_no_click(chain, action, limit, what):
    """Whether `action` in the middle of a steady tone is heard as nothing but the change itself."""
    x = hum(2.2, 2)
    y_before = play(chain, x[:SAMPLE_RATE])
    action()
    y_after = play(chain, x[SAMPLE_RATE:])
    jumps = clicks(np.concatenate([y_before, y_after]))
    calm = SAMPLE_RATE // 4
    steady = max(jumps[SAMPLE_RATE - calm:SAMPLE_RATE - 8].max(), jumps[-calm:].max())
    change = jumps[SAMPLE_RATE - 8:-calm]
    loudest = max(peak(y_before), peak(y_after[-calm:]))
    assert change.max() <= 2.0 * steady + limit * max(loudest, 0.03), (
        f"{what}: a click of {change.max():.2g} {change.argmax()} frames after it, steady {steady:.2g}, "
        f"loudest {loudest:.2g}")


def limit_of(effect):
    """Gates and compressors answer a knob or a switch by opening or closing in their own attack time."""
    return 10 * CLICK if effect.parameters[0].tag == "dynamics" else CLICK


@each_effect
def test_knob_jumps_do_not_click(effect):
    for start in list(settings(effect, 1))[::3]:
        for index, p in enumerate(effect.parameters):
            for ends in ((0.0, 1.0), (1.0, 0.0)):
                chain = chain_of(effect, start[:index] + [ends[0]] + start[index + 1:])
                assert_no_click(chain, lambda: chain.set_raw(0, p.id, ends[1]), limit_of(effect),
                                f"{p.id} from {ends[0]} to {ends[1]}, others at {np.round(start, 3)}")


@each_effect
def test_scene_change_does_not_click(effect):
    """Every knob at once, as when the emotion changes."""
    scenes = list(settings(effect, 6))
    for before, after in zip(scenes, scenes[1:]):
        chain = chain_of(effect, before)

        def change():
            for p, raw in zip(effect.parameters, after):
                chain.set_raw(0, p.id, raw)

        assert_no_click(chain, change, limit_of(effect), f"{np.round(before, 3)} to {np.round(after, 3)}")


@each_effect
def test_switching_does_not_click(effect):
    for raws in settings(effect):
        for on in (False, True):
            chain = chain_of(effect, raws)
            chain.set_on(0, not on)
            chain.settle()
            assert_no_click(chain, lambda: chain.set_on(0, on), limit_of(effect), f"on={on}, {np.round(raws, 3)}")


def test_the_measure_hears_a_click():
    """A kernel that ignores where the knob was is caught; one that ramps is not."""
    gain = (Parameter("gain_db", "Gain", "dB", -6.0, 0.0, 0.0),)
    for compiled, click in ((stepping, True), (ramping, False)):
        chain = Chain([Block(Effect("x", "X", "", gain, compiled))], SAMPLE_RATE, room())
        chain.arena.glides[:] = 0 if click else 1
        turn = lambda: chain.set_raw(0, "gain_db", 0.0)
        if click:
            with pytest.raises(AssertionError, match="a click of"):
                assert_no_click(chain, turn, CLICK, "gain")
        else:
            assert_no_click(chain, turn, CLICK, "gain")


@kernel
def stepping(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    for channel in range(io.shape[0]):
        for i in range(frames):
            io[channel, i] *= 10.0 ** (knobs[0, 1] / 20.0)


@kernel
def ramping(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    for channel in range(io.shape[0]):
        gain_db, step = ramp(knobs, 0, frames)
        for i in range(frames):
            gain_db += step
            io[channel, i] *= 10.0 ** (gain_db / 20.0)


# --- Bypass -------------------------------------------------------------------------------------

@each_effect
def test_out_of_the_chain_is_out_of_the_sound(effect):
    chain = chain_of(effect)
    chain.set_on(0, False)
    chain.settle()
    x = plucks(0.2, 2)
    y, late = play(chain, x), chain.latency
    np.testing.assert_array_equal(y[late:], x[:len(x) - late])
    assert not y[:late].any()


@each_effect
def test_tail_rings_on_after_the_switch(effect):
    if effect.tail_s < LONG_TAIL_S:
        pytest.skip("has no tail to speak of")
    chain = chain_of(effect)
    play(chain, plucks(0.5))
    chain.set_on(0, False)
    play(chain, np.zeros((PERIOD * 100, 1), np.float32))        # the switch has long been made
    x = plucks(0.5)
    rest = play(chain, x) - np.repeat(x, 2 if effect.widens else 1, axis=1)
    assert level_db(rest) > level_db(x) - 40


@each_effect
def test_nothing_old_is_heard_when_switched_in_again(effect):
    """What had rung out before it was skipped must not come back."""
    chain = chain_of(effect)
    play(chain, plucks(0.5))
    chain.set_on(0, False)
    chain.process(np.zeros((int((effect.tail_s + 0.5) * SAMPLE_RATE), 1), np.float32))
    chain.set_on(0, True)
    assert peak(play(chain, np.zeros((SAMPLE_RATE // 2, 1), np.float32))) < 1e-3


# --- All of them --------------------------------------------------------------------------------

WHOLE = list(COLLECTION.values())
FULL_CHAINS = [WHOLE[start:start + arena.EFFECTS] for start in range(0, len(WHOLE), arena.EFFECTS)]


@pytest.mark.parametrize("members", FULL_CHAINS)
def test_a_full_chain_is_each_after_the_other(members):
    x = plucks(0.5)
    together = play(Chain([Block(effect) for effect in members], SAMPLE_RATE), x)
    one_by_one = x
    for effect in members:
        one_by_one = play(chain_of(effect), one_by_one)
    assert together.shape == one_by_one.shape and peak(together) > 0.01
    np.testing.assert_allclose(together, one_by_one, rtol=0, atol=1e-6)


def test_order_matters():
    x = plucks(0.5)
    forward, backward = (play(Chain([Block(effect) for effect in FULL_CHAINS[0][::order]], SAMPLE_RATE), x)
                         for order in (1, -1))
    assert np.isfinite(backward).all()
    if len(COLLECTION) > 1:
        assert level_db(forward - backward) > level_db(forward) - 20
