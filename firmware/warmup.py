"""Machine code for every effect, from the cache, or compiled into it with the progress shown."""

import sys

from rich.console import Console
from rich.progress import track

from dsp import cache, effects, rack


def warm_up():
    """Load everything the audio loop runs; only after an update or a first start does that take long."""
    names = effects.names()
    if cache.is_warm(names):
        load(names)
    else:
        load(track(names, "compiling the effects, once", console=Console(file=sys.stderr), transient=True))
        cache.mark_warm(names)


def load(names):
    for id in names:
        effects.load(id)
    rack.warm()
