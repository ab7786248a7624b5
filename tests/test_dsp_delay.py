"""The delays against what their formulas promise, and the primitives they stand on."""

import numpy as np
import pytest
from scipy import signal

from dsp.effects import ping_pong, tape_delay
from dsp.effects.delay import HEAD_SPEED, LOOP_GAIN, THIN_HZ, WOW_HZ, WOW_S
from dsp.primitives.blend import across, beside
from dsp.primitives.delays import DIVISIONS, DUCK_DEPTH, between
from dsp.primitives.oscillators import sine, turn
from dsp.primitives.rings import CHUNK, PAD, fetch_bent
from tests.listening import SAMPLE_RATE, chain_of, impulse, response, rms, tone


def one_pole(hz, corner):
    """The response at `hz` of `y += share (x - y)`."""
    share = 1 - np.exp(-2 * np.pi * corner / SAMPLE_RATE)
    return share / (1 - (1 - share) * np.exp(-2j * np.pi * hz / SAMPLE_RATE))


def pitch(x):
    """Hz, from the distance of the first and last rising zero crossing."""
    at = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))
    exact = at + x[at] / (x[at] - x[at + 1])
    return (len(at) - 1) / (exact[-1] - exact[0]) * SAMPLE_RATE


# --- Primitives ---------------------------------------------------------------------------------

def test_interpolation_is_exact_on_whole_delays_and_never_amplifies():
    assert between(0.0) == (0.0, 1.0, 0.0, 0.0)
    w = np.linspace(0, np.pi, 200)
    for f in np.linspace(0, 1, 41):
        weights = between(f)
        assert sum(weights) == pytest.approx(1.0)
        gain = np.abs(sum(c * np.exp(-1j * w * k) for k, c in enumerate(weights)))
        assert gain.max() <= 1 + 1e-9
        # Third order: a cubic goes through unchanged.
        assert sum(c * (k - 1.0) ** 3 for k, c in enumerate(weights)) == pytest.approx(f ** 3)


@pytest.mark.parametrize("bend", [(600.3, 0.011, 1e-6), (600.9, 0.024, 0.0), (600.02, -0.02, -1e-5), (600.0, 0.0, 0.0),
                                  (600.3, -0.6, 0.01)], ids=["slow", "past a sample", "back", "at rest", "fast"])
@pytest.mark.parametrize("offset, frames", [(-16, 32), (-3, 7), (15, 1)])
def test_a_head_on_a_bent_way_reads_between_the_samples(bend, offset, frames):
    ring, now = np.random.default_rng(5).normal(size=1024), 5000
    bank = np.concatenate([ring, ring[:PAD]])[None].astype(np.float32)
    row = np.zeros(CHUNK, np.float32)
    fetch_bent(bank, 0, now, np.array(bend), offset, np.arange(CHUNK, dtype=np.float32), row, frames)
    for i in range(frames):
        t = offset + i
        back = bend[0] + bend[1] * t + bend[2] * t * t
        whole = int(np.floor(back))
        around = [ring[(now + i - whole + 1 - k) % len(ring)] for k in range(4)]
        assert row[i] == pytest.approx(np.dot(between(back - whole), around), abs=2e-5)


def test_parabolic_sine():
    phase = np.linspace(-1, 2, 3001)
    assert max(abs(sine(p) - np.sin(2 * np.pi * p)) for p in phase) < 1.1e-3


def test_turning_stays_on_the_circle():
    s, c = 0.0, 1.0
    for _ in range(10000):
        s, c = turn(s, c, np.sin(0.01), np.cos(0.01))
    assert s == pytest.approx(np.sin(100.0), abs=1e-9)
    assert s * s + c * c == pytest.approx(1.0, abs=1e-12)


def test_mix_laws():
    assert (beside(0.0), beside(0.5), beside(1.0)) == ((1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    for mix in (0.0, 0.2, 0.5, 1.0):
        assert sum(gain ** 2 for gain in across(mix)) == pytest.approx(1.0)


# --- Delay --------------------------------------------------------------------------------------

PLAIN = {"mix": 1.0, "mod": 0.0, "tone_hz": 20000.0, "feedback": 0.0}


@pytest.mark.parametrize("time_ms", (20.0, 100.0, 380.0, 2000.0))
@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_echo_comes_on_the_sample(time_ms, sample_rate):
    y = chain_of("delay", sample_rate, time_ms=time_ms, **PLAIN).process(impulse(4.5))[:, 0]
    first = np.flatnonzero(np.abs(y) > 1e-4)[0]
    assert first == round(time_ms * sample_rate / 1000) == np.argmax(np.abs(y))


@pytest.mark.parametrize("fraction", (0.25, 0.5, 0.9))
def test_echo_comes_between_the_samples(fraction):
    """Phase against that of the whole delay, where the interpolation is as good as exact."""
    whole, between_them = (chain_of("delay", time_ms=(4800 + f) / 48, **PLAIN).process(impulse(0.2))[:, 0]
                           for f in (0.0, fraction))
    hz = 500.0
    angle = np.angle(response(between_them, hz) / response(whole, hz))
    assert -angle / (2 * np.pi * hz) * SAMPLE_RATE == pytest.approx(fraction, abs=1e-3)


@pytest.mark.parametrize("tone_hz", (1000.0, 5000.0))
def test_each_repeat_loses_what_knob_and_filters_say(tone_hz):
    y = chain_of("delay", time_ms=100.0, mix=1.0, mod=0.0, tone_hz=tone_hz, feedback=0.8).process(impulse(0.5))[:, 0]
    echoes = y[4800:9600], y[9600:14400]
    for hz in (100.0, 400.0, 1000.0, 4000.0):
        loss = abs(response(echoes[1], hz) / response(echoes[0], hz))
        expected = LOOP_GAIN * 0.8 * abs(one_pole(hz, tone_hz) * (1 - one_pole(hz, THIN_HZ)))
        assert 20 * np.log10(loss / expected) == pytest.approx(0.0, abs=0.1)


def test_a_ping_pong_goes_from_side_to_side():
    y = chain_of("delay", time_ms=100.0, ping_pong=1.0, feedback=0.8, mix=1.0, mod=0.0).process(impulse(0.5))
    for number in range(1, 5):
        echo = y[4800 * number:4800 * number + 4000]
        loud, still = (echo[:, 0], echo[:, 1]) if number % 2 else (echo[:, 1], echo[:, 0])
        assert rms(loud) > 1e-3 and rms(still) < 1e-6 * rms(loud)


def test_without_ping_pong_the_sides_keep_apart():
    y = chain_of("delay", time_ms=100.0, feedback=0.8, mix=1.0).process(impulse(0.5, 0.0, 1.0))
    assert rms(y[:, 1]) > 1e-3 and not y[:, 0].any()


@pytest.mark.parametrize("ping_pong", (0.0, 0.5, 1.0))
def test_feedback_is_bounded(ping_pong):
    c = chain_of("delay", time_ms=20.0, feedback=1.0, ping_pong=ping_pong, tone_hz=20000.0, mix=1.0, mod=1.0)
    x = np.full((SAMPLE_RATE * 5, 2), 16.0, np.float32)
    x[:, :] *= np.sign(np.sin(2 * np.pi * 400 * np.arange(len(x)) / SAMPLE_RATE))[:, None]
    assert np.abs(c.process(x)).max() <= 2 * 16.0 / (1 - LOOP_GAIN)
    c.process(0 * x[:4 * SAMPLE_RATE])
    assert np.abs(c.process(0 * x[:1000])).max() < 1e-3


def test_the_head_travels_like_tape_and_arrives():
    """From 200 to 400 ms at half speed: an octave down for 0.4 s, then the echo stands where it belongs."""
    c = chain_of("delay", time_ms=200.0, **PLAIN)
    c.process(tone(400.0, 1.0))
    c.set_raw(0, "time_ms", c.blocks[0].effect.parameter("time_ms").to_raw(400.0))
    y = c.process(tone(400.0, 0.3))[:, 0]
    assert pitch(y[4800:14400]) == pytest.approx(400.0 * (1 - HEAD_SPEED), rel=1e-3)
    c.process(np.zeros((SAMPLE_RATE * 2, 1), np.float32))
    y = c.process(impulse(0.5))[:, 0]
    assert np.argmax(np.abs(y)) == 19200


def test_modulation_bends_the_pitch_by_so_many_cents():
    y = chain_of("delay", **{**PLAIN, "mod": 1.0}, time_ms=100.0).process(tone(1000.0, 4.0))[:, 0]
    pitches = [pitch(y[at:at + 2400]) for at in range(9600, len(y) - 2400, 1200)]
    bend = 2 * np.pi * WOW_HZ * WOW_S
    assert max(pitches) == pytest.approx(1000 * (1 + bend), abs=0.5)
    assert min(pitches) == pytest.approx(1000 * (1 - bend), abs=0.5)


def test_ducking_holds_the_echoes_back_and_lets_them_come():
    square = (0.1 * np.sign(tone(400.0, 1.0) + 1e-9)).astype(np.float32)
    levels = []
    for duck in (0.0, 1.0):
        c = chain_of("delay", **PLAIN, time_ms=200.0, duck=duck)
        playing = c.process(square)[-2400:]
        gap = c.process(np.zeros((9600, 1), np.float32))[-2400:]
        levels.append((rms(playing), rms(gap)))
    (open_playing, open_gap), (ducked_playing, ducked_gap) = levels
    assert open_playing / ducked_playing == pytest.approx(1 + DUCK_DEPTH * 0.1, rel=0.02)
    # 0.175 s into a release of 0.3 s, in the middle of what is measured.
    assert open_gap / ducked_gap == pytest.approx(1 + DUCK_DEPTH * 0.1 * np.exp(-0.175 / 0.3), rel=0.05)


@pytest.mark.parametrize("name, tempo_bpm, ms", (
    ("1/4", 120.0, 500.0), ("1/8 dot", 120.0, 375.0), ("1/8", 90.0, 333.333), ("1/4 trip", 100.0, 400.0),
    ("1/8 trip", 80.0, 250.0), ("1/16", 60.0, 250.0), ("1/16", 200.0, 75.0), ("1/2", 60.0, 2000.0)))
def test_a_division_counts_in_the_tempo(name, tempo_bpm, ms):
    """And the knob for the time is out of the game."""
    c = chain_of("delay", time_ms=20.0, tempo_bpm=tempo_bpm, division=list(DIVISIONS).index(name), **PLAIN)
    assert np.argmax(np.abs(c.process(impulse(2.1))[:, 0])) == round(ms * 48)


def test_a_free_delay_hears_no_tempo():
    y = chain_of("delay", time_ms=100.0, tempo_bpm=77.0, **PLAIN).process(impulse(0.2))
    assert np.argmax(np.abs(y[:, 0])) == 4800


def test_a_turned_tempo_travels_too():
    c = chain_of("delay", tempo_bpm=120.0, division=list(DIVISIONS).index("1/8"), **PLAIN)
    c.process(impulse(0.5))
    c.set_raw(0, "tempo_bpm", c.blocks[0].effect.parameter("tempo_bpm").to_raw(60.0))
    c.process(np.zeros((3 * SAMPLE_RATE, 1), np.float32))
    assert np.argmax(np.abs(c.process(impulse(0.6))[:, 0])) == 24000


# --- Ping-pong ----------------------------------------------------------------------------------

BOUNCE = {"left_division": 0.0, "right_division": 0.0, "left_ms": 375.0, "right_ms": 250.0, "mix": 1.0, "mod": 0.0,
          "width": 1.0, "tone_hz": 20000.0, "feedback": 0.8}


def test_bounces_in_two_times():
    y = chain_of("ping_pong", **BOUNCE).process(impulse(1.5))
    for number, at in enumerate((18000, 30000, 48000, 60000)):
        loud, still = (y[:, 0], y[:, 1]) if number % 2 == 0 else (y[:, 1], y[:, 0])
        nearby = slice(at - 4000, at + 4000)
        assert np.argmax(np.abs(loud[nearby])) == 4000
        assert rms(still[nearby]) < 1e-6 * rms(loud[nearby])


def test_without_cross_each_side_repeats_itself():
    y = chain_of("ping_pong", **BOUNCE, cross=0.0).process(impulse(1.2, 1.0, 0.5))
    for side, step in ((0, 18000), (1, 12000)):
        for number in (1, 2, 3):
            nearby = slice(number * step - 3000, number * step + 3000)
            assert np.argmax(np.abs(y[nearby, side])) == 3000


@pytest.mark.parametrize("cross", (0.0, 0.6))
def test_no_width_is_mono(cross):
    y = chain_of("ping_pong", **{**BOUNCE, "width": 0.0}, cross=cross).process(impulse(1.5, 1.0, -0.3))
    np.testing.assert_allclose(y[:, 0], y[:, 1], atol=1e-7)
    assert rms(y) > 1e-4


def test_each_side_counts_its_own_division():
    divisions = {"left_division": list(DIVISIONS).index("1/8 dot"), "right_division": list(DIVISIONS).index("1/4")}
    y = chain_of("ping_pong", **{**BOUNCE, **divisions}, tempo_bpm=96.0).process(impulse(1.5))
    assert np.argmax(np.abs(y[:, 0])) == round(60 / 96 * 0.75 * SAMPLE_RATE)
    assert np.argmax(np.abs(y[:, 1])) == round(60 / 96 * 1.75 * SAMPLE_RATE)


def test_smear_keeps_the_middle_of_the_cloud_on_the_beat():
    y = chain_of("ping_pong", **{**BOUNCE, "feedback": 0.0}, smear=1.0).process(impulse(1.0))[:, 0].astype(np.float64)
    energy = y ** 2 / np.sum(y ** 2)
    middle = np.sum(energy * np.arange(len(y)))
    assert middle == pytest.approx(18000, abs=48)
    assert np.sqrt(np.sum(energy * (np.arange(len(y)) - middle) ** 2)) > 240


def test_a_new_time_comes_without_a_bend():
    """The heads cross-fade, so a tone keeps its pitch; and soon the echo is where it belongs."""
    c = chain_of("ping_pong", **{**BOUNCE, "feedback": 0.0})
    c.process(tone(1000.0, 1.0))
    c.set_raw(0, "left_ms", c.blocks[0].effect.parameter("left_ms").to_raw(150.0))
    y = c.process(tone(1000.0, 0.5))[:, 0]
    power = np.abs(np.fft.rfft(y * np.blackman(len(y)))) ** 2
    far = np.abs(np.fft.rfftfreq(len(y), 1 / SAMPLE_RATE) - 1000.0) > 60.0
    assert power[far].sum() < 1e-3 * power.sum()
    c.process(np.zeros((SAMPLE_RATE, 1), np.float32))
    assert np.argmax(np.abs(c.process(impulse(0.5))[:, 0])) == 7200


@pytest.mark.parametrize("cross", (0.0, 0.5, 1.0))
def test_a_bounce_is_bounded(cross):
    c = chain_of("ping_pong", **{**BOUNCE, "left_ms": 60.0, "right_ms": 60.0, "feedback": 1.0}, cross=cross, smear=1.0)
    c.process(np.full((SAMPLE_RATE * 3, 2), 16.0, np.float32) * np.sign(tone(400.0, 3.0) + 1e-9))
    c.process(np.zeros((SAMPLE_RATE * 14, 2), np.float32))
    assert np.abs(c.process(np.zeros((4800, 2), np.float32))).max() < 1e-3
    assert ping_pong.LOOP_GAIN < 1


# --- Tape ---------------------------------------------------------------------------------------

STILL = {"wow": 0.0, "flutter": 0.0, "drive_db": 0.0, "mix": 1.0, "tone_hz": 12000.0, "feedback": 0.0}
QUIET = 1e-3                # of full scale: there the amplifier is straight


HEADS = tape_delay.PARAMETERS[tape_delay.HEADS].choices


@pytest.mark.parametrize("heads", HEADS)
def test_heads_stand_at_thirds(heads):
    """Each echo is the same, so all must be that of the first head, put where the heads stand."""
    one, all_of_them = (chain_of("tape_delay", time_ms=300.0, heads=HEADS.index(name), **STILL)
                        .process(impulse(0.6, QUIET))[:, 0] for name in ("1", heads))
    thirds = [int(third) for third in heads.split("+")]
    assert np.argmax(np.abs(one)) in range(4800, 4804)
    expected = sum(np.roll(one, 4800 * (third - 1)) for third in thirds)
    np.testing.assert_allclose(all_of_them, expected, atol=1e-6 * QUIET + 1e-9)


@pytest.mark.parametrize("tone_hz", (2000.0, 8000.0))
def test_each_repeat_goes_through_amplifier_and_head(tone_hz):
    values = {**STILL, "feedback": 0.8, "tone_hz": tone_hz, "time_ms": 300.0}
    y = chain_of("tape_delay", **values).process(impulse(1.2, QUIET))
    echoes = y[14000:28000, 0], y[28400:42400, 0]
    for hz in (50.0, 95.0, 400.0, 1000.0, 4000.0):
        z = 1j * np.tan(np.pi * hz / SAMPLE_RATE)
        corner = lambda at: z / np.tan(np.pi * at / SAMPLE_RATE)
        bottom, bump, gap = corner(tape_delay.BOTTOM_HZ), corner(tape_delay.BUMP_HZ), corner(tape_delay.GAP_HZ)
        a, q = 10 ** (tape_delay.BUMP_DB / 40), tape_delay.BUMP_Q
        head = (bottom ** 2 / (bottom ** 2 + np.sqrt(2) * bottom + 1)
                * (bump ** 2 + bump * a / q + 1) / (bump ** 2 + bump / (a * q) + 1)
                / (gap ** 2 + gap / tape_delay.GAP_Q + 1))
        amplifier = np.cos(np.pi * hz / SAMPLE_RATE)
        expected = tape_delay.LOOP_GAIN * 0.8 * abs(head * one_pole(hz, tone_hz)) * amplifier
        loss = abs(response(echoes[1], hz) / response(echoes[0], hz))
        assert 20 * np.log10(loss / expected) == pytest.approx(0.0, abs=0.1)


def test_no_frequency_grows_from_repeat_to_repeat():
    hz = np.geomspace(20, 20000, 200)
    y = chain_of("tape_delay", **{**STILL, "feedback": 1.0}, time_ms=300.0).process(impulse(1.2, QUIET))[:, 0]
    first, second = y[14000:28000], y[28400:42400]
    assert max(abs(response(second, f) / response(first, f)) for f in hz) < 0.97


@pytest.mark.parametrize("drive_db", (0.0, 12.0, 24.0))
def test_the_tape_saturates(drive_db):
    """A straight line where it is quiet, x / sqrt(1 + x^2) where it is not."""
    gain = 10 ** (drive_db / 20)
    for level in (0.001, 0.5):
        values = {**STILL, "drive_db": drive_db, "time_ms": 100.0}
        y = chain_of("tape_delay", **values).process(tone(400.0, 0.6, level))[-12000:, 0]
        harmonics = [2 * abs(response(y, 400.0 * n)) / len(y) for n in (1, 3)]
        x = level * np.sin(2 * np.pi * np.arange(1200) / 1200)
        shaped = x / np.sqrt(1 + (gain * x) ** 2)
        expected = 2 * np.abs(np.fft.rfft(shaped)) / 1200
        assert harmonics[0] == pytest.approx(expected[1], rel=0.02)
        assert harmonics[1] == pytest.approx(expected[3], rel=0.15, abs=1e-4 * level)


@pytest.mark.parametrize("knob, partials", (("wow", tape_delay.WOW_OF_TAPE),
                                            ("flutter", tape_delay.FLUTTER_OF_TAPE)))
def test_the_tape_wanders(knob, partials):
    """The speed of an echo is that of the tape now against that at the recording."""
    seconds, delay = 4.0, 0.3
    y = chain_of("tape_delay", **{**STILL, knob: 1.0}, time_ms=1000 * delay).process(tone(3000.0, seconds, 0.01))[:, 0]
    phase = np.unwrap(np.angle(signal.hilbert(y.astype(np.float64))))
    step = 960
    at = np.arange(SAMPLE_RATE, len(y) - SAMPLE_RATE, step)
    speed = (phase[at + step] - phase[at]) / (2 * np.pi * 3000.0 * step / SAMPLE_RATE)
    lead = lambda t: sum(d / (2 * np.pi * hz) * np.sin(2 * np.pi * hz * t) for hz, d in partials)
    t, dt = at / SAMPLE_RATE, step / SAMPLE_RATE
    late = lambda t: lead(t) - lead(t - delay)
    expected = 1 - (late(t + dt) - late(t)) / dt
    np.testing.assert_allclose(speed, expected, atol=2e-4)
    assert np.ptp(expected) > 2e-3
