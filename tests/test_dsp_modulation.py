"""Flanger, phaser, vibrato and rotary speaker against the formulas of what they are made of."""

import numpy as np
import pytest
from scipy import signal

from dsp import effects
from dsp.effects import flanger, phaser, rotary
from dsp.primitives.delays import tap
from dsp.primitives.oscillators import arches, triangle
from tests.listening import SAMPLE_RATE, chain_of, db, measured_db, rms, tone, turn

FREQUENCIES = np.geomspace(40, 12000, 300)


def noise(frames, level=0.1):
    return np.random.default_rng(1).normal(0, level, (frames, 1)).astype(np.float32)


def one_pole(corner, frequencies=FREQUENCIES):
    """The response of `y += share (x - y)`."""
    share = 1 - np.exp(-2 * np.pi * corner / SAMPLE_RATE)
    return share / (1 - (1 - share) * np.exp(-2j * np.pi * frequencies / SAMPLE_RATE))


def vector_of(y, hz):
    """A sounding tone's rotating vector, relative to a steady one of this pitch: its level and phase over time."""
    steady = np.exp(-2j * np.pi * hz * np.arange(len(y)) / SAMPLE_RATE)
    return signal.hilbert(y.astype(np.float64)) * steady


def cents_of(y, hz):
    """A tone's pitch over time, in cents beside `hz`; the ends, where there is no telling, are left out."""
    drift = np.diff(np.unwrap(np.angle(vector_of(y, hz))))[12000:-12000] / (2 * np.pi) * SAMPLE_RATE
    return 1200 * np.log2(1 + drift / hz)


# --- Primitives ---------------------------------------------------------------------------------

def test_waves():
    phase = np.linspace(0, 1, 9)
    assert [triangle(p) for p in phase] == pytest.approx([-1, -0.5, 0, 0.5, 1, 0.5, 0, -0.5, -1])
    fine = np.linspace(0, 2, 4001)
    wave = np.array([arches(p) for p in fine])
    assert wave[[0, 500, 1000, 1500, 2000]] == pytest.approx([0, 1, 0, -1, 0])
    slope = np.gradient(wave, fine)
    assert np.abs(slope).max() == pytest.approx(8.0, rel=0.01)
    assert np.abs(np.abs(np.diff(slope, 1)[2:-2]) / np.diff(fine)[0]).max() == pytest.approx(32.0, rel=0.01)


def test_a_tap_is_as_old_as_it_says():
    line = np.zeros(64, np.float32)
    line[:] = np.sin(0.1 * np.arange(64))
    for delay in (1.0, 2.5, 7.25):
        assert tap(line, 40, delay) == pytest.approx(np.sin(0.1 * (40 - delay)), abs=1e-5)


# --- Flanger ------------------------------------------------------------------------------------

@pytest.mark.parametrize("delay_ms, feedback, mix", ((1.0, 0.0, 0.5), (1.0, 0.8, 0.5), (2.0, -1.0, 0.5),
                                                     (0.5, 0.6, -0.5), (3.0, -0.4, 1.0)))
def test_flanger_is_a_comb(delay_ms, feedback, mix):
    loop = flanger.LOOP_GAIN * feedback
    copy = one_pole(6000) * np.exp(-2j * np.pi * FREQUENCIES * delay_ms / 1000)
    around = copy * (1 - one_pole(flanger.THIN_HZ))
    wet = np.sin(np.pi / 2 * mix) * np.sqrt(1 - loop ** 2)
    expected = db(np.cos(np.pi / 2 * mix) + wet * copy / (1 - loop * around))
    heard = measured_db(chain_of("flanger", delay_ms=delay_ms, feedback=feedback, mix=mix, tone_hz=6000, depth=0),
                        FREQUENCIES)
    clear = expected > -30      # at the bottom of a notch a float32's last digits count
    np.testing.assert_allclose(heard[clear], expected[clear], atol=0.1)


def test_flanger_sweeps_by_equal_ratios():
    """Clicks at an odd distance, and how late their copies come."""
    x = np.zeros((4 * SAMPLE_RATE, 1), np.float32)
    at = np.arange(100, len(x) - 2400, 2417)
    x[at] = 1.0
    y = chain_of("flanger", rate_hz=0.5, depth=0.8, delay_ms=2.0, feedback=0, mix=1.0, tone_hz=16000).process(x)[:, 0]
    late = np.array([np.argmax(np.abs(y[start:start + 2400])) for start in at])
    expected = 96 * 2.0 ** (0.8 * flanger.OCTAVES * signal.sawtooth(2 * np.pi * 0.5 * (at + late) / SAMPLE_RATE, 0.5))
    assert np.abs(late - expected).max() < 1.1
    assert late.max() / late.min() > 8


def test_through_zero_the_copy_meets_the_sound_and_cancels_it():
    c = chain_of("flanger", options={"through_zero": True}, delay_ms=1.0, depth=0.0, feedback=0.0,
                 mix=-0.5, tone_hz=16000)
    assert c.latency == 48
    low = signal.sosfilt(signal.butter(4, 300, fs=SAMPLE_RATE, output="sos"), noise(SAMPLE_RATE), axis=0)
    assert rms(c.process(low)) < 0.03 * rms(low)
    turn(c, mix=0.0)
    c.reset()
    x = noise(4000)
    np.testing.assert_allclose(c.process(x)[48:, 0], x[:-48, 0], atol=1e-7)


def test_without_it_the_sound_is_not_late():
    c = chain_of("flanger", mix=0.0)
    x = noise(4000)
    assert c.latency == 0
    np.testing.assert_allclose(c.process(x)[:, 0], x[:, 0], atol=1e-7)


@pytest.mark.parametrize("id", ("flanger", "phaser"))
def test_width_parts_the_sides(id):
    narrow, wide = (chain_of(id, width=width, mix=1.0, rate_hz=1.0, depth=1.0).process(noise(SAMPLE_RATE))
                    for width in (0.0, 1.0))
    np.testing.assert_array_equal(narrow[:, 0], narrow[:, 1])
    assert np.corrcoef(wide.T)[0, 1] < 0.6


@pytest.mark.parametrize("id", ("flanger", "phaser"))
@pytest.mark.parametrize("feedback", (-1.0, 0.0, 0.5, 1.0))
def test_feedback_keeps_the_loudness(id, feedback):
    """Of a noise without the deep bass that guitars have not, and the treble that the tone knob takes."""
    band = signal.butter(2, (150, 3000), "bandpass", fs=SAMPLE_RATE, output="sos")
    x = signal.sosfilt(band, noise(4 * SAMPLE_RATE), axis=0)
    y = chain_of(id, feedback=feedback, mix=0.5, rate_hz=1.0).process(x)
    assert db(rms(y) / rms(x)) == pytest.approx(0.0, abs=2.0)


# --- Phaser -------------------------------------------------------------------------------------

@pytest.mark.parametrize("stages", (4, 6, 8, 10, 12))
@pytest.mark.parametrize("feedback, mix, centre_hz", ((0.0, 0.5, 650), (0.7, 0.5, 1200), (-1.0, 0.3, 400)))
def test_phaser_is_its_row_of_all_passes(stages, feedback, mix, centre_hz):
    s = 1j * np.tan(np.pi * FREQUENCIES / SAMPLE_RATE) / np.tan(np.pi * centre_hz / SAMPLE_RATE)
    row, loop = ((1 - s) / (1 + s)) ** stages, phaser.LOOP_GAIN * feedback
    wet = np.sin(np.pi / 2 * mix) * np.sqrt(1 - loop ** 2)
    expected = db(np.cos(np.pi / 2 * mix) + wet * row / (1 - loop * row))
    heard = measured_db(chain_of("phaser", stages=stages // 2 - 2, depth=0, centre_hz=centre_hz, feedback=feedback, mix=mix),
                        FREQUENCIES)
    clear = expected > -30
    np.testing.assert_allclose(heard[clear], expected[clear], atol=0.1)


def test_other_stages_come_in_after_a_moment_of_silence():
    c = chain_of("phaser", stages=0, depth=0, mix=1.0, feedback=0.5)
    x = noise(SAMPLE_RATE)
    c.process(x)
    turn(c, stages=12 // 2 - 2)
    changed = c.process(x)
    assert rms(changed[430:530]) < 0.15 * rms(x)
    rebuilt = chain_of("phaser", stages=12 // 2 - 2, depth=0, mix=1.0, feedback=0.5).process(x)
    np.testing.assert_allclose(changed[SAMPLE_RATE // 2:], rebuilt[SAMPLE_RATE // 2:], atol=1e-6)


def run_phaser(frames, **values):
    """Where the left side's corner is after each grid step, in Hz."""
    effect = effects.load("phaser")
    state, cursors, empty = np.zeros(effect.state), np.zeros(effect.cursors, np.int64), np.zeros(0, np.float32)
    raw = [values.get(p.id, p.default) for p in effect.parameters]
    knobs = np.repeat(np.array(raw, np.float32)[:, None], 2, axis=1)
    corners = []
    for _ in range(0, frames, phaser.GRID):
        effect.kernel(knobs, state, empty, cursors, empty, np.zeros((2, phaser.GRID), np.float32), phaser.GRID,
                      float(SAMPLE_RATE))
        corners.append(SAMPLE_RATE * (0.25 + np.arctan(state[phaser.SINE_GOAL]) / np.pi))
    return np.array(corners)


def test_phaser_sweeps_its_octaves_at_its_rate():
    corners = run_phaser(SAMPLE_RATE, rate_hz=2.0, depth=0.75, centre_hz=800.0)
    t = phaser.GRID * (1 + np.arange(len(corners))) / SAMPLE_RATE
    octaves = 0.75 * phaser.OCTAVES * np.sin(2 * np.pi * 2.0 * t)
    np.testing.assert_allclose(np.log2(corners / 800.0), octaves, atol=0.003)
    assert np.ptp(octaves) > 2.9


def test_no_sweep_adds_energy():
    """As fast and deep as it goes, feedback at its most: never more than the loop's own gain."""
    c = chain_of("phaser", stages=4, rate_hz=8.0, depth=1.0, feedback=1.0, mix=1.0, centre_hz=3000)
    x = noise(4 * SAMPLE_RATE)
    bound = np.sqrt(1 - phaser.LOOP_GAIN ** 2) / (1 - phaser.LOOP_GAIN)
    assert rms(c.process(x)) <= bound * rms(x)


# --- Vibrato ------------------------------------------------------------------------------------

@pytest.mark.parametrize("rate_hz, depth", ((6.2, 18.0), (3.0, 50.0), (10.0, 100.0)))
@pytest.mark.parametrize("wave", (0, 1))
def test_vibrato_bends_the_pitch_by_its_depth(rate_hz, depth, wave):
    cents = cents_of(chain_of("vibrato", rate_hz=rate_hz, depth_cents=depth, wave=wave).process(tone(1000.0, 3.0))[:, 0], 1000.0)
    assert np.percentile(cents, 99.9) == pytest.approx(depth, abs=2.0)
    down = 1200 * np.log2(2 - 2 ** (depth / 1200))          # the head is as fast one way as the other
    assert np.percentile(cents, 0.1) == pytest.approx(down, abs=2.0)
    spectrum = np.abs(np.fft.rfft(cents * np.hanning(len(cents)), 1 << 20))
    assert np.argmax(spectrum) * SAMPLE_RATE / (1 << 20) == pytest.approx(rate_hz, rel=0.02)


def test_a_straight_wave_spends_its_time_evenly():
    """A sine lingers at the ends of its way: a third of the time beyond 87 %; a straight one an eighth."""
    for wave, share in ((0, 1 / 3), (1, 0.134)):
        cents = cents_of(chain_of("vibrato", rate_hz=5.0, depth_cents=50.0, wave=wave).process(tone(1000.0, 3.0))[:, 0], 1000.0)
        assert np.mean(np.abs(cents) > 0.866 * 50.0) == pytest.approx(share, abs=0.04)


def test_drift_never_comes_back():
    for wave, alike in ((0, True), (2, False)):
        cents = cents_of(chain_of("vibrato", rate_hz=4.0, depth_cents=50.0, wave=wave).process(tone(1000.0, 4.0))[:, 0], 1000.0)
        again = [rms(cents[period * 12000:][:12000] - cents[:12000]) < 0.05 * rms(cents) for period in range(1, 12)]
        assert all(again) if alike else not any(again)
        assert np.abs(cents).max() < 53.0


def test_vibrato_is_hardly_late():
    x = np.zeros((SAMPLE_RATE // 2, 1), np.float32)
    x[0] = 1.0
    y = chain_of("vibrato", depth_cents=100.0).process(x)[:, 0]
    assert np.argmax(np.abs(y)) == 1
    x = noise(9600)
    np.testing.assert_allclose(chain_of("vibrato", depth_cents=0.0).process(x)[1:], x[:-1], atol=1e-7)


# --- Rotary speaker -----------------------------------------------------------------------------

def test_crossover_parts_and_joins_again():
    g = np.tan(np.pi * rotary.CROSSOVER_HZ / SAMPLE_RATE)
    state = np.zeros(rotary.PER_SIDE)
    parts = np.array([rotary.part(1.0 if i == 0 else 0.0, state, g / (1 + g)) for i in range(8192)])
    bass, treble, both = (signal.freqz(h, worN=FREQUENCIES, fs=SAMPLE_RATE)[1]
                          for h in (parts[:, 0], parts[:, 1], parts.sum(axis=1)))
    assert np.abs(db(both)).max() < 0.01
    s = 1j * np.tan(np.pi * FREQUENCIES / SAMPLE_RATE) / g
    np.testing.assert_allclose(db(bass), db(1 / (1 + s) ** 2), atol=0.05)
    np.testing.assert_allclose(db(treble), db(s ** 2 / (1 + s) ** 2), atol=0.05)


@pytest.mark.parametrize("side, apart", ((0, 0.0), (1, 0.35)))
def test_the_drum_is_heard_as_geometry_says(side, apart):
    """Level and phase of a low tone, over the drum's turns, from the distance to its mouth."""
    hz, distance, slow = 200.0, 0.5, 2.0
    y = chain_of("rotary", balance=0.0, distance_m=distance, slow_hz=slow, width=0.7).process(tone(hz, 3.0))[:, side]
    heard = vector_of(y, hz)[4800:-4800]
    t = (np.arange(len(y)) + 1)[4800:-4800] / SAMPLE_RATE
    cosine = np.cos(2 * np.pi * (rotary.DRUM_RATE * slow * t + apart))
    metres = np.sqrt(distance ** 2 + rotary.DRUM_M ** 2 - 2 * distance * rotary.DRUM_M * cosine)
    level = (1 - (1 - rotary.DRUM_BEHIND) * (1 - cosine) / 2) * distance / (rotary.DRUM_M + metres)
    expected = level * np.exp(-2j * np.pi * hz * metres / rotary.SOUND)
    ratio = heard / expected
    np.testing.assert_allclose(np.abs(ratio) / np.abs(ratio).mean(), 1.0, atol=0.01)
    assert np.ptp(np.unwrap(np.angle(ratio))) < 0.01


def test_the_horn_bends_the_pitch_as_fast_as_its_mouth_moves():
    """All of a high tone lies within the Doppler shift of the mouth's speed, and much of it near the ends."""
    hz, fast = 4000.0, 6.7
    y = chain_of("rotary", speed=2, balance=1.0, fast_hz=fast, distance_m=3.0).process(tone(hz, 4.0))[4800:, 0]
    shift = hz * 2 * np.pi * fast * rotary.HORN_M / rotary.SOUND
    power = np.abs(np.fft.rfft(y * np.blackman(len(y)))) ** 2
    away = np.abs(np.fft.rfftfreq(len(y), 1 / SAMPLE_RATE) - hz)
    assert power[away > shift + 5 * fast].sum() < 0.01 * power.sum()
    assert power[(away > 0.7 * shift) & (away < shift + 5 * fast)].sum() > 0.15 * power.sum()


def rotary_speeds(switch, seconds, state=None, ramp_s=1.0):
    """The horn's and the drum's turns per second after so long, and the state to go on from."""
    effect = effects.load("rotary")
    if state is None:
        state = np.zeros(effect.state), np.zeros(effect.memory(SAMPLE_RATE), np.float32), np.zeros(1, np.int64)
    raw = [p.default for p in effect.parameters]
    raw[rotary.SPEED], raw[rotary.RAMP] = switch, ramp_s
    knobs = np.repeat(np.array(raw, np.float32)[:, None], 2, axis=1)
    frames = int(seconds * SAMPLE_RATE)
    effect.kernel(knobs, *state, np.zeros(0, np.float32), np.zeros((2, frames), np.float32), frames, float(SAMPLE_RATE))
    return state[0][rotary.HORN_HZ], state[0][rotary.DRUM_HZ], state


def test_the_horn_hurries_and_the_drum_takes_its_time():
    horn, drum, state = rotary_speeds(rotary.CHORALE, 0.1)
    assert (horn, drum) == pytest.approx((0.8, 0.8 * rotary.DRUM_RATE))
    way = 1 - np.exp(-1)
    horn, _, state = rotary_speeds(rotary.TREMOLO, 1.0, state)
    assert horn == pytest.approx(0.8 + way * (6.7 - 0.8), rel=1e-3)
    _, drum, state = rotary_speeds(rotary.TREMOLO, rotary.DRUM_RAMP - 1.0, state)
    assert drum == pytest.approx(rotary.DRUM_RATE * (0.8 + way * (6.7 - 0.8)), rel=1e-3)
    *_, state = rotary_speeds(rotary.TREMOLO, 40.0, state)
    horn, _, state = rotary_speeds(rotary.STOP, rotary.BRAKE, state)
    assert horn == pytest.approx(6.7 * np.exp(-1), rel=1e-3)
    horn, drum, _ = rotary_speeds(rotary.STOP, 60.0, state)
    assert horn < 1e-6 and drum < 1e-4


def test_the_microphones_part_or_meet():
    x = noise(SAMPLE_RATE)
    narrow, wide = (chain_of("rotary", width=width, speed=2).process(x) for width in (0.0, 1.0))
    np.testing.assert_allclose(narrow[:, 0], narrow[:, 1], atol=1e-6)
    assert np.corrcoef(wide.T)[0, 1] < 0.6


def test_rotary_keeps_the_loudness():
    x = signal.sosfilt(signal.butter(2, (100, 3000), "bandpass", fs=SAMPLE_RATE, output="sos"),
                       noise(4 * SAMPLE_RATE), axis=0)
    for speed in (rotary.CHORALE, rotary.TREMOLO):
        assert db(rms(chain_of("rotary", speed=speed).process(x)) / rms(x)) == pytest.approx(0.0, abs=1.5)
