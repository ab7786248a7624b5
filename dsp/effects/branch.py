"""Branch: the first way after a split ends here, the second one begins."""

from dsp.effect import Effect
from dsp.native import kernel


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    pass


EFFECT = Effect("branch", "Branch", "The second way of a split begins.", (), process, role="branch")
