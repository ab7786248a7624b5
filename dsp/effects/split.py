"""Split: from here on two ways, which come together again at the merge.

The effects after it are the first way; behind a branch stands the second one, and without a branch the
second way is the sound as it was here (dry beside wet).
"""

from dsp.effect import Effect
from dsp.native import kernel


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    pass


EFFECT = Effect("split", "Split", "The sound goes two ways from here.", (), process, role="split")
