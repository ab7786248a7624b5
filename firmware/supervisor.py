"""Keeps two processes alive: the sound, and the box around it. Neither can take the other down.

Everything that takes long (imports, machine code from the cache) happens before the processes part, so
a fallen one is back within milliseconds, with the same shared memory: the sound goes on with the same
chain, its tails included.
"""

import logging
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import Callable

from dsp.errors import DspError
from firmware.errors import UserError
from firmware.realtime import die_with_parent
from hw.errors import HwError
from profiles.errors import ProfileError

POLL_S = 0.05
FALLS, WITHIN_S = 6, 10.0       # more often than this and something is broken for good
PATIENCE_S = 5.0                # for an ordered end, then it is killed
DEVICE_RETRY_S = 1.0            # between attempts to get a lost sound card back

# Exit statuses of a part: 0 an ordered end, which ends the box; any other number is a fall.
MISTAKE = 2                     # the user's: it ends the box
NO_DEVICE = 3                   # a device is missing: tried again until it is back

logger = logging.getLogger(__name__)


@dataclass
class Part:
    """One process: what it runs, and what became of it.

    life : runs in the child; its return value is the exit status.
    ready : whether it may start yet.
    mend : called with the number of recent falls, this one counted, before it is started again.
    """

    name: str
    life: Callable[[], int]
    ready: Callable[[], bool] = lambda: True
    mend: Callable[[int], None] = lambda falls: None
    pid: int = 0
    status: int = 0
    fell_at: list[float] = field(default_factory=list)
    after: float = 0.0

    def start(self):
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            live(self.life)

    def alive(self):
        """Whether it still runs; when it does not, `status` is its exit status (negative: a signal)."""
        if self.pid:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid, self.status = 0, os.waitstatus_to_exitcode(status)
        return bool(self.pid)

    def end(self, patience_s=PATIENCE_S):
        """Wait for it to end as it was told to; after a while it is killed."""
        deadline = time.monotonic() + patience_s
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def fall(self):
        """Note that it fell; returns how often it has within the last ten seconds."""
        now = time.monotonic()
        self.fell_at = [*(at for at in self.fell_at if at > now - WITHIN_S), now]
        return len(self.fell_at)


def live(life):
    """A child's whole life; it never returns."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        die_with_parent(signal.SIGTERM)
        status = life()
    except (UserError, DspError, HwError, ProfileError) as error:
        print(f"loopmind: {error}", file=sys.stderr)
        status = MISTAKE
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


class Supervisor:
    """Starts parts, restarts what falls, and ends all of them in order.

    parts : in the order of their start; they are ended in the reverse order.
    stop_sound : ends the loop of the first part, which heeds no signal.
    """

    def __init__(self, parts, stop_sound):
        self.parts = parts
        self._stop_sound = stop_sound
        self._ending = False

    def run(self):
        """Supervise until SIGTERM, SIGINT, a user's mistake or the ordered end of a part.

        Returns the exit status for the shell: 0, MISTAKE, or 1 when a part falls again and again.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: setattr(self, "_ending", True))
        status = None
        while not self._ending and status is None:
            for part in self.parts:
                if not part.pid and part.ready() and time.monotonic() >= part.after:
                    part.start()
            status = self._reap()
            time.sleep(POLL_S)
        self._end()
        return status or 0

    def _reap(self):
        """What ended parts mean for the box: None to go on, or its exit status."""
        for part in self.parts:
            if part.pid and not part.alive():
                verdict = self._judge(part, part.status)
                if verdict is not None:
                    return verdict
        return None

    def _judge(self, part, status):
        if status in (0, MISTAKE):
            return status
        if status == NO_DEVICE:
            part.after = time.monotonic() + DEVICE_RETRY_S
            return None
        logger.error("%s fell (status %d) and is started again", part.name, status)
        falls = part.fall()
        if falls >= FALLS:
            logger.error("%s fell %d times within %d s", part.name, FALLS, WITHIN_S)
            return 1
        part.mend(falls)
        return None

    def _end(self):
        """End every part, the last started first, and let each finish what it must."""
        for part in reversed(self.parts):
            if part is self.parts[0]:
                self._stop_sound()
            elif part.pid:
                os.kill(part.pid, signal.SIGTERM)
            part.end()
