"""The audio device's shape, and its twin in memory."""

import numpy as np
import pytest

from hw.audio import Capture, Duplex, Playback
from hw.errors import AudioError, EndOfAudio, HwError
from hw.fileaudio import FileCapture, FileSink, Pace


def ramp(frames, channels=2):
    return np.arange(frames * channels, dtype=np.float32).reshape(frames, channels)


def samples_of(buffer, channels=2):
    return np.frombuffer(buffer, np.float32).reshape(-1, channels).copy()


class Tape:
    def __init__(self):
        self.written = []

    def write(self, samples):
        self.written.append(samples.copy())


@pytest.mark.parametrize("frames", [1, 63, 64, 65, 128, 200])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_recording_comes_out_whole_and_padded_with_silence(frames, channels):
    capture = FileCapture(ramp(frames, channels), 48000, 64)
    periods = -(-frames // 64)
    got = np.concatenate([samples_of(capture.read(), channels) for _ in range(periods)])
    assert np.array_equal(got[:frames], ramp(frames, channels))
    assert got.shape == (periods * 64, channels) and not got[frames:].any()
    for _ in range(2):
        with pytest.raises(EndOfAudio, match=f"ended after {periods * 64} frames"):
            capture.read()


@pytest.mark.parametrize("frames", [1, 10, 64, 100, 128])
def test_a_loop_has_no_gap(frames):
    capture = FileCapture(ramp(frames), 48000, 64, loop=True)
    got = np.concatenate([samples_of(capture.read()) for _ in range(20)])
    assert np.array_equal(got, np.resize(ramp(frames), (20 * 64, 2)))


@pytest.mark.parametrize("samples, told", [
    (np.zeros((0, 2), np.float32), r"float32 \[0, 2\]"), (np.zeros(9, np.float32), r"float32 \[9\]"),
    (np.zeros((9, 2)), r"float64 \[9, 2\]"), (np.zeros((9, 0), np.float32), r"float32 \[9, 0\]")])
def test_refuses_what_is_no_recording(samples, told):
    with pytest.raises(AudioError, match=told):
        FileCapture(samples, 48000, 64)


def test_the_end_is_an_error_of_both_families():
    assert issubclass(EndOfAudio, HwError) and issubclass(EndOfAudio, EOFError)


def test_the_recording_cannot_be_spoilt_through_a_period():
    period = FileCapture(ramp(64), 48000, 64).read()
    with pytest.raises(TypeError):
        period[0] = 0


def test_reading_is_granted_period_by_period():
    asked = []
    capture = FileCapture(ramp(150), 48000, 64, wait=asked.append)
    for periods in (1, 2, 3):
        capture.read()
        assert asked == [64] * periods
    with pytest.raises(EndOfAudio):
        capture.read()
    assert asked == [64] * 3, "the end needs no frames"


class Clock:
    """Time that passes only in sleep and on order; sleep oversleeps."""

    def __init__(self, oversleep_s=0.0):
        self.now = 100.0
        self.oversleep_s = oversleep_s

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds + self.oversleep_s


def test_pace_does_not_drift():
    clock = Clock(oversleep_s=0.0004)
    pace = Pace(48000, clock, clock.sleep)
    for _ in range(48000 * 60 // 64):
        pace(64)
        clock.now += 0.0003     # the work of the block
    assert clock.now == pytest.approx(100.0 + 60.0, abs=0.001)


def test_pace_delivers_a_period_when_it_has_passed():
    clock = Clock()
    pace = Pace(48000, clock, clock.sleep)
    pace(480)
    assert clock.now == pytest.approx(100.01)


def test_pace_catches_up_after_a_late_block():
    clock = Clock()
    pace = Pace(1000, clock, clock.sleep)
    pace(10)
    clock.now += 0.025
    late = clock.now
    pace(10)
    pace(10)
    assert clock.now == late
    pace(10)
    assert clock.now == pytest.approx(100.04)


def test_a_duplex_of_recording_and_tape():
    tape = Tape()
    device = Duplex(FileCapture(ramp(130, 1), 44100, 32), FileSink(44100, 32, 2, tape))
    assert (device.sample_rate, device.period) == (44100, 32)
    assert (device.channels_in, device.channels_out) == (1, 2)
    assert (device.format_in, device.format_out) == ("FLOAT_LE", "FLOAT_LE")
    assert (device.latency_frames, device.xruns) == (0, 0)
    out = np.empty((32, 2), np.float32)
    with pytest.raises(EndOfAudio):
        while True:
            out[:] = samples_of(device.read(), 1)
            device.write(out)
    device.close()
    assert np.array_equal(np.concatenate(tape.written)[:130], np.repeat(ramp(130, 1), 2, axis=1))


def test_without_a_tape_the_sound_is_dropped():
    FileSink(48000, 64, 2).write(bytes(64 * 8))


@pytest.mark.parametrize("rate, period, told", [
    (44100, 64, "sample rate of 48000 Hz and playback of 44100 Hz"),
    (48000, 32, "period of 64 frames and playback of 32 frames")])
def test_halves_that_do_not_fit(rate, period, told):
    with pytest.raises(AudioError, match=told):
        Duplex(FileCapture(ramp(9), 48000, 64), FileSink(rate, period, 2))


class Halting(Capture, Playback):
    """A half that fails when told to."""

    def __init__(self):
        super().__init__(48000, 64, 2, "S16_LE")
        self.fails = False
        self.restarts = self.closes = 0

    def read(self):
        self.xruns += self.fails
        return None if self.fails else b"period"

    def write(self, buffer):
        self.xruns += self.fails
        return not self.fails

    def restart(self):
        self.restarts += 1

    def close(self):
        self.closes += 1


@pytest.mark.parametrize("failing", ["capture", "playback"])
def test_an_xrun_of_either_half_restarts_both(failing):
    capture, playback = Halting(), Halting()
    device = Duplex(capture, playback)
    assert (capture.restarts, playback.restarts) == (0, 0), "nothing runs before the first read"
    for _ in range(3):
        assert device.read() == b"period"
        device.write(b"")
    assert (capture.restarts, playback.restarts, device.xruns) == (1, 1, 0)
    getattr(device, failing).fails = True
    assert device.read() == (None if failing == "capture" else b"period")
    device.write(b"")
    assert (capture.restarts, playback.restarts, device.xruns) == (2, 2, 1)
    device.close()
    assert (capture.closes, playback.closes) == (1, 1)
