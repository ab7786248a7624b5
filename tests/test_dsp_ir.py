"""Impulse responses: the convolution against scipy in double precision, the files, and what is made of them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from dsp import effects
from dsp.arena import MEMORY, TABLES
from dsp.chain import Block, Chain
from dsp.errors import OptionError
from dsp.native import kernel
from dsp.primitives import impulses
from dsp.primitives.convolution.layout import BLOCKS, CHUNK, partitions
from dsp.primitives.fft import back_from_bins, load_four, sixty_four, store_four, turns
from dsp.primitives.vectors.memory import start_of

SAMPLE_RATE = 48000
EFFECT = effects.load("ir")
RAW = dict(trim=False, normalise=False)
SHARED = Path(__file__).parents[1] / "../shared/media/ir"
# float32 has 6e-8; transforms of 4096 points and sums of a hundred partitions leave this, relative to the peak.
ROUNDING = 6e-7


def noise(*shape, seed=1):
    return np.random.default_rng(seed).normal(0, 0.1, shape)


def decaying(paths, taps, seed=2):
    return noise(paths, taps, seed=seed) * np.exp(-4 * np.arange(taps) / taps)


@pytest.fixture
def wav(tmp_path):
    """(impulse response [paths, taps], rate) -> a file's name."""
    def write(h, rate=SAMPLE_RATE, name="ir.wav", subtype="FLOAT"):
        soundfile.write(tmp_path / name, np.atleast_2d(h).T, rate, subtype=subtype)
        return str(tmp_path / name)
    return write


def prepared(options, sample_rate=SAMPLE_RATE):
    return EFFECT.prepare(float(sample_rate), options)


class Player:
    """The effect's kernel in arrays of its own."""

    def __init__(self, options, sample_rate=SAMPLE_RATE, **values):
        self.needs, self.rate = prepared(options, sample_rate), float(sample_rate)
        self.knobs = np.repeat(np.array([values.get(p.id, p.default) for p in EFFECT.parameters], np.float32)[:, None],
                               2, axis=1)
        self.arrays = (np.zeros(self.needs.state), np.zeros(self.needs.memory, np.float32),
                       np.zeros(self.needs.cursors, np.int64), self.needs.tables)

    def __call__(self, x, sizes=(64,)):
        """Play x [channels, frames] in blocks of `sizes`, again and again from the first."""
        y, at, turn = np.array(x, np.float32), 0, 0
        while at < y.shape[1]:
            io = y[:, at:at + sizes[turn % len(sizes)]].copy()
            self.needs.kernel(self.knobs, *self.arrays, io, io.shape[1], self.rate)
            y[:, at:at + io.shape[1]] = io
            at, turn = at + io.shape[1], turn + 1
        return y


def expected(x, h):
    """What the convolution is: x [channels, frames], h [paths, taps], as the effect's file has them."""
    def through(source, path):
        return signal.fftconvolve(x[source], h[path])[:x.shape[1]]
    if len(h) == 4:
        y = np.stack([through(0, 0) + through(-1, 2), through(0, 1) + through(-1, 3)])
    else:
        y = np.stack([through(min(output, len(x) - 1), output % len(h)) for output in range(max(len(x), len(h)))])
    return y if len(x) == 2 else y.mean(axis=0, keepdims=True)


# --- The convolution ----------------------------------------------------------------------------

LENGTHS = (1, 63, 64, 65, 2048, 2561, 9000, 24577, 40000)
SIZES = ([64], [1024], [100, 7, 64, 1, 300, 1000, 63])


@pytest.mark.parametrize("taps", LENGTHS)
@pytest.mark.parametrize("sizes", SIZES, ids=("64", "1024", "mixed"))
def test_convolution_is_scipys(wav, taps, sizes):
    h = decaying(1, taps)
    x = noise(1, max(3000, taps + 10000))
    y, truth = Player(dict(RAW, file=wav(h)))(x, sizes), expected(x.astype(np.float32), h.astype(np.float32))
    assert np.abs(y - truth).max() <= ROUNDING * np.abs(truth).max()


@pytest.mark.parametrize("channels", (1, 2))
@pytest.mark.parametrize("paths", (1, 2, 4))
@pytest.mark.parametrize("taps", (1500, 5000, 26000))
def test_every_path_of_a_stereo_response(wav, taps, paths, channels):
    h, x = decaying(paths, taps), noise(channels, taps + 10000)
    y, truth = Player(dict(RAW, file=wav(h)))(x, [64, 64, 200]), expected(x.astype(np.float32), h.astype(np.float32))
    assert np.abs(y - truth).max() <= ROUNDING * np.abs(truth).max()


def test_ten_seconds(wav):
    """Every partition of the longest response has its place in time."""
    taps = 10 * SAMPLE_RATE
    h = np.zeros((1, taps))
    places = np.random.default_rng(3).integers(0, taps, 300)
    h[0, places] = noise(300)
    x = np.zeros((1, taps + 3000))
    x[0, [0, 1777]] = 1.0, -0.5
    y, truth = Player(dict(RAW, file=wav(h)))(x, [1024]), expected(x, h.astype(np.float32))
    assert np.abs(y - truth).max() <= ROUNDING * np.abs(truth).max()


@pytest.mark.parametrize("name", ("mesa", "celestion", "spring"))
def test_real_files(name):
    path = SHARED / f"{name}.wav"
    if not path.exists():
        pytest.skip("no ../shared/media/ir")
    h, rate = soundfile.read(path, always_2d=True)
    x = noise(1, len(h) + 5000)
    y = Player(dict(RAW, file=str(path)), rate)(x)
    truth = expected(x.astype(np.float32), h.T)
    assert np.abs(y - truth).max() <= ROUNDING * np.abs(truth).max()


@kernel
def transform(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    x, turns = start_of(io), start_of(tables)
    r, i = sixty_four(load_four(x, 0), load_four(x, 64), turns, 0)
    store_four(x, 128, r)
    store_four(x, 192, i)
    i, r = back_from_bins(i, r, turns, 0)
    store_four(x, 0, r)
    store_four(x, 64, i)


def test_the_transform_of_64_points_is_numpys():
    z = noise(64) + 1j * noise(64, seed=2)
    io = np.stack([z.real, z.imag, z.real, z.imag]).astype(np.float32)
    transform(np.zeros((0, 2), np.float32), np.zeros(0), np.zeros(0, np.float32), np.zeros(0, np.int64),
              turns().astype(np.float32).ravel(), io, 64, 1.0)
    truth = np.fft.fft(z)
    bins = (io[2] + 1j * io[3]).reshape(4, 4, 4).swapaxes(-1, -2).ravel()
    assert np.abs(bins - truth).max() < 3e-7 * np.abs(truth).max()
    assert np.abs(io[0] + 1j * io[1] - 64 * z).max() < 3e-7 * 64 * np.abs(z).max()


def test_partitions_cover_every_tap_in_time():
    for taps in (1, 64, 2560, 2561, 24576, 24577, 960000):
        counts, begin = partitions(taps), 0
        for level, (count, block) in enumerate(zip(counts, BLOCKS)):
            # A far level has a whole period for its answer.
            assert not count or not level or begin == 2 * block
            begin += count * block
        assert taps <= begin < taps + BLOCKS[2]


def test_zero_latency(wav):
    """One tap is the sound itself, in the very same frame, even in blocks of one."""
    x = noise(2, 500)
    for sizes in ([64], [1], [50, 14]):
        y = Player(dict(RAW, file=wav(np.ones((1, 1)))))(x, sizes)
        np.testing.assert_allclose(y, x, atol=2e-7)
    assert prepared(dict(RAW, file=wav(np.ones((1, 1))))).latency == 0


def test_silence_and_reset(wav):
    needs = dict(RAW, file=wav(decaying(2, 30000)))
    assert not Player(needs)(np.zeros((2, 40000)), [1024]).any()
    player = Player(needs)
    x = noise(2, 20000)
    first = player(x, [1024])
    for array in player.arrays[:3]:
        array[:] = 0
    np.testing.assert_array_equal(player(x, [1024]), first)


def test_no_block_does_much_more_than_another(wav):
    """What a block does shows in how many places of memory it changes: sums, spectra, steps of transforms."""
    player = Player(dict(RAW, file=wav(decaying(1, 10 * SAMPLE_RATE))))
    steps, memory = BLOCKS[2] // CHUNK, player.arrays[1]
    player(noise(1, 3 * BLOCKS[2]))
    changed = []
    for piece in np.split(noise(1, BLOCKS[2], seed=6), steps, axis=1):
        before = memory.copy()
        player(piece)
        changed.append(np.count_nonzero(memory != before))
    assert max(changed) < 1.25 * np.median(changed), changed


# --- Knobs --------------------------------------------------------------------------------------

def test_blend_of_two_microphones(wav):
    near, far = decaying(1, 3000), decaying(2, 1000, seed=5)
    options = dict(RAW, file=wav(near), second=wav(far, name="far.wav"))
    x = noise(2, 8000)
    a, b = (expected(x.astype(np.float32), h.astype(np.float32)) for h in (near, far))
    for blend in (0.0, 0.3, 1.0):
        y = Player(options, blend=blend)(x)
        np.testing.assert_allclose(y, (1 - blend) * a + blend * b, atol=ROUNDING * np.abs(a).max())
    player = Player(options)
    player.knobs[1] = 0.0, 1.0
    ramp = (np.arange(640) + 1) / 640
    np.testing.assert_allclose(player(x[:, :640], [640]), a[:, :640] + ramp * (b - a)[:, :640],
                               atol=2 * ROUNDING * np.abs(a).max())


def test_mix_and_level(wav):
    h, x = decaying(1, 400), noise(1, 4000)
    options, wet = dict(RAW, file=wav(h)), expected(x.astype(np.float32), h.astype(np.float32))
    np.testing.assert_allclose(Player(options, mix=0.0)(x), x, atol=1e-7)
    np.testing.assert_allclose(Player(options, mix=0.5, level_db=-6.0)(x),
                               np.sqrt(0.5) * (x + 10 ** (-6 / 20) * wet), atol=1e-6)


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_cuts_are_butterworths(wav, sample_rate):
    options = dict(RAW, file=wav(np.ones((1, 1)), sample_rate))
    x = np.zeros((1, sample_rate))
    x[0, 0] = 1.0
    hz = np.geomspace(30, 15000, 80)
    for low, high in ((90.0, 20000.0), (20.0, 4000.0), (200.0, 6000.0)):
        y = Player(options, sample_rate, low_cut_hz=low, high_cut_hz=high)(x)[0]
        truth = np.ones(len(hz), complex)
        if low > 20:
            truth *= signal.sosfreqz(signal.butter(2, low, "high", fs=sample_rate, output="sos"), hz, fs=sample_rate)[1]
        if high < 20000:
            truth *= signal.sosfreqz(signal.butter(4, high, fs=sample_rate, output="sos"), hz, fs=sample_rate)[1]
        heard = signal.freqz(y.astype(float), worN=hz, fs=sample_rate)[1]
        np.testing.assert_allclose(20 * np.log10(np.abs(heard)), 20 * np.log10(np.abs(truth)), atol=0.02)


# --- What is made of a file ---------------------------------------------------------------------

def response_db(h, hz, rate):
    return 20 * np.log10(np.abs(signal.freqz(h, worN=hz, fs=rate)[1]) + 1e-12)


@pytest.mark.parametrize("own_rate", (22050, 44100, 88200, 96000))
def test_resampling_keeps_the_response(wav, own_rate):
    b, a = signal.butter(2, [200, 4000], "band", fs=own_rate)
    h = signal.lfilter(b, a, np.eye(1, 4000)[0])
    read = impulses.trim(impulses.read(wav(h, own_rate), SAMPLE_RATE, lead=True))[0]
    hz = np.geomspace(60, 8000, 60)
    np.testing.assert_allclose(response_db(read, hz, SAMPLE_RATE), response_db(h, hz, own_rate), atol=0.1)


def test_shorten_fades():
    short = impulses.shorten(np.ones((1, 1000)), 500)
    assert short.shape == (1, 500) and short[0, 474] == 1.0 and 0 < short[0, -1] < 0.02
    assert (np.diff(short[0, 474:]) < 0).all()


@pytest.mark.parametrize("own_rate", (44100, 96000))
def test_resampling_keeps_the_time(wav, own_rate):
    t = np.arange(2000) / own_rate
    h = np.exp(-((t - 0.01) / 0.0005) ** 2)
    read = impulses.read(wav(h, own_rate), SAMPLE_RATE)[0]
    t = np.arange(len(read)) / SAMPLE_RATE
    np.testing.assert_allclose(read, own_rate / SAMPLE_RATE * np.exp(-((t - 0.01) / 0.0005) ** 2), atol=1e-4)


@pytest.mark.parametrize("name,subtype", (("a.wav", "PCM_16"), ("a.wav", "PCM_24"), ("a.wav", "DOUBLE"),
                                          ("a.flac", "PCM_24"), ("a.aiff", "PCM_16")))
def test_formats(wav, name, subtype):
    h = decaying(2, 700)
    read = impulses.read(wav(h, name=name, subtype=subtype), SAMPLE_RATE)
    np.testing.assert_allclose(read, h, atol=1 / 32000 if subtype == "PCM_16" else 2e-7)


def test_trim_takes_silence_and_nothing_else():
    h = np.zeros((2, 9000))
    h[0, 500:2500] = decaying(1, 2000)[0] + 0.01
    trimmed = impulses.trim(h)
    assert 1950 <= trimmed.shape[1] <= 2000
    np.testing.assert_allclose(trimmed[0, :1500], h[0, 500:2000])
    gone = (h ** 2).sum() - (trimmed ** 2).sum()
    assert gone < 1e-8 * (h ** 2).sum()


def test_every_response_is_as_loud(wav):
    """Pink noise through it, between 80 Hz and 5 kHz, keeps its power."""
    for paths, taps, gain in ((1, 2000, 0.01), (2, 30000, 30.0), (4, 500, 1.0)):
        h = impulses.normalised(gain * decaying(paths, taps), SAMPLE_RATE)
        hz = np.geomspace(80, 5000, 6000)
        power = sum(np.abs(signal.freqz(row, worN=hz, fs=SAMPLE_RATE)[1]) ** 2 for row in h) / min(paths, 2)
        assert abs(10 * np.log10(power.mean())) < 0.2


@pytest.mark.parametrize("turned", range(1, 8))
@pytest.mark.parametrize("silence", (0, 300))
def test_minimum_phase_turns_every_zero_inwards(turned, silence):
    """A response from known zeros, some of them mirrored at the unit circle: the one without, tap by tap."""
    inner = [0.95, -0.9, *(0.93 * np.exp(1j * np.array((0.4, -0.4)))), *(0.8 * np.exp(1j * np.array((2.1, -2.1))))]
    mirrored = [1 / np.conj(zero) if turned >> part & 1 else zero for part, zero in zip((0, 1, 2, 2, 0, 0), inner)]
    expected = 0.7 * np.poly(inner).real
    gain = 0.7 * np.prod([np.abs(zero) for zero, other in zip(inner, mirrored) if zero != other])
    h = np.concatenate([np.zeros(silence), gain * np.poly(mirrored).real, np.zeros(200)])
    assert np.abs(h[silence:silence + len(expected)] - expected).max() > 0.1
    mine = impulses.minimum_phase(np.stack([h, -2.0 * h]))
    wanted = np.pad(expected, (0, len(h) - len(expected)))
    np.testing.assert_allclose(mine, np.stack([wanted, 2.0 * wanted]), atol=1e-9)


def test_minimum_phase_keeps_the_magnitude_of_a_measured_response():
    h = signal.firwin(301, [300, 5000], pass_zero=False, fs=SAMPLE_RATE) + 0.002 * noise(301)
    mine = impulses.minimum_phase(h[None])[0]
    turns = np.exp(-2j * np.pi * np.geomspace(20, 23000, 300)[:, None] / SAMPLE_RATE * np.arange(301))
    np.testing.assert_allclose(np.abs(turns @ mine), np.abs(turns @ h), atol=5e-4)
    energy = [np.cumsum(x ** 2) for x in (mine, h)]
    assert np.all(energy[0] >= energy[1] - 1e-6 * energy[1][-1])        # none comes sooner (Oppenheim and Schafer, 5.6)


def test_switches(wav):
    h = np.concatenate([np.zeros(300), 0.01 * decaying(1, 1000)[0], np.zeros(4000)])
    file = wav(h)
    x = np.eye(1, 6000) * 0.5
    as_it_is = Player(dict(RAW, file=file))(x)[0]
    trimmed = Player(dict(file=file, normalise=False))(x)[0]
    assert np.argmax(np.abs(as_it_is) > 1e-5) - np.argmax(np.abs(trimmed) > 1e-5) >= 300
    louder = Player(dict(file=file, trim=False))(x)[0]
    np.testing.assert_allclose(louder / np.abs(louder).max(), as_it_is / np.abs(as_it_is).max(), atol=1e-5)
    assert np.abs(louder).max() > 10 * np.abs(as_it_is).max()
    early = Player(dict(RAW, file=file, minimum_phase=True))(x)[0]
    assert (early[:100] ** 2).sum() > 100 * (as_it_is[:200] ** 2).sum()


def test_its_own_cabinet_has_two_microphones():
    hz = np.array([100.0, 3500.0])
    centre, edge = (response_db(Player({}, blend=blend)(np.eye(1, 4096))[0], hz, SAMPLE_RATE) for blend in (0.0, 1.0))
    assert centre[1] - centre[0] > edge[1] - edge[0] + 4
    own, other = Player({}), Player(dict(second=""))
    np.testing.assert_array_equal(own(np.eye(1, 200)), other(np.eye(1, 200)))


# --- Limits and hostile files -------------------------------------------------------------------

def test_the_longest_fits_the_box(wav):
    """Ten seconds of stereo at 96 kHz; what is longer is faded out there."""
    needs = prepared(dict(RAW, file=wav(np.full((2, 96000 * 12), 0.01), 96000)), 96000)
    assert len(needs.tables) <= TABLES and needs.memory <= MEMORY
    assert needs.note == "the impulse response lasts 12.0 s; its first 10.0 s are played"
    pairs = dict(RAW, file=wav(np.full((4, 48000 * 11), 0.01)), second=wav(np.full((1, 480), 0.1), name="b.wav"))
    needs = prepared(pairs)
    assert len(needs.tables) <= TABLES and needs.note.endswith("its first 5.0 s are played")
    assert prepared(dict(RAW, file=wav(np.full((2, 48000 * 10), 0.01)))).note == ""


def test_in_a_chain_beside_others(wav):
    options = dict(file=wav(decaying(2, 20000)))
    chain = Chain([Block(EFFECT, options=options), Block(EFFECT, options=dict(options, trim=False))], SAMPLE_RATE)
    y = chain.process(noise(20000, 2))
    assert np.isfinite(y).all() and np.abs(y).max() > 0.01
    assert chain.latency == 0


def bad_files(folder):
    """(name, what the sentence says)."""
    def sound(name, x, rate=48000, **more):
        soundfile.write(folder / name, x, rate, **more)
        return name

    (folder / "text.wav").write_text("RIFF, but not really")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "noise.raw").write_bytes(bytes(1000))
    whole = folder / sound("whole.flac", noise(5000))
    (folder / "half.flac").write_bytes(whole.read_bytes()[:100])
    (folder / "folder.wav").mkdir()
    with open(folder / "huge.wav", "wb") as huge:
        huge.truncate(1 << 31)
    yield from (("missing.wav", "there is no file"), ("text.wav", "not a sound file"),
                ("empty.wav", "not a sound file"), ("noise.raw", "not a sound file"), ("half.flac", "half.flac"),
                ("folder.wav", "a folder"), ("huge.wav", "too large"),
                (sound("nothing.wav", np.zeros((0, 1))), "silent"),
                (sound("silent.wav", np.zeros((500, 2))), "silent"),
                (sound("nan.wav", np.full(50, np.nan), subtype="FLOAT"), "no numbers"),
                (sound("inf.wav", np.array([1.0, np.inf]), subtype="FLOAT"), "no numbers"),
                (sound("three.wav", noise(50, 3)), "3 channels"),
                (sound("slow.wav", noise(50), 100), "100 Hz"),
                (sound("long.wav", np.full(61 * 8000, 0.1), 8000), "too long"))


def test_bad_files_are_refused_in_one_sentence(tmp_path):
    for name, words in bad_files(tmp_path):
        with pytest.raises(OptionError, match=words) as refusal:
            prepared(dict(file=str(tmp_path / name)))
        sentence = str(refusal.value)
        assert name in sentence and "\n" not in sentence, sentence


def test_strange_but_playable_files(wav):
    """Two frames, peaks far beyond full scale, hardly anything, nothing but a constant: the sound stays finite."""
    for h in (np.array([0.0, 1.0]), 1e30 * noise(300), np.array([1e-7, -1e-7]), np.full(5000, 1.0)):
        for rate in (8000, 44100, 192000):
            for switches in ({}, RAW, dict(minimum_phase=True)):
                y = Player(dict(switches, file=wav(h, rate)))(16 * np.sign(noise(2, 6000)), [1024])
                assert np.isfinite(y).all()
