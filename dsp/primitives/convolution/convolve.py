"""Convolution with long impulse responses, with no latency and no block that costs much more than another.

The response is cut into partitions that grow with their distance (Gardner, "Efficient Convolution without
Input-Output Delay", JAES 43(3), 1995; Wefers, "Partitioned convolution algorithms for real-time
auralization", 2015): of 64 taps, from tap 1024 on of 512, from tap 8192 on of 4096. Sound is cut on a grid of
64 frames since the effect was fresh, *chunks*; spectra of past input wait in frequency-domain delay lines.

Each level is overlap-save, on the right-angle circle (Nussbaumer; Martens, JAES 2011): the block before is
the real part and the new one the imaginary part of N complex numbers, turned by exp(i pi n / 2N). The
N-point transform of those multiplies polynomials modulo z^N - i, which is a real convolution of 2N frames,
negacyclic, so no spectrum has to be taken apart into its real halves.

The near level hears a chunk and answers it at once; all but the newest product is summed in the chunks before,
for two chunks at a time, which saves every fourth product. Where a chunk comes in pieces, since blocks are
shorter or not in step, its first 64 taps are summed directly.

A far level of N = 64 C begins at tap 2N, so it has a period of N frames, C chunks, to answer a block: in the
first half of it the input is transformed, in the second half the answer is transformed back, eight transforms
of eight complex octets a chunk; and in each chunk one 64th of N bins is multiplied with all older spectra,
half a period ahead of where it is needed. Only the newest spectrum is multiplied on the way back. Its
spectrum of N bins lies in C tiles of 64 bins: 64 real parts, 64 imaginary parts. With n = C m + c and
k = k' + 64 j (Bailey's four steps), tile j has at place 8p + q the bin k' = p + 8q. The order does not
matter for a product, and this one needs no shuffling but one transposition each way.
"""

from dsp.native import helper, inlined
from dsp.primitives.convolution.far import add_far, keep_chunk, step_far
from dsp.primitives.convolution.layout import CHUNK, COUNT, FAR, LEVELS, LEVEL_SIZE, MIDDLE, SOUND, WINDOW
from dsp.primitives.convolution.near import (add_direct, answer_chunk, hear_chunk, hear_piece, hear_window,
                                             look_ahead)
from dsp.primitives.convolution.products import outputs_of


@helper
def convolve(plan, tables, memory, now, io, stride, inputs, done, frames):
    """Hear a piece of io, from frame `done` on, that stays within a chunk, and answer it.

    plan, tables : what `lay_out` gave, as integers and as floats.
    memory : as many places as `lay_out` said, on a cache line; all zero is fresh.
    now : frames since the effect was fresh.
    io, stride, inputs : the first row of io, the length of its rows, and how many there are.

    The answers are at `answer_at`, one for each voice.
    """
    outputs = outputs_of(plan, inputs)
    chunk, offset = now // CHUNK, now % CHUNK
    ends, whole = offset + frames == CHUNK, frames == CHUNK
    if whole:
        hear_chunk(plan, tables, memory, chunk, io, stride, done, inputs)
    else:
        for input in range(inputs):
            hear_piece(memory, plan[WINDOW] + 2 * input * CHUNK, offset, io, input * stride + done, frames)
    if offset == 0:
        answer_chunk(plan, tables, memory, chunk, whole, inputs, outputs)
    if not whole:
        add_direct(plan, tables, memory, offset, frames, inputs, outputs)
        if ends:
            hear_window(plan, tables, memory, chunk, inputs)
    if ends:
        look_ahead(plan, tables, memory, chunk, inputs, outputs)
    for number in range(MIDDLE, FAR + 1):
        level = LEVELS + number * LEVEL_SIZE
        if plan[level + COUNT] == 0:
            break
        if offset == 0:
            step_far(plan, level, tables, memory, chunk, inputs, outputs)
            add_far(plan, level, memory, chunk, outputs)
        if ends:
            keep_chunk(plan, level, memory, chunk, inputs)


@inlined
def answer_at(plan, mic, output, now):
    """Where in memory `convolve` puts an output's sound from frame `now` on."""
    return plan[SOUND] + (2 * mic + output) * CHUNK + now % CHUNK
