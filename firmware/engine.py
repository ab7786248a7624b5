"""The audio process: one loop, one period at a time, until it is told to stop.

Nothing in the loop waits but the device, nothing allocates but what pyalsaaudio itself returns,
nothing is logged: what there is to know is in the exchange's words.
"""

import gc
import time

import numpy as np

from dsp.pcm import BYTES
from firmware import exchange as shared
from firmware.realtime import take_core
from firmware.supervisor import NO_DEVICE
from hw.errors import EndOfAudio, HwError

LOAD_SHARE = 0.02       # of each period in the running load: it settles in about 50 periods


def run(exchange, open_device, channel, realtime):
    """The whole life of the audio process.

    open_device : () -> a device of the hw room; its HwError becomes the exchange's fault.
    channel : the input channel of the instrument, or -1 for all.
    realtime : (core, priority) to take, see `firmware.realtime`.

    Returns the exit status for the supervisor. A device that is missing at the first start is the
    user's mistake and raises HwError; one that is lost later may come back.
    """
    words = exchange.words
    try:
        device = open_device()
    except HwError as error:
        if words[shared.STATE] == shared.NEW:
            raise
        return lose(exchange, error)
    if words[shared.STATE] == shared.LOST:
        exchange.fault = ""
    take_core(*realtime)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        play_on(exchange, device, channel)
    except HwError as error:
        return lose(exchange, error)
    finally:
        device.close()
    words[shared.STATE] = shared.ENDED
    return 0


def lose(exchange, error):
    """Say that the device has gone."""
    exchange.fault = str(error)
    exchange.words[shared.STATE] = shared.LOST
    return NO_DEVICE


def play_on(exchange, device, channel):
    """Read, play, write, until stopped or at the end of the input."""
    words, frames = exchange.words, device.period
    play = exchange.rejoin().player(device.format_in, device.channels_in, channel,
                                    device.format_out, device.channels_out)
    silence = np.zeros(frames * device.channels_in * BYTES[device.format_in], np.uint8)
    out = np.zeros(frames * device.channels_out * BYTES[device.format_out], np.uint8)
    period_ns = 1e9 * frames / device.sample_rate
    frombuffer, clock, uint8 = np.frombuffer, time.perf_counter_ns, np.uint8
    words[shared.STATE] = shared.RUNNING
    while not words[shared.STOP]:
        try:
            pcm = device.read()
        except EndOfAudio:
            return
        began = clock()
        play(silence if pcm is None else frombuffer(pcm, uint8), out, frames)
        load = (clock() - began) / period_ns
        device.write(out)
        words[shared.LOAD] += LOAD_SHARE * (load - words[shared.LOAD])
        if load > words[shared.LOAD_PEAK]:
            words[shared.LOAD_PEAK] = load
        if load > 1.0:
            words[shared.DEADLINES_MISSED] += 1
        words[shared.XRUNS] = device.xruns
        words[shared.FRAMES] += frames
