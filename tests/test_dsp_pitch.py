"""Tuner, pitch shifter and octaver: how true they read and play, on tones, strings, chords and real takes."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from dsp import effects
from dsp.effects import tuner

SAMPLE_RATE = 48000
TAKES = Path(__file__).parents[2] / "shared/media/di"
LOW_E, HIGH_E = 41.2034, 1318.510
MOST_READINGS = 24       # that are held against a transform of the take


def played(id, x, sample_rate=SAMPLE_RATE, block=64, **values):
    """(what came out, state after each block) of an effect's kernel; x [frames] or [frames, channels]."""
    effect = effects.load(id)
    needs = effect.prepare(float(sample_rate), {})
    state, memory = np.zeros(needs.state), np.zeros(needs.memory, np.float32)
    cursors = np.zeros(needs.cursors, np.int64)
    knobs = np.array([[values.get(p.id, p.default)] * 2 for p in effect.parameters], np.float32)
    io = np.array(np.atleast_2d(np.asarray(x).T), np.float32, order="C")
    if effect.widens and len(io) == 1:
        io = np.repeat(io, 2, axis=0)
    states = []
    for begin in range(0, io.shape[1], block):
        piece = np.ascontiguousarray(io[:, begin:begin + block])
        needs.kernel(knobs, state, memory, cursors, needs.tables, piece, piece.shape[1], float(sample_rate))
        io[:, begin:begin + block] = piece
        states.append(state[:4].copy())
    return io.T, np.array(states)


def string(hz, seconds=1.0, stiffness=1e-4, sample_rate=SAMPLE_RATE, seed=0):
    """A plucked string: its partials n lie at n sqrt(1 + stiffness n^2), its first one at `hz`; a little noise."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    random = np.random.default_rng(seed)
    x = 1e-4 * random.normal(size=len(t))
    for n in range(1, 30):
        partial = n * hz * np.sqrt((1 + stiffness * n * n) / (1 + stiffness))
        if partial < 0.45 * sample_rate:
            x += 0.2 / n * np.sin(2 * np.pi * partial * t + random.uniform(0, 6)) * np.exp(-t * (0.6 + 0.4 * n))
    return x.astype(np.float32)


def cents(hz, true_hz):
    return 1200 * np.log2(hz / true_hz)


# --- Tuner --------------------------------------------------------------------------------------

@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_tuner_reads_every_string_within_a_twentieth_of_a_cent(sample_rate):
    for hz in np.geomspace(LOW_E, HIGH_E, 13) * 1.0037:
        for stiffness in (0.0, 4e-4):
            _, states = played("tuner", string(hz, 0.8, stiffness, sample_rate), sample_rate)
            read = states[len(states) // 2:, tuner.HZ]
            assert np.abs(cents(read, hz)).max() < 0.05, f"{hz:.1f} Hz, stiffness {stiffness}"


def test_tuner_follows_a_peg_that_is_turned():
    t = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    hz = 110.0 * 2 ** (0.5 * (t / 3 - 0.5) / 12)
    _, states = played("tuner", sum(0.1 / n * np.sin(2 * np.pi * n * np.cumsum(hz) / SAMPLE_RATE) for n in (1, 2, 3)))
    at = np.flatnonzero(np.diff(states[:, tuner.READINGS])) + 1
    at = at[states[at, tuner.HZ] > 0][8:]
    # A reading is of the middle of its quarter of a second, and comes another 40 ms later.
    middle = hz[np.maximum(at * 64 - int(0.17 * SAMPLE_RATE), 0)]
    assert np.abs(cents(states[at, tuner.HZ], middle)).max() < 1.0


def fundamental(x, about):
    """Where the spectrum of x peaks near `about` Hz, by a dense transform: the truth for a real take."""
    hz = about * 2 ** (np.linspace(-30, 30, 61) / 1200)
    size = np.abs(np.exp(-2j * np.pi * np.outer(hz, np.arange(len(x)) / SAMPLE_RATE)) @ (x * np.hanning(len(x))))
    top = int(np.argmax(size))
    if top in (0, len(hz) - 1):
        return None
    a, b, c = size[top - 1:top + 2]
    return hz[top] * 2 ** (0.5 * (a - c) / (a - 2 * b + c) / 1200)


@pytest.mark.parametrize("take", ("downtown-bass", "jazz-trot-guitar", "mayer-guitar", "pop-punk-guitar"))
def test_tuner_reads_real_takes(take):
    """Wherever a take holds one note for a third of a second."""
    path = TAKES / f"{take}.wav"
    if not path.exists():
        pytest.skip("the takes are not here")
    x, _ = soundfile.read(path, dtype="float32")
    y, states = played("tuner", x)
    np.testing.assert_array_equal(y[:, 0], x)
    at = np.flatnonzero(np.diff(states[:, tuner.READINGS])) + 1
    held = [place for place in range(7, len(at)) if one_note(states[at[place - 7:place + 1], tuner.HZ])]
    if not held:
        pytest.skip("plays no single note for so long")
    errors = []
    for place in held[::len(held) // MOST_READINGS + 1]:
        end, hz = at[place] * 64 - int(0.04 * SAMPLE_RATE), states[at[place], tuner.HZ]
        true = fundamental(x[end - int(0.256 * SAMPLE_RATE):end], hz)
        if true:
            errors.append(abs(cents(hz, true)))
    assert len(errors) > 5 and np.median(errors) < 0.1 and np.percentile(errors, 80) < 0.5, np.round(errors, 2)


def one_note(hz):
    return (hz > 0).all() and np.abs(cents(hz, hz[-1])).max() < 5


def test_tuner_says_nothing_about_silence_and_noise():
    for x in (np.zeros(SAMPLE_RATE), 0.1 * np.random.default_rng(5).normal(size=SAMPLE_RATE), 1e-6 * string(110.0)):
        _, states = played("tuner", x)
        assert states[-1, tuner.READINGS] > 15
        assert (states[:, tuner.HZ] == 0.0).all()


def test_tuner_hears_both_channels_and_changes_neither():
    x = np.column_stack([string(110.0, 0.6), np.zeros(int(0.6 * SAMPLE_RATE))])
    for order in (x, x[:, ::-1]):
        y, states = played("tuner", order)
        np.testing.assert_array_equal(y, order.astype(np.float32))
        assert abs(cents(states[-1, tuner.HZ], 110.0)) < 0.05


def test_tuner_mutes():
    x = string(110.0, 0.6)
    y, states = played("tuner", x, mute=1.0)
    assert not y[int(0.02 * SAMPLE_RATE):].any()
    assert abs(cents(states[-1, tuner.HZ], 110.0)) < 0.05


def test_tuner_has_the_same_to_do_in_every_tick():
    """Every tick belongs to one part of a reading, and a part's ticks are alike."""
    assert tuner.PICKED * tuner.PRODUCTS == tuner.WINDOW
    assert (tuner.DONE - tuner.PICKED) * tuner.STEP == tuner.SPAN
    assert tuner.DONE < tuner.READING
    _, states = played("tuner", string(110.0, 1.0), block=8)
    gaps = np.diff(np.flatnonzero(np.diff(states[:, tuner.READINGS])))
    assert (gaps == tuner.READING).all()


def test_reading_and_note():
    _, states = played("tuner", string(196.0, 0.6))
    reading = tuner.read(states[-1])
    assert reading.hz == pytest.approx(196.0, rel=1e-4) and reading.clarity > 0.9 and reading.number > 5
    assert reading.level == pytest.approx(np.mean(np.square(string(196.0, 0.6)[-6000:])), rel=0.5)


@pytest.mark.parametrize("hz, name, octave, off", (
    (440.0, "A", 4, 0.0), (82.4069, "E", 2, 0.0), (41.2034, "E", 1, 0.0), (30.8677, "B", 0, 0.0),
    (261.6256, "C", 4, 0.0), (246.9417, "B", 3, 0.0), (1318.510, "E", 6, 0.0),
    (440.0 * 2 ** (10 / 1200), "A", 4, 10.0), (440.0 * 2 ** (-49 / 1200), "A", 4, -49.0),
    (440.0 * 2 ** (51 / 1200), "A#", 4, -49.0)))
def test_notes_have_names(hz, name, octave, off):
    note = tuner.name_note(hz)
    assert (note.name, note.octave) == (name, octave)
    assert note.cents == pytest.approx(off, abs=0.01)


def test_notes_are_named_about_another_a():
    assert tuner.name_note(442.0, a4_hz=442.0) == tuner.Note("A", 4, 0.0)
    assert tuner.name_note(440.0, a4_hz=442.0).cents == pytest.approx(-7.85, abs=0.01)


# --- Pitch shifter ------------------------------------------------------------------------------

def tones(partials, seconds=2.0, sample_rate=SAMPLE_RATE):
    """A sum of (hz, level)."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    return sum(level * np.sin(2 * np.pi * hz * t + hz) for hz, level in partials).astype(np.float32)


def shifted(x, steps, cents=0.0, sample_rate=SAMPLE_RATE, **values):
    """The first voice alone."""
    given = {"steps_1": steps + 24, "cents_1": cents, "level_1": 1.0, "dry": 0.0} | values
    return played("pitch_shifter", x, sample_rate, **given)[0]


def share_db(x, hz, width=4.0):
    """How much of x's power lies near some frequencies."""
    spectrum = np.abs(np.fft.rfft(x * np.blackman(len(x)))) ** 2
    at = np.fft.rfftfreq(len(x), 1 / SAMPLE_RATE)
    near = np.any([np.abs(at - f) < width for f in hz], axis=0)
    return 10 * np.log10(spectrum[near].sum() / spectrum.sum() + 1e-30)


@pytest.mark.parametrize("steps", (-24, -12, -5, -1, 3, 7, 12, 24))
@pytest.mark.parametrize("hz", (82.41, 220.0, 440.0, 1318.5))
def test_pitch_shifter_is_in_tune(steps, hz):
    """And in step: a splice that missed would put power beside the partials."""
    y = shifted(tones([(hz * n, 0.2 / n) for n in (1, 2, 3) if hz * n < 2000]), steps)[24000:, 0]
    target = hz * 2 ** (steps / 12)
    assert abs(cents(fundamental(y, target), target)) < 0.2
    assert share_db(y, [target * n for n in (1, 2, 3)]) > -0.01
    assert np.std(y) == pytest.approx(np.std(tones([(hz * n, 0.2 / n) for n in (1, 2, 3) if hz * n < 2000])), rel=0.02)


@pytest.mark.parametrize("sample_rate", (44100, 96000))
def test_pitch_shifter_is_in_tune_at_other_rates(sample_rate):
    y = shifted(tones([(220.0, 0.2), (440.0, 0.1)], sample_rate=sample_rate), 7, sample_rate=sample_rate)
    target = 220.0 * 2 ** (7 / 12) * SAMPLE_RATE / sample_rate
    assert abs(cents(fundamental(y[len(y) // 4:, 0], target), target)) < 0.2


def test_pitch_shifter_detunes_by_cents():
    for off in (-14.0, 9.0):
        y = shifted(tones([(330.0, 0.2)], 3.0), 0, off)[24000:, 0]
        assert abs(cents(fundamental(y, 330.0), 330.0) - off) < 0.2


def test_pitch_shifter_keeps_a_chord():
    """Nothing repeats exactly there; what the splices spill beside the notes stays far below them."""
    chord = [110.0, 164.81, 220.0, 277.18]
    for steps in (-12, 12):
        y = shifted(tones([(hz * n, 0.1 / n) for hz in chord for n in (1, 2)], 3.0), steps)[48000:, 0]
        wanted = [hz * n * 2 ** (steps / 12) for hz in chord for n in (1, 2)]
        assert share_db(y, wanted, 12.0) > -0.5


@pytest.mark.parametrize("steps, least, most", ((-12, 0.0, 0.026), (7, 0.0, 0.030), (12, 0.003, 0.034)))
def test_pitch_shifter_is_as_late_as_it_says(steps, least, most):
    """Attacks of a rattle come out between `least` and `most` seconds later."""
    x = np.random.default_rng(8).normal(0, 1e-5, 2 * SAMPLE_RATE)
    starts = np.arange(4800, len(x) - 9600, 9743)
    for start in starts:
        x[start:start + 2400] += np.random.default_rng(start).normal(0, 0.2, 2400)
    y = np.abs(shifted(x, steps)[:, 0])
    late = [np.flatnonzero(y[start:start + 4800] > 0.02)[0] / SAMPLE_RATE for start in starts]
    assert min(late) >= least and max(late) <= most, np.round(late, 4)


def test_pitch_shifter_leaves_the_dry_sound_as_it_is():
    x = string(110.0)
    y = played("pitch_shifter", x, level_1=0.0, level_2=0.0)[0]
    np.testing.assert_array_equal(y, np.column_stack([x, x]))
    assert effects.load("pitch_shifter").prepare(48000.0, {}).latency == 0


def test_pitch_shifter_spreads_two_voices():
    y = shifted(tones([(220.0, 0.2)]), 7, steps_2=24 - 12, level_2=1.0, width=1.0)[24000:]
    assert share_db(y[:, 0], [220.0 * 2 ** (7 / 12)]) > -0.1
    assert share_db(y[:, 1], [110.0]) > -0.1


THIRDS_ABOVE_IN_C = {"C": 4, "D": 3, "E": 3, "F": 4, "G": 4, "A": 3, "B": 3}


@pytest.mark.parametrize("note", THIRDS_ABOVE_IN_C)
def test_harmonies_stay_in_the_key(note):
    hz = 440.0 * 2 ** ((tuner.NAMES.index(note) - 9) / 12) * 2 ** (12 / 1200)      # a bend stays a bend
    y = shifted(string(hz, 1.5, 0.0), 2, scale=1)[36000:, 0]
    target = hz * 2 ** (THIRDS_ABOVE_IN_C[note] / 12)
    assert abs(cents(fundamental(y, target), target)) < 2.0


@pytest.mark.parametrize("steps, scale, key, note, semitones", (
    (7, 1, 0, 60, 12), (-7, 1, 0, 60, -12), (2, 1, 2, 62, 4), (2, 1, 2, 61, 3), (-1, 2, 9, 69, -2), (2, 1, 0, 61, 4),
    (5, 6, 0, 60, 12), (24, 6, 0, 60, 24), (-3, 0, 5, 64, -3), (4, 3, 9, 69, 7), (6, 3, 9, 69, 11), (0, 1, 3, 61, 0)))
def test_steps_of_scales(steps, scale, key, note, semitones):
    from dsp.effects.pitch_shifter import interval_of
    assert interval_of(steps, scale, key, float(note)) == semitones


# --- Octaver ------------------------------------------------------------------------------------

VOICES = {"sub": 0.25, "down": 0.5, "up": 2.0}
CHORDS = {
    "fifth": [82.41 * n for n in (1, 2, 3, 4, 5)] + [123.5 * n for n in (1, 2, 3, 4, 5)],
    "E major": [82.41, 123.47, 164.81, 207.65, 246.94, 329.63],
    "one string": [110.0 * n for n in range(1, 9)],
}


def octaves(x, voice, sample_rate=SAMPLE_RATE):
    """One voice alone."""
    levels = {"sub": 0.0, "down": 0.0, "dry": 0.0, "up": 0.0} | {voice: 1.0}
    return played("octaver", x, sample_rate, **levels)[0][:, 0]


@pytest.mark.parametrize("voice", VOICES)
def test_octaver_is_an_octave_away_and_as_loud_for_every_note(voice):
    for hz in np.geomspace(55.0, 1976.0, 16):
        x = tones([(hz, 0.2)])
        y = octaves(x, voice)[24000:]
        target = hz * VOICES[voice]
        assert abs(cents(fundamental(y, target), target)) < 0.2
        assert 20 * np.log10(np.std(y) / np.std(x)) == pytest.approx(0.0, abs=3.0), f"{hz:.0f} Hz"
        assert share_db(y, [target]) > -0.05, f"{hz:.0f} Hz"


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("chord", CHORDS)
def test_octaver_plays_chords(voice, chord):
    """Every note an octave away; what lies beside them all is a twentieth of the power, up a tenth."""
    y = octaves(tones([(hz, 0.1) for hz in CHORDS[chord]]), voice)[24000:]
    beside = 1 - 10 ** (share_db(y, [hz * VOICES[voice] for hz in CHORDS[chord]]) / 10)
    assert beside < (0.1 if voice == "up" else 0.05)


@pytest.mark.parametrize("sample_rate", (44100, 96000))
def test_octaver_is_in_tune_at_other_rates(sample_rate):
    for voice, ratio in VOICES.items():
        y = octaves(tones([(330.0, 0.2)], sample_rate=sample_rate), voice, sample_rate)
        target = 330.0 * ratio * SAMPLE_RATE / sample_rate
        assert abs(cents(fundamental(y[len(y) // 4:], target), target)) < 0.2


def test_octaver_makes_no_tone_of_what_is_above_its_bands():
    """A tone of 9.5 kHz would fold to 2.5 kHz where the rate is lowered."""
    x = tones([(9500.0, 0.2)], 0.5)
    for voice in VOICES:
        assert np.std(octaves(x, voice)[4800:]) < 0.003 * np.std(x)


@pytest.mark.parametrize("hz, most", ((82.41, 0.045), (329.6, 0.02), (1318.5, 0.01)))
def test_octaver_answers_as_fast_as_it_says(hz, most):
    """To half its level."""
    x = np.concatenate([np.zeros(9600), tones([(hz, 0.2)], 0.5)])
    y = np.abs(octaves(x, "down"))
    period = int(2 * SAMPLE_RATE / hz)
    half = 9600 + np.flatnonzero(y[9600:] > 0.5 * y[-2 * period:].max())[0]
    assert (half - 9600) / SAMPLE_RATE < most


def test_octaver_leaves_the_dry_sound_as_it_is():
    x = string(110.0)
    np.testing.assert_array_equal(played("octaver", x, down=0.0)[0][:, 0], x)
