"""The audio process: forked for real where that is the point, in this process where only the loop is."""

import gc
import mmap
import os
import tracemalloc

import numpy as np
import pytest

from dsp.rack import PEAK_IN
from firmware import box, engine
from firmware import exchange as shared
from firmware.supervisor import MISTAKE, NO_DEVICE
from hw.audio import Capture, Duplex, Playback
from hw.errors import AudioError, EndOfAudio
from hw.fileaudio import FileCapture, FileSink
from tests.stage import PERIOD, RATE, Tape, in_step, tone, until


class ScriptedCapture(Capture):
    """Gives what a script says: bytes, None for an xrun, or an error to raise; then the end."""

    def __init__(self, script, channels=1, format="FLOAT_LE"):
        super().__init__(RATE, PERIOD, channels, format)
        self._script = iter(script)

    def read(self):
        now = next(self._script, EndOfAudio("the script is over"))
        if isinstance(now, Exception):
            raise now
        self.xruns += now is None
        return now


class Kept(Playback):
    """Keeps a copy of every period."""

    def __init__(self, channels=2, format="FLOAT_LE"):
        super().__init__(RATE, PERIOD, channels, format)
        self.periods = []

    def write(self, buffer):
        self.periods.append(np.array(buffer))
        return True


@pytest.fixture
def dry(exchange):
    """The exchange, its rack playing no effect at all."""
    exchange.rack.begin([])
    return exchange


@pytest.fixture
def start(config, dry):
    """(open_device) -> the audio process, begun; whatever happens, it is gone in the end."""
    parts = []

    def start(open_device):
        part = box.sound_part(config, dry, open_device, (-1, 0))
        part.start()
        parts.append(part)
        return part

    yield start
    dry.words[shared.STOP] = 1
    for part in parts:
        part.end(patience_s=2.0)


def loop(exchange, capture, playback, channel=0):
    """The loop in this process, to the script's end."""
    engine.play_on(exchange, Duplex(capture, playback), channel)


def test_sound_arrives_through_the_other_process(dry, start):
    recording, tape = tone(10 * PERIOD), Tape(20 * PERIOD)
    part = start(lambda: Duplex(FileCapture(recording, RATE, PERIOD, wait=in_step(dry.words)),
                                FileSink(RATE, PERIOD, 2, tape)))
    dry.words[shared.GRANTED] = 4 * PERIOD
    until(lambda: dry.words[shared.FRAMES] == 4 * PERIOD)
    assert dry.words[shared.STATE] == shared.RUNNING
    np.testing.assert_array_equal(tape.heard, np.repeat(recording[:4 * PERIOD], 2, axis=1))
    assert dry.rack.meters[PEAK_IN] == pytest.approx(0.25, rel=0.05), "the meters are shared, too"
    assert dry.words[shared.LOAD_PEAK] >= dry.words[shared.LOAD] > 0
    dry.words[shared.GRANTED] = 1e9
    until(lambda: not part.alive())
    assert (part.status, dry.words[shared.STATE], len(tape.heard)) == (0, shared.ENDED, len(recording))


def test_knobs_turned_in_this_process_are_heard_in_the_other(dry, start):
    from dsp import effects
    from dsp.chain import Block
    chain = dry.rack.begin([Block(effects.load("boost"))])
    tape = Tape(RATE)
    start(lambda: Duplex(FileCapture(tone(4800), RATE, PERIOD, loop=True, wait=in_step(dry.words)),
                         FileSink(RATE, PERIOD, 2, tape)))
    chain.set_raw(0, "gain_db", 0.25)
    dry.words[shared.GRANTED] = 100 * PERIOD
    until(lambda: dry.words[shared.FRAMES] == 100 * PERIOD)
    assert np.abs(tape.heard[-480:]).max() == pytest.approx(0.25 * 10 ** (-12 / 20), rel=0.01)


def test_stop_ends_it_in_order(dry, start):
    part = start(lambda: Duplex(FileCapture(tone(480), RATE, PERIOD, loop=True), FileSink(RATE, PERIOD, 2)))
    until(lambda: dry.words[shared.FRAMES] > 0)
    dry.words[shared.STOP] = 1
    until(lambda: not part.alive())
    assert (part.status, dry.words[shared.STATE]) == (0, shared.ENDED)


def test_a_device_that_is_missing_at_the_first_start_is_the_users_mistake(dry, start, capfd):
    def missing():
        raise AudioError("There is no device hw:7; there are: default.")

    part = start(missing)
    until(lambda: not part.alive())
    assert part.status == MISTAKE
    assert capfd.readouterr().err == "loopmind: There is no device hw:7; there are: default.\n"


def test_a_device_that_is_lost_is_said_and_tried_again(dry, start):
    gone = AudioError("The card was unplugged.")
    part = start(lambda: Duplex(ScriptedCapture([tone(PERIOD).tobytes(), gone]), FileSink(RATE, PERIOD, 2)))
    until(lambda: not part.alive())
    assert (part.status, dry.words[shared.STATE], dry.fault) == (NO_DEVICE, shared.LOST, str(gone))

    def still_missing():
        raise AudioError("There is no card.")

    part = start(still_missing)
    until(lambda: not part.alive())
    assert (part.status, dry.fault) == (NO_DEVICE, "There is no card.")

    part = start(lambda: Duplex(FileCapture(tone(480), RATE, PERIOD, loop=True), FileSink(RATE, PERIOD, 2)))
    until(lambda: dry.words[shared.STATE] == shared.RUNNING)
    assert dry.fault == "", "with the card, the fault is gone"


def test_an_error_of_the_program_is_a_fall(dry, start, capfd):
    part = start(lambda: Duplex(ScriptedCapture([ZeroDivisionError("a bug")]), FileSink(RATE, PERIOD, 2)))
    until(lambda: not part.alive())
    assert part.status == 1
    assert "ZeroDivisionError: a bug" in capfd.readouterr().err


def test_the_device_is_closed_whatever_happens(dry, start):
    closed = mmap.mmap(-1, 8)

    class Closes(ScriptedCapture):
        def close(self):
            closed[0] += 1

    for script in ([tone(PERIOD).tobytes()], [AudioError("gone")], [ValueError("a bug")]):
        part = start(lambda: Duplex(Closes(script), FileSink(RATE, PERIOD, 2)))
        until(lambda: not part.alive())
    assert closed[0] == 3


def test_a_lost_period_is_played_as_silence_and_counted(dry):
    sound, playback = tone(PERIOD).tobytes(), Kept()
    loop(dry, ScriptedCapture([sound, None, sound, None]), playback)
    peaks = [np.abs(period.view(np.float32)).max() for period in playback.periods]
    assert peaks == [pytest.approx(0.25, rel=0.05), 0.0, pytest.approx(0.25, rel=0.05), 0.0]
    assert dry.words[shared.XRUNS] == 2
    assert dry.words[shared.FRAMES] == 4 * PERIOD


def test_what_takes_longer_than_a_period_is_counted(dry, monkeypatch):
    period_ns = round(1e9 * PERIOD / RATE)
    took = iter([0, period_ns // 2, 0, 2 * period_ns, 0, period_ns // 4])
    monkeypatch.setattr(engine.time, "perf_counter_ns", lambda: next(took))
    loop(dry, ScriptedCapture([tone(PERIOD).tobytes()] * 3), Kept())
    assert dry.words[shared.DEADLINES_MISSED] == 1
    assert dry.words[shared.LOAD_PEAK] == pytest.approx(2.0, rel=1e-3)
    expected = 0.0
    for load in (0.5, 2.0, 0.25):
        expected += engine.LOAD_SHARE * (load - expected)
    assert dry.words[shared.LOAD] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("channel, expected", [(0, (0.5, 0.5)), (1, (0.125, 0.125)), (-1, (0.5, 0.125))])
def test_the_instrument_is_on_the_input_that_was_chosen(dry, channel, expected):
    x = np.tile(np.float32([0.5, 0.125]), (PERIOD, 1))
    playback = Kept()
    loop(dry, ScriptedCapture([x.tobytes()], channels=2), playback, channel)
    np.testing.assert_array_equal(playback.periods[0].view(np.float32).reshape(-1, 2), np.tile(expected, (PERIOD, 1)))


@pytest.mark.parametrize("option, channel", [("1", 0), ("2", 1), ("stereo", -1)])
def test_the_configuration_chooses_the_input(config, dry, monkeypatch, option, channel):
    chosen = []
    monkeypatch.setattr(engine, "run", lambda exchange, open_device, channel, realtime: chosen.append(channel))
    config.audio.input = option
    box.sound_part(config, dry, None, (-1, 0)).life()
    assert chosen == [channel]


@pytest.mark.parametrize("format, dtype, full", [("S16_LE", np.int16, 2**15), ("S32_LE", np.int32, 2**31)])
@pytest.mark.parametrize("channels_out", [1, 2])
def test_whole_numbers_come_out_as_they_went_in(dry, format, dtype, full, channels_out):
    x = (np.sin(np.arange(PERIOD)) * 0.5 * full).astype(dtype)
    playback = Kept(channels_out, format)
    loop(dry, ScriptedCapture([x.tobytes()], format=format), playback)
    y = playback.periods[0].view(dtype).reshape(-1, channels_out)
    # A float32 has 24 bits: the lower 8 of 32 are rounded away.
    assert np.abs(y.astype(np.int64) - x[:, None]).max() <= full / 2**24


def test_the_two_halves_may_speak_different_formats(dry):
    playback = Kept(2, "S16_LE")
    loop(dry, ScriptedCapture([np.full(PERIOD, 2**30, np.int32).tobytes()], format="S32_LE"), playback)
    assert (playback.periods[0].view(np.int16) == 2**14).all()


def test_a_thousand_periods_take_no_memory(dry):
    """Garbage collection is off in the audio process: what the loop kept, or left in circles, would pile up."""
    filled = 1500           # periods in which the interpreter's own free lists fill
    seen = np.zeros(filled + 1001, np.int64)
    count = iter(range(len(seen)))

    class Watched(FileCapture):
        def read(self):
            at = next(count, None)
            if at is None:
                raise EndOfAudio("enough")
            seen[at] = tracemalloc.get_traced_memory()[0]
            return super().read()

    gc.disable()
    tracemalloc.start()
    try:
        loop(dry, Watched(tone(480), RATE, PERIOD, loop=True), FileSink(RATE, PERIOD, 2))
    finally:
        tracemalloc.stop()
        gc.enable()
    # One object kept a period, the smallest there is, would be 16 kB.
    assert seen[-1] - seen[filled] < 4096


def test_the_audio_process_collects_no_garbage(dry, start):
    facts = mmap.mmap(-1, 8)

    class Asks(ScriptedCapture):
        def read(self):
            facts[0], facts[1] = gc.isenabled(), gc.get_freeze_count() > 0
            return super().read()

    part = start(lambda: Duplex(Asks([tone(PERIOD).tobytes()]), FileSink(RATE, PERIOD, 2)))
    until(lambda: not part.alive())
    assert (facts[0], facts[1]) == (False, True)
    assert os.getpid() != part.pid
