"""A box's start in a process of its own, with every preset played: what does numba compile on the way?

Prints how many presets there are, how often something was compiled up to the first block and up to the last
one, and that count after one more compilation, made on purpose. Run by tests/test_dsp_blocks.py.
"""

import numpy as np
from numba import njit
from numba.core.event import install_recorder

PERIOD = 64


def main():
    with install_recorder("numba:compile") as compiled:
        from dsp.rack import Rack
        from firmware import preset
        from firmware.warmup import warm_up

        warm_up()
        library, rack = preset.Library("no folder"), Rack(48000)
        rack.begin([])
        at_start = len(compiled.buffer)
        for format in ("S16_LE", "S24_3LE", "S32_LE", "FLOAT_LE"):
            play = rack.player(format, 2, 0, format, 2)
            for name in library.names():
                change_to(rack, library.load(name).blocks, play)
        later = len(compiled.buffer)
        njit(lambda x: x + 1)(1)
        print(len(library.names()), at_start, later, len(compiled.buffer))


def change_to(rack, blocks, play):
    """Play a preset, with a knob turned and an effect switched out, until the old one's tail has been let go."""
    x, y = np.frombuffer(bytes(8 * PERIOD), np.uint8), np.zeros(8 * PERIOD, np.uint8)    # as a sound card gives it
    chain = rack.build(blocks)
    rack.play(chain)
    play(x, y, PERIOD)
    chain.set_raw(0, chain.blocks[0].effect.parameters[0].id, 0.3)
    chain.set_on(0, False)
    for _ in range(3 * 48000 // PERIOD):
        play(x, y, PERIOD)
    rack.set_levels(-1.0, 1.0)


if __name__ == "__main__":
    main()
