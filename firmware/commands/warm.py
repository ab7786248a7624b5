"""Compile the effects' machine code into the cache, so that nothing compiles at start or on stage."""

HELP = "compile the effects ahead of time (part of the set-up)"


def add_arguments(parser):
    pass


def run(arguments):
    from firmware.warmup import warm_up

    warm_up()
    return 0
