"""What Linux must be told so that a process meets its deadlines.

Each measure is tried on its own and its absence is no fault: a laptop gives none of them.
"""

import ctypes
import os

MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
PR_SET_PDEATHSIG = 1

_latency_file = None


def take_core(core, priority):
    """Run this process on one core, with SCHED_FIFO, in memory that is never swapped out.

    core : -1 for any; priority : 0 for the ordinary scheduler. Returns what was granted, in words.
    """
    granted = []
    if core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})
        granted.append(f"core {core}")
    if priority and attempt(os.sched_setscheduler, 0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK,
                            os.sched_param(priority)):
        granted.append(f"FIFO {priority}")
        # Only pages that are touched are locked: 156 MB instead of 367.
        if attempt(call_libc, "mlockall", MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT):
            granted.append("locked memory")
        if attempt(forbid_deep_sleep):
            granted.append("no deep sleep")
    return granted


def leave_core(core):
    """Keep this process off the core that the sound has for itself."""
    others = os.sched_getaffinity(0) - {core}
    if others:
        os.sched_setaffinity(0, others)


def die_with_parent(signal):
    """Have the kernel send this process a signal when its parent dies, however it dies."""
    attempt(call_libc, "prctl", PR_SET_PDEATHSIG, signal)


def attempt(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        return False
    return True


def call_libc(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)


def forbid_deep_sleep():
    """Ask for 0 us of wake-up latency; the wish holds while the file stays open."""
    global _latency_file
    _latency_file = open("/dev/cpu_dma_latency", "wb", buffering=0)
    _latency_file.write((0).to_bytes(4, "little"))
