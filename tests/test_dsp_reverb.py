"""The reverbs, measured as rooms are: decay, density, colour, width."""

from functools import cache
from math import erfc, sqrt
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numba import njit
from scipy import signal

from dsp import effects
from dsp.chain import Block, Chain
from dsp.effects import hall, plate, shimmer, spring
from dsp.effects import room as rooms
from dsp.primitives.rings import CHUNK, mix_hadamard

SAMPLE_RATE = 48000
REVERB = effects.load("reverb")
WET = {"mix": 1.0, "predelay_ms": 0.0, "low_cut_hz": 20.0}


def wet(effect):
    """The values that let nothing but the reverb be heard."""
    return {name: value for name, value in WET.items() if name in [p.id for p in effect.parameters]}


def chain(sample_rate=SAMPLE_RATE, effect=REVERB, **values):
    raws = {name: effect.parameter(name).to_raw(value) for name, value in values.items()}
    return Chain([Block(effect, raws)], sample_rate)


@cache
def room(seconds, sample_rate=SAMPLE_RATE, left_only=False, effect=REVERB, **values):
    """The impulse response, [frames, 2]."""
    x = np.zeros((int(seconds * sample_rate), 2), np.float32)
    x[0] = (1.0, 0.0) if left_only else (1.0, 1.0)
    return chain(sample_rate, effect, **{**wet(effect), **values}).process(x).astype(np.float64)


def decay_time(h, hz, sample_rate, octaves=1.0, down_db=30.0):
    """RT60 around a frequency: Schroeder's backward integration, from -5 dB on by `down_db`."""
    edges = [hz * 2 ** (-octaves / 2), hz * 2 ** (octaves / 2)]
    band = signal.sosfilt(signal.butter(3, edges, "band", fs=sample_rate, output="sos"), h, axis=0)
    energy = np.cumsum(np.sum(band ** 2, axis=1)[::-1])[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-30)
    return 60 / down_db * (np.argmax(level < -5 - down_db) - np.argmax(level < -5)) / sample_rate


def echo_density(h, seconds, window_s=0.02):
    """Abel and Huang's measure: 0 for single echoes, 1 for Gaussian noise."""
    at, half = int(seconds * SAMPLE_RATE), int(window_s * SAMPLE_RATE / 2)
    piece = h[at - half:at + half]
    return np.mean(np.abs(piece) > piece.std()) / erfc(1 / sqrt(2))


@pytest.mark.parametrize("decay_s", (0.5, 2.2, 6.0))
@pytest.mark.parametrize("size", (0.0, 0.6, 1.0))
def test_dies_by_60_db_in_the_time_it_says(decay_s, size):
    h = room(min(0.9 * decay_s, 4.0) + 0.3, decay_s=decay_s, size=size, tone_hz=8000.0)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, SAMPLE_RATE) == pytest.approx(decay_s, rel=0.1)


def test_the_longest_decay():
    h = room(8.0, decay_s=20.0, size=0.0, tone_hz=16000.0)
    assert decay_time(h, 500.0, SAMPLE_RATE, down_db=10.0) == pytest.approx(20.0, rel=0.1)


@pytest.mark.parametrize("sample_rate", (44100, 96000))
def test_decay_is_the_same_at_every_rate(sample_rate):
    h = room(2.0, sample_rate, decay_s=2.0, tone_hz=8000.0)
    assert decay_time(h, 1000.0, sample_rate) == pytest.approx(2.0, rel=0.1)


def test_treble_dies_twice_as_fast_at_the_tone():
    h = room(3.0, decay_s=3.0, tone_hz=3000.0, mod=0.0)
    assert decay_time(h, 3000.0, SAMPLE_RATE, octaves=0.2) == pytest.approx(1.5, rel=0.1)


@pytest.mark.parametrize("size, seconds", ((0.0, 0.06), (0.6, 0.09), (1.0, 0.16)))
def test_grows_dense(size, seconds):
    h = room(1.0, size=size, tone_hz=16000.0)
    for side in range(2):
        assert echo_density(h[:, side], seconds) > 0.9
        assert echo_density(h[:, side], 0.5) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("size", (0.0, 0.6, 1.0))
def test_no_mode_rings_out(size):
    """In a diffuse tail the power of a band's frequencies spreads as its mean; ringing modes spread it more."""
    h = room(3.0, decay_s=4.0, size=size, tone_hz=8000.0, mod=0.5)[SAMPLE_RATE:, 0]
    flat = h * 10 ** (3 * np.arange(len(h)) / SAMPLE_RATE / 4.0)
    power = np.abs(np.fft.rfft(flat * np.hanning(len(flat)))) ** 2
    hz = np.fft.rfftfreq(len(flat), 1 / SAMPLE_RATE)
    ratio = power / np.convolve(power, np.ones(401) / 401, "same")
    assert ratio[(hz > 800) & (hz < 3000)].std() < 1.7
    assert ratio[(hz > 3000) & (hz < 6000)].std() < 1.4


def test_low_cut_follows_its_formula():
    """Two one-poles in a row, measured against the same room without."""
    cut, full = (np.fft.rfft(room(2.0, low_cut_hz=low_cut, mod=0.0).sum(axis=1)) for low_cut in (500.0, 20.0))
    gain = 20 * np.log10(np.abs(cut / full))
    hz = np.fft.rfftfreq(2 * SAMPLE_RATE, 1 / SAMPLE_RATE)
    for at in (125.0, 250.0, 500.0, 4000.0):
        kept = 1 - np.exp(-2 * np.pi * 500.0 / SAMPLE_RATE)
        expected = 40 * np.log10(np.abs(1 - kept / (1 - (1 - kept) * np.exp(-2j * np.pi * at / SAMPLE_RATE))))
        assert np.median(gain[np.abs(hz - at) < 0.02 * at]) == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("predelay_ms", (10.0, 200.0))
def test_predelay_moves_the_whole_room(predelay_ms):
    frames = int(predelay_ms * SAMPLE_RATE / 1000)
    late, early = room(0.5, predelay_ms=predelay_ms, mod=0.0), room(0.5, mod=0.0)
    assert not late[:frames].any()
    np.testing.assert_allclose(late[frames:], early[:-frames], atol=1e-7)


def test_no_mix_is_no_reverb():
    x = np.random.default_rng(2).normal(0, 0.1, (4800, 2)).astype(np.float32)
    np.testing.assert_array_equal(chain(mix=0.0).process(x), x)


@pytest.mark.parametrize("decay_s", (0.5, 2.2, 8.0))
def test_wet_is_as_loud_as_dry_whatever_the_decay(decay_s):
    x = np.random.default_rng(3).normal(0, 0.1, (8 * SAMPLE_RATE, 1))
    y = chain(**WET, decay_s=decay_s, tone_hz=16000.0).process(x)[-2 * SAMPLE_RATE:]
    assert 20 * np.log10(y.std() / x.std()) == pytest.approx(0.0, abs=1.6)


def test_a_mono_sound_fills_the_room():
    x = np.random.default_rng(3).normal(0, 0.1, (4 * SAMPLE_RATE, 1))
    y = chain(**WET).process(x)
    assert abs(np.corrcoef(y.T)[0, 1]) < 0.1
    assert 20 * np.log10(y[:, 0].std() / y[:, 1].std()) == pytest.approx(0.0, abs=0.7)


def test_a_sound_from_the_left_begins_left_and_fills_the_room():
    h = room(1.0, left_only=True)
    energy = lambda piece: 10 * np.log10(np.sum(piece[:, 0] ** 2) / np.sum(piece[:, 1] ** 2))
    assert energy(h[:2400]) > 6
    assert energy(h[9600:]) == pytest.approx(0.0, abs=1.0)


def test_a_new_size_is_a_new_room_soon():
    """After the cross-fades an impulse sounds as in a room that always had this size, but for the modulation."""
    c = chain(**WET, size=0.2, mod=0.0)
    c.process(np.zeros((SAMPLE_RATE, 2), np.float32))
    c.set_raw(0, "size", 0.9)
    for _ in range(375):
        c.process(np.zeros((64, 2), np.float32))
    x = np.zeros((SAMPLE_RATE // 2, 2), np.float32)
    x[0] = 1.0
    np.testing.assert_allclose(c.process(x), room(0.5, size=0.9, mod=0.0), atol=1e-4)


def test_matrix_is_orthogonal():
    rows = np.zeros((16, CHUNK), np.float32)
    rows[:, :16] = np.eye(16)
    mix_hadamard(rows, 16)
    np.testing.assert_array_equal(rows[:, :16] @ rows[:, :16].T, 16 * np.eye(16))
    assert set(np.unique(rows[:, :16])) == {-1.0, 1.0}


# --- Plate --------------------------------------------------------------------------------------

PLATE = effects.load("plate")


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
@pytest.mark.parametrize("decay_s", (1.0, 2.6, 8.0))
def test_a_plate_dies_by_60_db_in_the_time_it_says(decay_s, sample_rate):
    h = room(0.8 * decay_s + 0.4, sample_rate, effect=PLATE, decay_s=decay_s, tone_hz=15000.0)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, sample_rate) == pytest.approx(decay_s, rel=0.1)


def test_a_plates_treble_dies_twice_as_fast_at_the_tone():
    h = room(3.0, effect=PLATE, decay_s=4.0, tone_hz=3000.0, mod=0.0)
    assert decay_time(h, 3000.0, SAMPLE_RATE, octaves=0.2) == pytest.approx(2.0, rel=0.1)


def test_a_plate_is_dense_sooner_than_a_hall():
    h = room(1.0, effect=PLATE, tone_hz=18000.0)
    for side in range(2):
        assert echo_density(h[:, side], 0.06) > 0.75
        assert echo_density(h[:, side], 0.3) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("decay_s", (1.0, 2.6, 10.0))
def test_a_plate_is_as_loud_as_what_goes_in_and_wide(decay_s):
    x = np.random.default_rng(3).normal(0, 0.1, (8 * SAMPLE_RATE, 1))
    y = chain(effect=PLATE, **WET, decay_s=decay_s, tone_hz=16000.0).process(x)[-2 * SAMPLE_RATE:]
    assert 20 * np.log10(y.std() / x.std()) == pytest.approx(0.0, abs=1.5)
    assert abs(np.corrcoef(y.T)[0, 1]) < 0.1
    assert 20 * np.log10(y[:, 0].std() / y[:, 1].std()) == pytest.approx(0.0, abs=0.7)


def test_a_plates_first_sounds_come_from_its_taps():
    """What each all-pass lets through at once, up to the nearest tap on either side."""
    h = room(0.2, effect=PLATE, mod=0.0, decay_s=2.0)
    through = np.prod([-plate.EARLY_GAIN] * 2 + [-plate.LATE_GAIN] * 6 + [-plate.MOVING_GAIN])
    into = 2 * np.sqrt(1 - 10 ** (-3 * plate.LOOP_S / 2.0))
    for side, first in ((0, 266), (1, 353)):
        begin = int(first / plate.PAPER_HZ * SAMPLE_RATE)
        assert not h[:begin, side].any()
        assert h[begin, side] == pytest.approx(plate.WET_LEVEL * into * through, rel=0.02)


def test_a_plates_predelay_moves_it():
    late, early = (room(0.5, effect=PLATE, predelay_ms=ms, mod=0.0) for ms in (50.0, 0.0))
    np.testing.assert_allclose(late[2400:], early[:-2400], atol=1e-7)


# --- Room ---------------------------------------------------------------------------------------

ROOM = effects.load("room")
TAIL = {"distance": 1.0, "tone_hz": 12000.0}


@pytest.mark.parametrize("decay_s", (0.2, 0.6, 2.0))
@pytest.mark.parametrize("size_m", (3.0, 8.0, 25.0))
def test_a_rooms_tail_dies_by_60_db_in_the_time_it_says(decay_s, size_m):
    h = room(decay_s + 0.3, effect=ROOM, decay_s=decay_s, size_m=size_m, **TAIL)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, SAMPLE_RATE) == pytest.approx(decay_s, rel=0.1)


@pytest.mark.parametrize("sample_rate", (44100, 96000))
def test_a_room_decays_the_same_at_every_rate(sample_rate):
    h = room(1.0, sample_rate, effect=ROOM, decay_s=0.8, **TAIL)
    assert decay_time(h, 1000.0, sample_rate) == pytest.approx(0.8, rel=0.1)


@pytest.mark.parametrize("size_m, seconds", ((3.0, 0.02), (8.0, 0.03), (25.0, 0.06)))
def test_a_rooms_tail_is_dense_at_once(size_m, seconds):
    h = room(1.0, effect=ROOM, decay_s=1.5, size_m=size_m, **TAIL)
    for side in range(2):
        assert echo_density(h[:, side], seconds) > 0.8
        assert echo_density(h[:, side], 0.2) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("size_m", (3.0, 25.0))
def test_the_first_echoes_are_the_mirror_images_of_the_player(size_m):
    """The nearest images by hand: floor, ceiling and one wall; and as loud as their way and the wall leave them."""
    h = room(0.2, effect=ROOM, size_m=size_m, distance=0.0)
    x, y, z = rooms.PLAYER
    for side, ear in enumerate(rooms.EARS):
        direct = np.linalg.norm(rooms.PLAYER - ear)
        for image in ((x, y, -z), (x, y, 2 * rooms.SIDES[2] - z), (x, -y, z)):
            away = np.linalg.norm(np.array(image) - ear)
            at = round((away - direct) * size_m / rooms.SOUND * SAMPLE_RATE)
            level = rooms.ECHO_LEVEL * rooms.BOUNCE * direct / away
            assert h[at - 1:at + 2, side].max() == pytest.approx(level, rel=0.05)
    assert np.all(np.count_nonzero(np.abs(h) > 0.1, axis=0) <= rooms.ECHOES)


@pytest.mark.parametrize("distance", (0.0, 0.5, 1.0))
def test_near_and_far_are_as_loud_and_wide(distance):
    x = np.random.default_rng(3).normal(0, 0.1, (3 * SAMPLE_RATE, 1))
    y = chain(effect=ROOM, **WET, distance=distance, tone_hz=16000.0).process(x)[SAMPLE_RATE:]
    assert 20 * np.log10(y.std() / x.std()) == pytest.approx(0.0, abs=1.6)
    assert abs(np.corrcoef(y.T)[0, 1]) < 0.3


def test_a_new_room_is_there_soon():
    c = chain(effect=ROOM, **WET, size_m=4.0, distance=0.0)
    c.process(np.zeros((SAMPLE_RATE, 2), np.float32))
    c.set_raw(0, "size_m", ROOM.parameter("size_m").to_raw(20.0))
    c.process(np.zeros((SAMPLE_RATE // 2, 2), np.float32))
    x = np.zeros((4800, 2), np.float32)
    x[0] = 1.0
    np.testing.assert_allclose(c.process(x), room(0.1, effect=ROOM, size_m=20.0, distance=0.0), atol=1e-6)


# --- Freeze -------------------------------------------------------------------------------------

FREEZE = effects.load("freeze")


def chord(seconds, level=0.1):
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * sum(np.sin(2 * np.pi * hz * t) for hz in (196.0, 247.0, 294.0))).astype(np.float32)[:, None]


def frozen(**values):
    """A chain that holds a chord, half a second after it."""
    c = chain(effect=FREEZE, **{**wet(FREEZE), **values})
    c.process(chord(2.0))
    c.set_raw(0, "hold", 1.0)
    c.process(np.zeros((SAMPLE_RATE // 2, 1), np.float32))
    return c


@pytest.mark.parametrize("decay_s", (0.5, 2.5, 10.0))
def test_a_freeze_that_does_not_hold_is_a_reverb(decay_s):
    h = room(0.8 * decay_s + 0.4, effect=FREEZE, decay_s=decay_s, tone_hz=12000.0)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, SAMPLE_RATE) == pytest.approx(decay_s, rel=0.1)
    assert echo_density(h[:, 0], 0.2) == pytest.approx(1.0, abs=0.15)


def test_holds_for_ever():
    """Five minutes later it is as loud and as bright as at first; modes beating move ten seconds by 0.1 dB."""
    c = frozen(decay_s=0.5, tone_hz=1000.0, mod=1.0)
    silence = np.zeros((10 * SAMPLE_RATE, 1), np.float32)
    first = c.process(silence)
    for _ in range(28):
        last = c.process(silence)
    assert 20 * np.log10(first.std()) > -40
    assert 20 * np.log10(last.std() / first.std()) == pytest.approx(0.0, abs=0.2)
    spectra = [np.abs(np.fft.rfft(y[:, 0])) ** 2 for y in (first, last)]
    hz = np.fft.rfftfreq(len(silence), 1 / SAMPLE_RATE)
    for low, high in ((150, 250), (250, 350), (400, 8000)):
        band = (hz > low) & (hz < high)
        assert 10 * np.log10(spectra[1][band].sum() / spectra[0][band].sum()) == pytest.approx(0.0, abs=0.5)


def test_what_is_played_over_it_does_not_come_in():
    held, played = frozen(), frozen()
    x = np.random.default_rng(3).normal(0, 0.3, (2 * SAMPLE_RATE, 1)).astype(np.float32)
    held.process(0 * x)
    played.process(x)
    rest = np.zeros((SAMPLE_RATE, 1), np.float32)
    np.testing.assert_allclose(played.process(rest), held.process(rest), atol=1e-6)


def test_lets_go_in_its_decay():
    c = frozen(decay_s=1.0, tone_hz=12000.0)
    c.set_raw(0, "hold", 0.0)
    y = c.process(np.zeros((2 * SAMPLE_RATE, 1), np.float32)).astype(np.float64)
    assert decay_time(y, 250.0, SAMPLE_RATE, octaves=1.5) == pytest.approx(1.0, rel=0.15)


def test_a_fresh_freeze_holds_silence():
    c = chain(effect=FREEZE, **wet(FREEZE), hold=1.0)
    assert not c.process(chord(1.0)).any()


# --- Shimmer ------------------------------------------------------------------------------------

SHIMMER = effects.load("shimmer")


@pytest.mark.parametrize("decay_s", (1.0, 5.0))
def test_a_shimmer_that_does_not_shimmer_is_a_reverb(decay_s):
    h = room(0.8 * decay_s + 0.4, effect=SHIMMER, decay_s=decay_s, shimmer=0.0, tone_hz=12000.0)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, SAMPLE_RATE) == pytest.approx(decay_s, rel=0.1)
    assert echo_density(h[:, 0], 0.2) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("hz", (130.8, 220.0, 415.3, 987.8, 1900.0))
def test_the_octave_is_in_tune(hz):
    c = chain(effect=SHIMMER, **wet(SHIMMER), shimmer=1.0, mod=0.0, tone_hz=16000.0)
    t = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    y = c.process((0.1 * np.sin(2 * np.pi * hz * t)).astype(np.float32)[:, None])[-4 * SAMPLE_RATE:, 0]
    spectrum = np.abs(np.fft.rfft(y * np.blackman(len(y)), 8 * len(y)))
    at = np.fft.rfftfreq(8 * len(y), 1 / SAMPLE_RATE)
    found = at[np.argmax(spectrum * (np.abs(at - 2 * hz) < 0.1 * hz))]
    assert abs(1200 * np.log2(found / (2 * hz))) < 2.0
    assert spectrum[np.abs(at - 2 * hz) < 0.01 * hz].max() > 0.03 * spectrum.max()


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_the_octave_is_as_loud_as_the_tone_from_bottom_to_top(sample_rate):
    bank = shimmer.tables(sample_rate, {})[2 * CHUNK:].astype(np.float64).reshape(6, shimmer.BANDS)
    pole = bank[shimmer.TURN] + 1j * bank[shimmer.ACROSS]
    phase = bank[shimmer.PHASE] + 1j * bank[shimmer.PHASE_ACROSS]
    for hz in np.geomspace(130.0, 4600.0, 60):
        z = (bank[shimmer.INLET] / (1 - pole * np.exp(-2j * np.pi * hz / sample_rate))) ** 2
        octave = abs(np.sum(z ** 2 / np.abs(z) * phase * bank[shimmer.LEVEL])) / 2
        assert 20 * np.log10(octave) == pytest.approx(0.0, abs=1.0)


def test_the_doubler_follows_its_formula():
    """Twice the phase of each band at its own envelope: against the same bank in numpy."""
    x = (chord(0.2)[:, 0] * np.linspace(0, 1, 9600)).astype(np.float32)
    tables = shimmer.tables(SAMPLE_RATE, {})[2 * CHUNK:]
    bank = tables.astype(np.float64).reshape(6, shimmer.BANDS)
    pole = bank[shimmer.TURN] + 1j * bank[shimmer.ACROSS]
    expected = np.zeros(len(x))
    for number in range(shimmer.BANDS):
        z = x.astype(np.complex128)
        for _ in range(2):
            z = signal.lfilter([bank[shimmer.INLET, number]], [1.0, -pole[number]], z)
        turned = z ** 2 / np.sqrt(np.abs(z) ** 2 + 1e-20)
        expected += bank[shimmer.LEVEL, number] * (turned.real * bank[shimmer.PHASE, number]
                                                   - turned.imag * bank[shimmer.PHASE_ACROSS, number])
    y, memory, sums = np.zeros_like(x), np.zeros(4 * shimmer.BANDS, np.float32), np.zeros(CHUNK * 64, np.float32)
    for at in range(0, len(x), CHUNK):
        doubled(x[at:at + CHUNK], y[at:at + CHUNK], tables, memory, sums)
    np.testing.assert_allclose(y, expected, atol=2e-3 * np.abs(expected).max())     # of 1 / |z|, which is estimated


@njit
def doubled(x, y, bank, memory, sums):
    shimmer.double(x, y, bank, memory, sums, len(x))


def test_a_shimmer_always_ends():
    c = chain(effect=SHIMMER, **wet(SHIMMER), decay_s=20.0, shimmer=1.0, tone_hz=16000.0)
    x = np.random.default_rng(3).normal(0, 0.3, (4 * SAMPLE_RATE, 1)).astype(np.float32)
    during = np.abs(c.process(x)).max()
    assert during < 4.0
    silence = np.zeros((10 * SAMPLE_RATE, 1), np.float32)
    peaks = [np.abs(c.process(silence)).max() for _ in range(6)]
    assert all(later < before for before, later in zip(peaks, peaks[1:])) and peaks[-1] < 1e-2 * during


# --- Hall ---------------------------------------------------------------------------------------

HALL = effects.load("hall")


def hall_decay(hz, decay_s, bass, bass_hz, tone_hz, size, sample_rate=SAMPLE_RATE):
    """RT60 by the lines' lengths, gains, low passes and shelves, in double precision."""
    length = hall.LINE_S * hall.SMALLEST ** (1 - size)
    gain, turn = 10 ** (-3 * length / decay_s), np.exp(-2j * np.pi * hz / sample_rate)
    b = (1 - gain ** 2 * np.cos(2 * np.pi * tone_hz / sample_rate)) / (1 - gain ** 2)
    dull, warm = b - np.sqrt(b ** 2 - 1), np.exp(-2 * np.pi * bass_hz / sample_rate)
    shelf = 1 + (10 ** (-3 * length / (decay_s * bass)) / gain - 1) * (1 - warm) / (1 - warm * turn)
    return -3 * length.sum() / np.log10(np.abs(gain * shelf * (1 - dull) / (1 - dull * turn))).sum()


@pytest.mark.parametrize("sample_rate, size", ((48000, 0.0), (48000, 1.0), (44100, 0.7), (96000, 0.7)))
@pytest.mark.parametrize("decay_s, bass", ((1.0, 1.8), (3.0, 1.5), (3.0, 0.5)))
def test_a_halls_bands_die_by_their_formula(decay_s, bass, sample_rate, size):
    values = {"decay_s": decay_s, "bass": bass, "bass_hz": 300.0, "tone_hz": 5000.0, "size": size}
    h = room(1.2 * decay_s + 0.5, sample_rate, effect=HALL, mod=0.0, **values)
    for hz, octaves in ((50.0, 1.0), (150.0, 1.0), (1500.0, 1.0), (4000.0, 0.2)):
        expected = hall_decay(hz, sample_rate=sample_rate, **values)
        assert decay_time(h, hz, sample_rate, octaves) == pytest.approx(expected, rel=0.1), hz


@pytest.mark.parametrize("decay_s, bass", ((1.5, 0.6), (4.5, 1.5)))
def test_a_halls_knobs_say_how_long_its_bands_ring(decay_s, bass):
    """The middle in the decay, the lows in `bass` times that, and at the tone in half of it."""
    h = room(decay_s + 0.5, effect=HALL, decay_s=decay_s, bass=bass, bass_hz=250.0, tone_hz=9000.0, mod=0.0)
    for hz, expected in ((50.0, bass * decay_s), (1500.0, decay_s)):
        assert decay_time(h, hz, SAMPLE_RATE, 0.7) == pytest.approx(expected, rel=0.1), hz
    h = room(decay_s, effect=HALL, decay_s=decay_s, bass=1.0, tone_hz=3000.0, mod=0.0)
    assert decay_time(h, 3000.0, SAMPLE_RATE, 0.2) == pytest.approx(0.5 * decay_s, rel=0.1)


def test_a_halls_longest_decay():
    h = room(10.0, effect=HALL, decay_s=30.0, bass=1.0, tone_hz=16000.0)
    assert decay_time(h, 500.0, SAMPLE_RATE, down_db=8.0) == pytest.approx(30.0, rel=0.1)


@pytest.mark.parametrize("size", (0.0, 0.7, 1.0))
def test_a_hall_is_dense_and_smooth(size):
    h = room(3.0, effect=HALL, size=size, decay_s=20.0, bass=1.0, tone_hz=16000.0, diffusion=0.75)
    for side in range(2):
        assert echo_density(h[:, side], 0.25) > 0.85
        assert echo_density(h[:, side], 0.6) == pytest.approx(1.0, abs=0.12)
    late = h[SAMPLE_RATE:, 0]
    flat = late * 10 ** (3 * np.arange(len(late)) / SAMPLE_RATE / 20.0)
    power = np.abs(np.fft.rfft(flat * np.hanning(len(flat)))) ** 2
    hz = np.fft.rfftfreq(len(flat), 1 / SAMPLE_RATE)
    ratio = power / np.convolve(power, np.ones(401) / 401, "same")
    assert ratio[(hz > 800) & (hz < 6000)].std() < 1.3      # see test_no_mode_rings_out


def test_diffusion_makes_a_hall_swell():
    """With more of it echoes are denser, sooner."""
    first, middle = ([echo_density(room(0.5, effect=HALL, diffusion=amount, tone_hz=16000.0)[:, 0], seconds)
                      for amount in (0.0, 0.5, 1.0)] for seconds in (0.05, 0.1))
    assert first[0] < first[1] < first[2] and middle[0] < middle[1] < middle[2]


@pytest.mark.parametrize("decay_s, size", ((1.0, 0.0), (4.5, 0.7), (12.0, 1.0)))
@pytest.mark.parametrize("width", (0.0, 0.5, 1.0))
def test_a_hall_is_as_loud_as_what_goes_in_and_as_wide_as_it_is_set(width, decay_s, size):
    x = np.random.default_rng(3).normal(0, 0.1, (8 * SAMPLE_RATE, 1))
    y = chain(effect=HALL, **WET, decay_s=decay_s, size=size, width=width, bass=1.0, tone_hz=16000.0).process(x)
    y = y[-2 * SAMPLE_RATE:]
    assert 20 * np.log10(y.std() / x.std()) == pytest.approx(0.0, abs=1.5)
    assert np.corrcoef(y.T)[0, 1] == pytest.approx((1 - width ** 2) / (1 + width ** 2), abs=0.08)
    assert 20 * np.log10(y[:, 0].std() / y[:, 1].std()) == pytest.approx(0.0, abs=0.7)


def test_a_halls_predelay_moves_it():
    late, early = (room(0.5, effect=HALL, predelay_ms=ms, mod=0.0) for ms in (250.0, 0.0))
    np.testing.assert_allclose(late[12000:], early[:-12000], atol=1e-7)


# --- Spring -------------------------------------------------------------------------------------

SPRING = effects.load("spring")
TANK = Path(__file__).parent.parent / ".." / "shared" / "media" / "ir" / "spring.wav"


def one_spring(seconds=0.5, sample_rate=SAMPLE_RATE, **values):
    """What the first of two springs gives alone, unmixed from the sides."""
    values = {"springs": 0.0, "tone_hz": 8000.0, "low_cut_hz": 40.0, **values}
    h = room(seconds, sample_rate, effect=SPRING, **values)
    return spring.RIGHT[1] * h[:, 0] - spring.LEFT[1] * h[:, 1]


def group_delay(h, hz, sample_rate=SAMPLE_RATE):
    """Seconds after which a frequency comes."""
    turns = np.exp(-2j * np.pi * hz / sample_rate * np.arange(len(h)))
    return (np.sum(np.arange(len(h)) * h * turns) / np.sum(h * turns)).real / sample_rate


def first_pass(h, sample_rate=SAMPLE_RATE):
    return h[:int(2.6 * spring.ONE_WAY_S[0] * sample_rate)]


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
@pytest.mark.parametrize("decay_s", (0.8, 2.6, 6.0))
def test_a_spring_dies_by_60_db_in_the_time_it_says(decay_s, sample_rate):
    h = room(0.8 * decay_s + 0.4, sample_rate, effect=SPRING, decay_s=decay_s)
    assert decay_time(h, 500.0, sample_rate) == pytest.approx(decay_s, rel=0.1)


@pytest.mark.parametrize("hz", (300.0, 1500.0, 3000.0, 4000.0))
def test_high_notes_run_slower_by_the_all_passes_formula(hz):
    """Drip against no drip, so that all filters cancel."""
    drip, plain = (group_delay(first_pass(one_spring(drip=value)), hz) for value in (1.0, 0.0))
    cosine = np.cos(2 * np.pi * hz / spring.SLOW_HZ)
    late = lambda a: (1 - a * a) / (1 + a * a + 2 * a * cosine)
    least, most = spring.LEAST_DISPERSION, spring.LEAST_DISPERSION + spring.MORE_DISPERSION
    assert drip - plain == pytest.approx(spring.HALF_WAY * (late(most) - late(least)) / spring.SLOW_HZ, abs=3e-4)


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_low_notes_come_from_end_to_end_in_their_time(sample_rate):
    late = group_delay(first_pass(one_spring(0.5, sample_rate), sample_rate), 300.0, sample_rate)
    assert late == pytest.approx(spring.ONE_WAY_S[0], abs=1.2e-3)      # the filters are some of that


def test_an_echo_comes_back_inverted_and_weaker():
    """Every two ways through the spring: at 300 Hz by the gain of the decay, and upside down."""
    h = one_spring(0.5, decay_s=2.0)
    way = int(spring.ONE_WAY_S[0] * SAMPLE_RATE)
    passes = [h[way * n - way // 2:way * n + way // 2] * np.hanning(2 * (way // 2)) for n in (1, 3, 5)]
    levels = [np.abs(np.sum(piece * np.exp(-2j * np.pi * 300.0 / SAMPLE_RATE * np.arange(len(piece)))))
              for piece in passes]
    gain = 10 ** (-6 * spring.ONE_WAY_S[0] / 2.0)
    for before, after in zip(levels, levels[1:]):
        assert 20 * np.log10(after / before / gain) == pytest.approx(0.0, abs=1.0)
    low = signal.sosfiltfilt(signal.butter(2, 600.0, fs=SAMPLE_RATE, output="sos"), h)
    peaks = [low[way * n - way // 4:way * n + way // 2] for n in (1, 3)]
    assert peaks[0][np.argmax(np.abs(peaks[0]))] * peaks[1][np.argmax(np.abs(peaks[1]))] < 0


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_the_slower_rate_is_not_heard(sample_rate):
    """A spring ends at 5 kHz; what the rate of its steps mirrors above is below -60 dB."""
    h = room(1.0, sample_rate, effect=SPRING, tone_hz=8000.0)[:, 0]
    power = np.abs(np.fft.rfft(h)) ** 2
    hz = np.fft.rfftfreq(len(h), 1 / sample_rate)
    assert 10 * np.log10(power[hz > 6500].max() / power[(hz > 500) & (hz < 3000)].mean()) < -60
    t = np.arange(sample_rate // 2) / sample_rate
    swell = np.minimum(t / 0.1, 1.0) ** 2 * (3 - 2 * np.minimum(t / 0.1, 1.0))
    x = (swell * np.sin(2 * np.pi * 9000 * t))[:, None]
    assert np.abs(chain(sample_rate, SPRING, **wet(SPRING), tone_hz=8000.0).process(x)).max() < 1e-3


def test_springs_come_and_go():
    c = chain(effect=SPRING, **wet(SPRING), springs=0.0)
    x = np.zeros((SAMPLE_RATE, 2), np.float32)
    x[0] = 1.0
    c.set_raw(0, "springs", 1.0)
    c.process(np.zeros((SAMPLE_RATE // 2, 2), np.float32))
    three = c.process(x)
    two = chain(effect=SPRING, **wet(SPRING), springs=0.0).process(x)
    assert np.abs(three - two).max() > 0.1 * np.abs(two).max()


def test_the_echoes_are_those_of_a_real_tank():
    if not TANK.exists():
        pytest.skip("no impulse response of a tank here")
    tank, sample_rate = soundfile.read(TANK)
    h = room(0.5, effect=SPRING, springs=0.0, drip=0.5).sum(axis=1)
    for hz, highest in ((400.0, 4), (2500.0, 4), (3500.0, 3)):
        ours, real = echoes(h, SAMPLE_RATE, hz)[:highest], echoes(tank, sample_rate, hz)[:highest]
        np.testing.assert_allclose(ours, real, atol=0.004)


def echoes(h, sample_rate, hz):
    """When a band's echoes come, in seconds."""
    band = signal.sosfiltfilt(signal.butter(2, [hz - 250.0, hz + 250.0], "band", fs=sample_rate, output="sos"),
                              h[:int(0.14 * sample_rate)])
    level = signal.sosfiltfilt(signal.butter(2, 150.0, fs=sample_rate, output="sos"), np.abs(band))
    return signal.find_peaks(level, height=0.25 * level.max(), distance=int(0.004 * sample_rate))[0] / sample_rate
