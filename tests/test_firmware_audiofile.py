"""Sound files: every usual kind is read as it sounds, every broken one is named, no half file is left."""

import resource
import signal
import struct

import numpy as np
import pytest
import soundfile

from firmware import audiofile
from firmware.audiofile import Writer
from firmware.errors import AudioFileError

RATE = 48000
PCM, IEEE_FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def sine(hz, seconds=0.5, rate=RATE, level=0.5, channels=1):
    """Each channel softer than the one before."""
    time = np.arange(int(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * time))[:, None] * 0.8 ** np.arange(channels)


def wav(x, kind, bits, rate=RATE, extensible=False):
    """A WAV file's bytes, written by hand from the format's description, so that nothing of ours reads its own."""
    channels, width = x.shape[1], bits // 8
    if kind == IEEE_FLOAT:
        content = x.astype(f"<f{width}").tobytes()
    else:
        whole = np.clip(np.rint(x * 2 ** (bits - 1)), -2 ** (bits - 1), 2 ** (bits - 1) - 1).astype("<i8")
        whole = whole + 128 if bits == 8 else whole     # 8 bit is the one that has no sign
        content = whole[..., None].view(np.uint8)[..., :width].tobytes()
    block = width * channels
    head = struct.pack("<HIIHH", channels, rate, rate * block, block, bits)
    if extensible:
        head = (struct.pack("<H", EXTENSIBLE) + head + struct.pack("<HHI", 22, bits, (1 << channels) - 1)
                + struct.pack("<H", kind) + GUID_TAIL)
    else:
        head = struct.pack("<H", kind) + head
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.fixture
def file(tmp_path):
    """Put bytes into a file; returns its path."""

    def put(content, name="take.wav"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return put


def refused(path):
    with pytest.raises(AudioFileError) as caught:
        audiofile.read(path, RATE)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- Reading ------------------------------------------------------------------------------------

@pytest.mark.parametrize("extensible", [False, True], ids=["plain", "extensible"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind, bits, error", [
    (PCM, 8, 2 ** -8), (PCM, 16, 2 ** -16), (PCM, 24, 2 ** -24), (PCM, 32, 2 ** -25),
    (IEEE_FLOAT, 32, 2 ** -25), (IEEE_FLOAT, 64, 2 ** -25)])
def test_every_wav_is_read_as_it_sounds(file, kind, bits, error, channels, extensible):
    x = sine(440, 0.02, channels=channels)
    y, note = audiofile.read(file(wav(x, kind, bits, extensible=extensible)), RATE)
    assert y.dtype == np.float32 and y.flags.c_contiguous and note == ""
    assert y.shape == x.shape and np.abs(y - x).max() <= error


@pytest.mark.parametrize("subtype, error", [("PCM_16", 2 ** -15), ("PCM_24", 2 ** -23)])
def test_flac_is_read_as_it_sounds(tmp_path, subtype, error):
    x = sine(440, channels=2)
    soundfile.write(tmp_path / "take.flac", x, RATE, subtype)
    y, note = audiofile.read(str(tmp_path / "take.flac"), RATE)
    assert y.shape == x.shape and np.abs(y - x).max() <= error and note == ""


def test_full_scale_is_one(file):
    x = np.array([[1.0], [-1.0]])
    y, _ = audiofile.read(file(wav(x, PCM, 16)), RATE)
    assert y[:, 0].tolist() == [1 - 2 ** -15, -1]
    y, _ = audiofile.read(file(wav(4 * x, IEEE_FLOAT, 32)), RATE)
    assert y[:, 0].tolist() == [4, -4]      # float has no full scale, and nothing is cut


def test_of_many_channels_the_first_two_are_taken_and_it_is_said(file):
    x = sine(440, 0.02, channels=6)
    y, note = audiofile.read(file(wav(x, PCM, 24, extensible=True)), RATE)
    assert np.abs(y - x[:, :2]).max() < 2 ** -23 and note == "took the first 2 of 6 channels"


@pytest.mark.parametrize("own_rate", [8000, 22050, 44100, 88200, 96000, 192000])
def test_another_rate_is_resampled_and_said(file, own_rate):
    """A tone keeps its length, its pitch and its level; the difference is under -80 dB away from the ends."""
    y, note = audiofile.read(file(wav(sine(1000, rate=own_rate, channels=2), IEEE_FLOAT, 32, own_rate)), RATE)
    wanted = sine(1000, channels=2)
    assert note == f"resampled from {own_rate} to 48000 Hz"
    assert y.dtype == np.float32 and y.flags.c_contiguous and abs(len(y) - len(wanted)) <= 1
    middle = slice(RATE // 20, -RATE // 20)
    assert np.abs(y[:len(wanted)][middle] - wanted[:len(y)][middle]).max() < 5e-5


def test_what_the_lower_rate_cannot_hold_is_gone(file):
    y, _ = audiofile.read(file(wav(sine(30000, rate=96000), IEEE_FLOAT, 32, 96000)), RATE)
    assert np.abs(y[RATE // 20:-RATE // 20]).max() < 1e-5


@pytest.mark.parametrize("own_rate", [48000, 96000])
def test_samples_that_are_no_numbers_are_silenced_and_it_is_said(file, own_rate):
    x = np.full((2000, 1), 0.25)
    x[[3, 4, 5, 1000], 0] = [np.nan, np.inf, -np.inf, 1e300]
    y, note = audiofile.read(file(wav(x, IEEE_FLOAT, 64, own_rate)), own_rate)
    assert y[[3, 4, 5, 1000], 0].tolist() == [0, 0, 0, 0] and (np.delete(y, [3, 4, 5, 1000]) == 0.25).all()
    assert note == "silenced samples that are no numbers"
    y, note = audiofile.read(file(wav(x, IEEE_FLOAT, 64, own_rate)), 44100)
    assert np.isfinite(y).all() and note == f"silenced samples that are no numbers, resampled from {own_rate} to 44100 Hz"


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_of_a_truncated_recording_what_is_there_is_read(file, kept):
    x = sine(440, 0.1, channels=2)
    content = wav(x, PCM, 16)
    y, _ = audiofile.read(file(content[:int(kept * len(content))]), RATE)
    assert len(y) == (int(kept * len(content)) - 44) // 4
    assert np.abs(y - x[:len(y)]).max() <= 2 ** -16


# --- What is no sound ---------------------------------------------------------------------------

SOUND = wav(sine(440, 0.1), PCM, 16)
NO_SOUND = "is not a sound file this box can read: "


@pytest.mark.parametrize("content, name, told", [
    (b"", "a.wav", NO_SOUND), (b"Dear diary,\n" * 100, "a.wav", NO_SOUND + "Format not recognised."),
    (SOUND[:10], "a.wav", NO_SOUND), (SOUND[:30], "a.wav", NO_SOUND), (SOUND[:44], "a.wav", "is empty: it holds no sound"),
    (wav(np.zeros((0, 2)), PCM, 24), "a.wav", "is empty: it holds no sound"),
    (b"fLaC" + bytes(100), "a.flac", NO_SOUND), (SOUND, "a.raw", NO_SOUND + "nothing in it says its rate"),
    (wav(np.ones((1, 1)), PCM, 16, 192000), "a.wav", "is empty: it holds no sound")])
def test_what_is_no_sound_is_named(file, content, name, told):
    path = file(content, name)
    assert refused(path).startswith(f"{path} {told}")


def test_a_damaged_flac_is_refused_whole(tmp_path):
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, RATE)
    path = tmp_path / "a.flac"
    soundfile.write(path, noise, RATE)
    path.write_bytes(path.read_bytes()[:-30000])
    assert refused(path).startswith(f"{path} {NO_SOUND}")


def test_a_file_that_is_not_there_and_a_folder(tmp_path):
    assert refused(tmp_path / "none.wav") == f"there is no file {tmp_path / 'none.wav'}"
    assert refused(tmp_path) == f"{tmp_path} is a folder"


def test_a_file_too_long_to_hold_is_refused_before_it_is_read(file, monkeypatch):
    monkeypatch.setattr(audiofile, "LONGEST_S", 3600)
    path = file(wav(np.zeros((3601, 1)), PCM, 8, rate=1))
    assert refused(path) == f"{path} is longer than 1 hours"


# --- Writing ------------------------------------------------------------------------------------

def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name, as_float, subtype", [
    ("o.wav", False, "PCM_24"), ("o.WAV", True, "FLOAT"), ("o.flac", False, "PCM_24"), ("o", False, "PCM_24")])
@pytest.mark.parametrize("channels", [1, 2])
def test_pieces_are_written_one_behind_the_other(tmp_path, name, as_float, subtype, channels):
    x = sine(440, 0.1, level=0.9, channels=channels).astype(np.float32)
    with Writer(tmp_path / name, 44100, channels, as_float) as writer:
        for piece in np.array_split(x, [1, 1, 65, 1000]):
            writer.write(piece)
    assert names(tmp_path) == [name]
    info = soundfile.info(tmp_path / name)
    assert (info.samplerate, info.channels, info.subtype) == (44100, channels, subtype)
    y, _ = soundfile.read(tmp_path / name, dtype="float32", always_2d=True)
    assert np.array_equal(y, x) if as_float else np.abs(y - x).max() <= 2 ** -23


@pytest.mark.parametrize("frames, head", [(1000, b"RIFF"), (1025, b"RF64")])
def test_a_file_beyond_what_wav_counts_is_an_rf64_one(tmp_path, monkeypatch, frames, head):
    monkeypatch.setattr(audiofile, "LARGEST_WAV", 8192)
    x = sine(440, frames / RATE, channels=2).astype(np.float32)
    with Writer(tmp_path / "x.wav", RATE, 2, as_float=True, frames=len(x)) as file:
        file.write(x)
    assert (tmp_path / "x.wav").read_bytes()[:4] == head
    np.testing.assert_array_equal(audiofile.read(tmp_path / "x.wav", RATE)[0], x)


def test_whole_numbers_are_cut_at_full_scale_and_floats_are_not(tmp_path):
    loud = np.array([[1.5], [-1.5]], np.float32)
    for name, as_float, wanted in (("a.wav", False, [1 - 2 ** -23, -1]), ("b.wav", True, [1.5, -1.5])):
        with Writer(tmp_path / name, RATE, 1, as_float) as writer:
            writer.write(loud)
        assert soundfile.read(tmp_path / name)[0].tolist() == wanted


def test_a_file_has_its_name_when_it_is_whole(tmp_path):
    (tmp_path / "o.wav").write_text("an older take")
    with Writer(tmp_path / "o.wav", RATE, 1) as writer:
        writer.write(np.zeros((10, 1), np.float32))
        assert (tmp_path / "o.wav").read_text() == "an older take"
    assert soundfile.info(tmp_path / "o.wav").frames == 10 and names(tmp_path) == ["o.wav"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_nothing_is_left_of_an_interrupted_run(tmp_path, error):
    (tmp_path / "o.wav").write_text("an older take")
    with pytest.raises(error):
        with Writer(tmp_path / "o.wav", RATE, 1) as writer:
            writer.write(np.zeros((1000, 1), np.float32))
            raise error
    assert names(tmp_path) == ["o.wav"] and (tmp_path / "o.wav").read_text() == "an older take"


@pytest.fixture
def small_disk():
    """No file grows beyond 100 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_nothing_is_left_on_a_full_disk(tmp_path, small_disk):
    with pytest.raises(AudioFileError) as caught:
        with Writer(tmp_path / "o.wav", RATE, 2, as_float=True) as writer:
            for _ in range(3):
                writer.write(np.zeros((10_000, 2), np.float32))
    assert str(caught.value) == f"{tmp_path / 'o.wav'} cannot be written to its end; is the disk full?"
    assert names(tmp_path) == []


@pytest.mark.parametrize("name, as_float, told", [
    ("none/o.wav", False, "cannot be written: there is no folder "), ("folder.wav", False, "cannot be written: it is a folder"),
    ("o.mp3", False, "this box writes .wav and .flac files"), ("o.flac", True, "only a .wav file can hold float samples"),
    ("x" * 250 + ".wav", False, "cannot be written: File name too long")])
def test_where_nothing_can_be_written(tmp_path, name, as_float, told):
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(AudioFileError) as caught:
        Writer(tmp_path / name, RATE, 1, as_float)
    assert str(caught.value).startswith(str(tmp_path / name)) and told in str(caught.value)
    assert names(tmp_path) == ["folder.wav"]


def test_a_rate_that_the_format_does_not_know_leaves_nothing(tmp_path):
    with pytest.raises(AudioFileError, match="o.flac cannot be written: "):
        Writer(tmp_path / "o.flac", 10 ** 9, 1)
    assert names(tmp_path) == []
