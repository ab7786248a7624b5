"""The whole box on one page: what there is, how it is wired, in which order it starts and ends."""

import gc
import logging
import signal
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from firmware import body as hardware
from firmware import engine
from firmware.controller import Controller
from firmware.disk import Disk
from firmware.exchange import RUNNING, STATE, STOP, Exchange
from firmware.memory import Memory
from firmware.panel import Panel
from firmware.preset import Library
from firmware.realtime import leave_core
from firmware.screen import Screen
from firmware.sound import Sound
from firmware.supervisor import Part, Supervisor
from firmware.taste import Taste
from firmware.warmup import warm_up

DRY_AFTER = 3           # falls in a row: the chain itself may be what kills the sound, so it plays dry

logger = logging.getLogger(__name__)


@dataclass
class Box:
    """The control side, assembled."""

    config: SimpleNamespace
    body: hardware.Body
    disk: Disk
    workshop: Disk
    taste: Taste
    screen: Screen
    panel: Panel
    memory: Memory
    controller: Controller
    clock: Any

    def step(self, timeout_s=0.0):
        """One turn of the control loop."""
        self.controller.step(min(timeout_s, self.controller.patience_s))
        self.memory.tick(self.clock(), self.panel)

    def close(self):
        """End the session and keep everything."""
        self.taste.end_session()
        self.memory.write(self.panel)
        self.workshop.close()
        self.disk.close()
        self.screen.close()
        self.body.close()


def assemble(config, exchange, clock=time.monotonic, wall=time.time, inline=False, keep_images=False, bounces=0):
    """Put the control side together and play the preset it was left with.

    clock : () -> seconds that only go forward. wall : () -> seconds for the trainer.
    inline : no threads, so that a simulation is the same every time.
    """
    home = config.box.home
    body = hardware.open_body(config, clock, keep_images, bounces)
    disk, workshop = Disk(inline), Disk(inline, "workshop")
    taste = Taste(home, config.trainer.profile, config.trainer.prior, config.selector.emotions, body.drive, disk, wall)
    memory = Memory(home / "state.json", disk, clock)
    library = Library(home / "presets")
    panel = Panel(Sound(exchange.rejoin()), taste, library, config.selector.emotions, clock, workshop,
                  memory.changed, config.tuner.a4_hz)
    if not memory.restore(panel):
        panel.restore(library.load(config.box.preset), False, config.trainer.amount, config.trainer.learning)
    screen = Screen(body.display, clock, inline)
    controller = Controller(panel, taste, body.controls, body.leds, screen, config.panel.roles, config.panel.short,
                            config.panel.long, clock, exchange)
    return Box(config, body, disk, workshop, taste, screen, panel, memory, controller, clock)


def make_exchange(config):
    """The shared memory, with the machine code of every effect loaded: before the processes part."""
    warm_up()
    gc.freeze()     # neither process looks through what was loaded again, nor copies its pages by doing so
    exchange = Exchange(config.audio.sample_rate)
    exchange.rack.set_levels(config.audio.input_gain_db, config.audio.output_gain_db)
    return exchange


def sound_part(config, exchange, open_device, realtime):
    """The audio process."""
    channel = {"1": 0, "2": 1, "stereo": -1}[config.audio.input]

    def mend(falls):
        if falls >= DRY_AFTER:
            exchange.fault = "The sound fell several times: it plays dry. Choose another preset."
            exchange.rack.begin([])

    return Part("the sound", lambda: engine.run(exchange, open_device, channel, realtime), mend=mend)


def run(config, open_device, open_terminal=None):
    """Start the box and supervise it until it is told to end; returns the exit status.

    open_device : () -> the sound device.
    open_terminal : (box, exchange) -> what plays the simulated panel, or None.
    """
    exchange = make_exchange(config)
    simulated = config.hardware.audio == "file"
    core = -1 if simulated else config.realtime.core
    priority = 0 if simulated else config.realtime.priority
    parts = [sound_part(config, exchange, open_device, (core, priority)),
             Part("the panel", lambda: live(config, exchange, open_terminal, core),
                  ready=lambda: exchange.words[STATE] >= RUNNING)]
    return Supervisor(parts, lambda: exchange.words.__setitem__(STOP, 1)).run()


def live(config, exchange, open_terminal, core):
    """The control process: turn the loop until SIGTERM or the terminal's end, then keep everything."""
    leave_core(core)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    box = assemble(config, exchange)
    terminal = open_terminal(box, exchange) if open_terminal else None
    try:
        while not ended and not (terminal and terminal.closed):
            box.step(terminal.PATIENCE_S if terminal else 1.0)
            if terminal:
                terminal.tick()
    finally:
        if terminal:
            terminal.close()
        box.close()
    return 0
