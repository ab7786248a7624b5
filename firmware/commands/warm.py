"""Compile the effects' machine code into the cache, so that nothing compiles at start or on stage."""

from rich.progress import track

HELP = "compile the effects ahead of time (part of the set-up)"


def add_arguments(parser):
    pass


def run(arguments):
    from dsp import effects, rack

    for id in track(effects.names(), "compiling the effects"):
        effects.load(id)
    rack.warm()
    return 0
