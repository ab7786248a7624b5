"""ALSA: the real library on its own plug-ins, and a card made of arithmetic for xruns."""

import errno
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hw.alsa import SAMPLE_BYTES, AlsaCapture, AlsaPlayback, list_devices
from hw.audio import Duplex
from hw.errors import AudioError
from hw.fileaudio import FileCapture, FileSink

SYSTEM_CONF = Path("/usr/share/alsa/alsa.conf")


@pytest.fixture
def alsa(tmp_path, monkeypatch):
    """ALSA with devices of its own plug-ins: they need no card, and are no clock."""
    pytest.importorskip("alsaaudio", reason="pyalsaaudio is not installed")
    if not SYSTEM_CONF.exists():
        pytest.skip("libasound2-data is not installed")
    (tmp_path / "in.raw").touch()
    (tmp_path / "asound.conf").write_text(f"""
<{SYSTEM_CONF}>
pcm.player {{ type file slave.pcm null file {tmp_path}/out.raw format raw }}
pcm.recorder {{ type file slave.pcm null file /dev/null infile {tmp_path}/in.raw format raw }}
pcm.integers {{ type linear slave {{ pcm null format S16_LE }} }}
pcm.halved {{ type rate slave {{ pcm null rate 24000 }} }}
""")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    return tmp_path


def noise(frames, channels, format):
    rng = np.random.default_rng(1)
    return rng.bytes(frames * channels * SAMPLE_BYTES[format])


@pytest.mark.parametrize("format", SAMPLE_BYTES)
@pytest.mark.parametrize("period, periods, channels", [(64, 2, 2), (32, 3, 1), (16, 4, 6)])
def test_playback_is_what_was_written(alsa, format, period, periods, channels):
    playback = AlsaPlayback("player", 48000, period, periods, channels, format)
    sound = noise(period * 10, channels, format)
    period_bytes = len(sound) // 10
    for start in range(0, len(sound), period_bytes):
        assert playback.write(sound[start:start + period_bytes])
    playback.close()
    assert (alsa / "out.raw").read_bytes() == sound
    assert playback.latency_frames == (periods - 1) * period and playback.xruns == 0


@pytest.mark.parametrize("format", SAMPLE_BYTES)
def test_capture_is_what_the_device_has(alsa, format):
    sound = noise(640, 2, format)
    (alsa / "in.raw").write_bytes(sound)
    capture = AlsaCapture("recorder", 48000, 64, 2, 2, format)
    assert b"".join(capture.read() for _ in range(10)) == sound
    assert capture.latency_frames == 64 and capture.xruns == 0
    capture.close()


def test_playback_takes_arrays_and_views(alsa):
    playback = AlsaPlayback("player", 48000, 64, 2, 2, "S32_LE")
    sound = np.arange(128, dtype=np.int32).reshape(64, 2)
    playback.write(sound)
    playback.write(memoryview(sound))
    playback.close()
    assert (alsa / "out.raw").read_bytes() == 2 * sound.tobytes()


def test_after_a_restart_a_buffer_of_silence_comes_first(alsa):
    playback = AlsaPlayback("player", 48000, 64, 3, 1, "S16_LE")
    sound = noise(64, 1, "S16_LE")
    playback.write(sound)
    playback.restart()
    playback.write(sound)
    playback.close()
    assert (alsa / "out.raw").read_bytes().endswith(sound + bytes(3 * 128) + sound)


def test_capture_goes_on_after_a_restart(alsa):
    (alsa / "in.raw").write_bytes(noise(640, 2, "S16_LE"))
    capture = AlsaCapture("recorder", 48000, 64, 2, 2, "S16_LE")
    capture.read()
    capture.restart()
    assert len(capture.read()) == 256


def test_recordings_and_cards_mix(alsa):
    sound = np.linspace(-1, 1, 256, dtype=np.float32).reshape(128, 2)
    device = Duplex(FileCapture(sound, 48000, 64), AlsaPlayback("player", 48000, 64, 2, 2, "FLOAT_LE"))
    for _ in range(2):
        device.write(device.read())
    device.close()
    assert (alsa / "out.raw").read_bytes() == bytes(1024) + sound.tobytes()
    (alsa / "in.raw").write_bytes(sound.tobytes())
    heard = []
    tape = SimpleNamespace(write=lambda samples: heard.append(samples.copy()))
    device = Duplex(AlsaCapture("recorder", 48000, 64, 2, 2, "FLOAT_LE"), FileSink(48000, 64, 2, tape))
    for _ in range(2):
        device.write(device.read())
    assert np.array_equal(np.concatenate(heard), sound)
    assert device.latency_frames == 64


@pytest.mark.parametrize("half", [AlsaCapture, AlsaPlayback])
def test_a_missing_device_is_told_with_those_there_are(alsa, half):
    with pytest.raises(AudioError, match="device 'hw:pisound' cannot be opened: .*There are: .*player, recorder"):
        half("hw:pisound", 48000, 64, 2, 2, "S16_LE")


@pytest.mark.parametrize("device, period, format, told", [
    ("integers", 64, "FLOAT_LE", "it gives format .* instead of FLOAT_LE"),
    ("null", 10 ** 9, "S16_LE", r"it gives period \d+ instead of 1000000000, buffer")])
def test_a_device_that_gives_something_else(alsa, device, period, format, told):
    with pytest.raises(AudioError, match=f"The playback device '{device}' cannot be set as asked: {told}"):
        AlsaPlayback(device, 48000, period, 2, 2, format)


def test_a_resampling_device_gives_the_rate_that_was_asked(alsa):
    assert AlsaPlayback("halved", 48000, 64, 2, 2, "S16_LE").write(bytes(256))


def test_a_format_there_is_not(alsa):
    with pytest.raises(AudioError, match="no sample format 'S24_LE' here; there are: S16_LE, S24_3LE"):
        AlsaCapture("null", 48000, 64, 2, 2, "S24_LE")


def test_a_closed_device_has_stopped(alsa):
    capture = AlsaCapture("null", 48000, 64, 2, 2, "S16_LE")
    playback = AlsaPlayback("null", 48000, 64, 2, 2, "S16_LE")
    for half in (capture, playback):
        half.close()
        half.close()
    with pytest.raises(AudioError, match="The capture device 'null' has stopped"):
        capture.read()
    for call in (lambda: playback.write(bytes(256)), playback.restart):
        with pytest.raises(AudioError, match="The playback device 'null' has stopped"):
            call()


def test_devices_are_listed(alsa):
    devices = list_devices()
    assert {"player", "recorder"} <= set(devices) and devices["null"] == ""


def test_a_card_is_listed_with_its_description(monkeypatch):
    monkeypatch.setitem(sys.modules, "alsaaudio", SimpleNamespace(
        PCM_CAPTURE=1, PCM_PLAYBACK=0, cards=lambda: ["Headphones", "pisound"],
        card_indexes=lambda: [0, 2], card_name=lambda index: (f"short{index}", f"Long name {index}"),
        pcms=lambda stream: ["null", "hw:CARD=pisound,DEV=0", "default:CARD=Headphones"][:3 - stream]))
    assert list_devices() == {"null": "", "hw:CARD=pisound,DEV=0": "Long name 2",
                              "default:CARD=Headphones": "Long name 0"}


def test_no_pyalsaaudio(monkeypatch):
    monkeypatch.setitem(sys.modules, "alsaaudio", None)
    for call in (list_devices, lambda: AlsaCapture("null", 48000, 64, 2, 2, "S16_LE")):
        with pytest.raises(AudioError, match="libasound2-dev and pyalsaaudio"):
            call()


class Card:
    """A stand-in for the alsaaudio module: one card, by the kernel's rules, on its own clock.

    Capture starts at the first read, playback at the first write (pyalsaaudio leaves
    start_threshold at 1); capture overruns when its buffer is full, playback underruns
    when its buffer is empty; after an xrun pyalsaaudio has prepared the stream again.
    """

    PCM_CAPTURE, PCM_PLAYBACK, PCM_NORMAL, PCM_FORMAT_S16_LE = "capture", "playback", 0, 2
    ALSAAudioError = RuntimeError

    def __init__(self):
        self.frame = 0      # the clock, in frames
        self.gives = {}
        self.heard = {}     # captured frame number by the frame it was heard at

    def PCM(self, type, mode, device, rate, channels, format, periodsize, periods):
        stream = CardStream(self, periodsize, periods * periodsize)
        stream.told = dict(rate=rate, channels=channels, format_name="S16_LE", period_size=periodsize,
                           buffer_size=stream.buffer, access_type="RW_INTERLEAVED") | self.gives
        return stream


class CardStream:
    def __init__(self, card, period, buffer):
        self.card, self.period, self.buffer = card, period, buffer
        self.start, self.frames = None, 0

    def info(self):
        return self.told

    def drop(self):
        self.start, self.frames = None, 0

    def close(self):
        self.drop()

    def read(self):
        if self.start is None:
            self.start = self.card.frame
        if self.card.frame - self.start - self.frames > self.buffer:
            self.drop()
            return -errno.EPIPE, b""
        first = self.start + self.frames
        self.frames += self.period
        self.card.frame = max(self.card.frame, self.start + self.frames)
        # Each frame says when it was captured; silence says 0.
        return self.period, np.arange(first, first + self.period, dtype=np.int32).tobytes()

    def write(self, buffer):
        stamps = np.frombuffer(buffer, np.int32)
        if self.start is None:
            self.start = self.card.frame
        elif self.card.frame - self.start > self.frames:
            self.drop()
            return -errno.EPIPE
        first = self.start + self.frames
        self.frames += len(stamps)
        self.card.frame = max(self.card.frame, self.start + self.frames - self.buffer)
        self.card.heard.update(zip(range(first, first + len(stamps)), stamps.tolist()))
        return len(stamps)


@pytest.fixture
def card(monkeypatch):
    card = Card()
    monkeypatch.setitem(sys.modules, "alsaaudio", card)
    return card


def open_card(card, period, periods):
    card.frame = 1000
    halves = [half("hw:0", 48000, period, periods, 2, "S16_LE") for half in (AlsaCapture, AlsaPlayback)]
    return Duplex(*halves)


def play(card, device, blocks, work_frames):
    silence = bytes(4 * device.period)
    for _ in range(blocks):
        buffer = device.read()
        card.frame += work_frames
        device.write(silence if buffer is None else buffer)


def latency(card):
    """Frames from capture to ear of the newest sound."""
    at = max(frame for frame, stamp in card.heard.items() if stamp)
    return at - card.heard[at]


@pytest.mark.parametrize("period, periods", [(64, 2), (64, 3), (128, 2), (32, 4)])
def test_a_block_may_take_almost_all_of_its_time(card, period, periods):
    device = open_card(card, period, periods)
    play(card, device, 200, work_frames=period - 1)
    assert device.xruns == 0
    assert latency(card) == device.latency_frames


def test_a_slow_first_block_costs_no_latency(card):
    device = open_card(card, 64, 3)
    play(card, device, 1, work_frames=120)
    play(card, device, 20, work_frames=10)
    assert (device.xruns, latency(card)) == (0, 192)


@pytest.mark.parametrize("stall", [1.5, 3, 10, 1000])
@pytest.mark.parametrize("periods", [2, 3])
def test_after_a_stall_the_sound_is_back_with_no_more_latency(card, periods, stall):
    device = open_card(card, 64, periods)
    play(card, device, 20, work_frames=10)
    card.frame += int(64 * stall)
    play(card, device, 20, work_frames=10)
    # 20 frames of work have gone from the buffer as well.
    assert device.xruns == (stall * 64 + 20 > periods * 64)
    assert latency(card) == device.latency_frames, "what was captured during the stall is not played late"
    newest = [stamp for _, stamp in sorted(card.heard.items())][-64 * 10:]
    assert newest == list(range(newest[0], newest[0] + 640)), "whole and in order again"


@pytest.mark.parametrize("stall", [0.9, 1.5, 2.5, 5])
@pytest.mark.parametrize("periods", [2, 3])
def test_a_block_that_takes_too_long_costs_no_latency_either(card, periods, stall):
    """Playback may underrun while capture does not: both begin anew all the same."""
    device = open_card(card, 64, periods)
    play(card, device, 20, work_frames=10)
    play(card, device, 1, work_frames=int(64 * stall))
    play(card, device, 20, work_frames=10)
    assert device.xruns == (stall > periods - 1)
    assert latency(card) == device.latency_frames


def test_a_card_with_another_rate_and_channels(card):
    card.gives = {"rate": 44100, "channels": 1}
    with pytest.raises(AudioError, match="sample rate 44100 instead of 48000, channels 1 instead of 2"):
        open_card(card, 64, 2)


def test_a_short_read_or_write_is_an_xrun(card):
    capture = AlsaCapture("hw:0", 48000, 64, 2, 2, "S16_LE")
    capture._pcm.read = lambda: (32, bytes(128))
    assert capture.read() is None and capture.xruns == 1
    playback = AlsaPlayback("hw:0", 48000, 64, 2, 2, "S16_LE")
    playback._pcm.write = lambda buffer: 32
    assert not playback.write(bytes(256)) and playback.xruns == 1


def test_a_device_that_keeps_no_time_is_slowed_down(alsa):
    """ALSA's null answers at once: without a rest, a real-time process would freeze its core."""
    time, naps = [0.0], []

    def sleep(seconds):
        naps.append(seconds)
        time[0] += seconds

    capture = AlsaCapture("null", 48000, 480, 3, 2, "S16_LE", clock=lambda: time[0], sleep=sleep)
    for _ in range(100):
        capture.read()
    assert sum(naps) == pytest.approx(1.0)


def test_a_card_is_never_slowed_down(alsa):
    time, naps = [0.0], []
    capture = AlsaCapture("null", 48000, 480, 3, 2, "S16_LE", clock=lambda: time[0], sleep=naps.append)
    for _ in range(100):
        time[0] += 0.0099       # a card whose clock runs a little fast
        capture.read()
    assert naps == []


def test_a_card_that_gives_nothing_but_xruns_has_stopped(card, monkeypatch):
    device = open_card(card, 64, 3)
    monkeypatch.setattr(device.capture._pcm, "read", lambda: (-32, b""), raising=False)
    with pytest.raises(AudioError, match="nothing but xruns"):
        for _ in range(1000):
            device.capture.read()
