"""The apprentice for any plug-in host or script: one JSON object a line in, one a line out.

  $ loopmind trainer --profile me.json
  {"op":"plugin","plugin":"Hall","parameters":[{"id":"mix","default":0.5,"label":"Mix"}]}
  {"ok":true}
  {"op":"observe","plugin":"Hall","parameter":"mix","old":0.5,"new":0.7,"emotion":"dreamy","time":3,"settled":true}
  {"ok":true}
  {"op":"suggest","plugin":"Hall","emotion":"dreamy"}
  {"ok":true,"values":{"mix":{"value":0.683,"low":0.245,"high":0.755,"confidence":0.549,"weight":0.183,"count":1}}}

docs/trainer.md describes every operation. What was learnt is kept at the end of the input, on SIGTERM and
Ctrl-C; a log beside the profile keeps it through a kill or a power cut.
"""

import os
import select
import signal
import time
from pathlib import Path

HELP = "learn and suggest for another host: JSON lines in, JSON lines out"
KEEP_S = 1.0            # the most that a power cut costs
CHUNK = 65536


def add_arguments(parser):
    parser.add_argument("--profile", metavar="FILE", type=Path,
                        help="go on with this style profile, and keep it there (made when it is missing)")
    parser.add_argument("--prior", metavar="FILE", default="none",
                        help="a style that own settings soon overrule: a profile, or factory (default: none)")


def run(arguments):
    from profiles import prior
    from profiles.service import Service

    service = Service(arguments.profile, prior.load(arguments.prior))
    try:
        serve(service, 0, 1, told_to_end())
    except BrokenPipeError:
        pass            # the host has gone: what it said is kept all the same
    finally:
        service.close()
    return 0


def told_to_end():
    """A file descriptor that can be read as soon as somebody wants the program to end."""
    end, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return end


def serve(service, source, sink, end):
    """Answer lines until there are no more, or `end` can be read; all three are file descriptors."""
    from profiles.service import Lines

    lines, kept = Lines(), time.monotonic()
    while True:
        ready, _, _ = select.select([source, end], [], [], KEEP_S)
        if end in ready:
            return
        if ready:
            chunk = os.read(source, CHUNK)
            found = lines.feed(chunk) if chunk else lines.end()
            if not put(sink, b"".join(service.answer(line) for line in found), end) or not chunk:
                return
        if time.monotonic() - kept >= KEEP_S:
            service.keep()
            kept = time.monotonic()


def put(sink, content, end):
    """Write everything; returns False where `end` came first. A host that does not read makes us wait."""
    for start in range(0, len(content), select.PIPE_BUF):
        ready, _, _ = select.select([end], [sink], [])
        if end in ready:
            return False
        os.write(sink, content[start:start + select.PIPE_BUF])
    return True
