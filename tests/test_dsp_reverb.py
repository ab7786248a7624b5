"""The reverb, measured as rooms are: decay, density, colour, width."""

import numpy as np
import pytest
from numba import njit

from dsp.primitives import network
from dsp.primitives.rings import CHUNK, PAD
from tests.acoustics import SAMPLE_RATE, WET, chain, decay_time, echo_density, room


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
    losses = np.zeros((16, network.LOSS_ROW), np.float32)
    losses[:, network.KEPT] = network.MATRIX        # nothing is lost
    lines, heard = mixed(np.eye(16, CHUNK, dtype=np.float32), losses)
    matrix = lines[:, :16] / network.MATRIX
    np.testing.assert_array_equal(matrix @ matrix.T, 16 * np.eye(16))
    assert set(np.unique(matrix)) == {-1.0, 1.0}
    np.testing.assert_array_equal(heard[:, :16], [[1, 0, -1, 0] * 4, [0, 1, 0, -1] * 4])


@njit
def mixed(rows, losses):
    """(what is written to the lines, what is heard) of sixteen frames."""
    lines, cursors = np.zeros((16, CHUNK + PAD), np.float32), np.zeros(network.NETWORK_CURSORS, np.int64)
    into, heard = np.zeros((2, CHUNK), np.float32), np.zeros((2, CHUNK), np.float32)
    state = np.zeros(network.NETWORK_STATE)
    network.lay_lines(np.full(16, CHUNK, np.float32), cursors, np.zeros(0), cursors[:0], SAMPLE_RATE)
    network.listen(rows, into, heard, 1.0, 16)
    network.feed(lines, 0, 0, rows, into, state, losses, cursors, into[0], 16)
    return lines, heard
