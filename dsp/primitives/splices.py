"""Read heads that run faster or slower than the tape, and leap where the sound is like itself.

A head at another speed runs out of tape; it is then put one lag further back or ahead, cross-faded. The lag
is where the sound is most like itself (H949 de-glitch; Verhelst and Roelands, "An overlap-add technique
based on waveform similarity", ICASSP 1993), taken between its samples, so that a tone's phase goes on as if
nothing had happened and the pitch is exactly the head's speed. The cross-fade keeps the power, knowing
how like the two sounds are.
"""

import numpy as np

from dsp.native import helper
from dsp.primitives.delays import between, read
from dsp.primitives.reciprocals import reciprocal, root

FADE_S = 0.005              # of a splice; less where the head is so fast that two would meet
NEAREST = 3.0               # frames from the newest sample: interpolation reads one ahead
SHORTEST_FADE = 16.0        # frames
ONE = np.float32(1.0)

# In state, for each head: frames back from now, how many more or less the head it leaves has, how much
# of the fade is still to come and goes each frame, its speed, how like both sounds are.
DELAY, JUMP, FADE, FADE_STEP, SPEED, ALIKE, HEAD = range(7)


@helper
def move_head(head, speed, glide, lag, alike, sample_rate):
    """One frame on. The speed comes near `speed` by `glide`; a splice leaps `lag` frames."""
    if head[SPEED] == 0.0:
        head[SPEED], head[DELAY] = speed, NEAREST
    head[SPEED] += glide * (speed - head[SPEED])
    gain = head[SPEED] - 1.0
    head[DELAY] = max(head[DELAY] - gain, NEAREST)
    if head[FADE] > 0.0:
        head[FADE] = max(head[FADE] - head[FADE_STEP], 0.0)
    elif gain > 0.0:
        room = head[DELAY] - NEAREST
        frames = min(FADE_S * sample_rate, 0.5 * lag / gain)
        if room <= gain * frames:
            splice(head, lag, min(frames, room / gain), alike)
    elif gain < 0.0 and head[DELAY] - lag >= NEAREST:
        splice(head, -lag, min(FADE_S * sample_rate, -0.5 * lag / gain), alike)


@helper
def splice(head, jump, frames, alike):
    head[DELAY] += jump
    head[JUMP], head[ALIKE] = jump, alike
    head[FADE], head[FADE_STEP] = 1.0, 1.0 / max(frames, SHORTEST_FADE)


@helper
def weights_of(head):
    """How much is heard of where the head is, and of where it was before the splice."""
    left = np.float32(head[FADE])
    old = left * left * (np.float32(3.0) - np.float32(2.0) * left)
    new = ONE - old
    power = new * new + old * old + np.float32(2.0 * head[ALIKE]) * new * old
    louder = reciprocal(root(power))
    return new * louder, old * louder


@helper
def hear_head(line, now, head):
    """What the head plays at position `now`, with what it leaves."""
    if head[FADE] == 0.0:
        return read_head(line, now, head[DELAY])
    new, old = weights_of(head)
    return new * read_head(line, now, head[DELAY]) + old * read_head(line, now, head[DELAY] - head[JUMP])


@helper
def read_head(line, now, delay):
    """The line's sound, `delay` frames old."""
    delay = max(delay, NEAREST)
    whole = int(delay)
    return read(line, now - whole, between(delay - whole))
