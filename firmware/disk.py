"""Everything that takes long happens here, one job after the other, off the control loop.

An fsync on a card can take a second, reading an amp capture half of one; a knob must not wait for it. So there are
two: one for what is kept, on disk and stick, one for what presets need.
"""

import logging
from concurrent.futures import ThreadPoolExecutor

logger = logging.getLogger(__name__)


class Disk:
    """Runs jobs in their order, in a thread of its own.

    inline : run each job at once instead, so that a simulation is the same every time.
    """

    def __init__(self, inline=False, name="disk"):
        self._pool = None if inline else ThreadPoolExecutor(1, name)

    def do(self, job, *arguments):
        """Have `job(*arguments)` run; what it raises is logged, and the next job runs."""
        if self._pool is None:
            attempt(job, arguments)
        else:
            self._pool.submit(attempt, job, arguments)

    def close(self):
        """Finish what was begun."""
        if self._pool:
            self._pool.shutdown(wait=True)


def attempt(job, arguments):
    try:
        job(*arguments)
    except Exception:
        logger.exception("a job failed: %s", job.__name__)
