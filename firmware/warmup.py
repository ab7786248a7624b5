"""Machine code for every effect, from the cache, or compiled into it with the progress shown."""

import sys

from rich.console import Console
from rich.progress import track

from dsp import cache, effects, rack

WORDS = "compiling the effects, once"
LINE_EVERY = 8          # effects: about half a minute on a Pi


def warm_up():
    """Load everything the audio loop runs; only after an update or a first start does that take long."""
    names = effects.names()
    if cache.is_warm(names):
        load(names)
    else:
        load(shown(names, Console(file=sys.stderr)))
        cache.mark_warm(names)


def shown(names, console):
    """The names as they are asked for: with a bar in a terminal, elsewhere with a plain line now and then."""
    if console.is_terminal:
        yield from track(names, WORDS, console=console, transient=True)
        return
    for number, name in enumerate(names):
        if number % LINE_EVERY == 0:
            console.print(f"{WORDS}: {number} of {len(names)}", highlight=False)
        yield name


def load(names):
    for id in names:
        effects.load(id)
    rack.warm()
