"""Wah: the resonance of the classic inductor pedal, under the foot (see dsp.primitives.wah)."""

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import bank_state, coefficients_of, run_bank, turned
from dsp.primitives.wah import SECTIONS, put_voice

POSITION, HEEL, RESONANCE, LEVEL = range(4)
PARAMETERS = (
    Parameter("position", "Pedal", "", 0.0, 1.0, 0.5, tag="brightness"),
    Parameter("heel_hz", "Heel", "Hz", 200.0, 800.0, 450.0, "log", tag="body"),
    Parameter("resonance", "Resonance", "", 0.0, 1.0, 0.5, tag="body"),
    Parameter("level_db", "Level", "dB", -12.0, 12.0, 0.0, tag="level"),
)


@helper
def design(knobs, end, bank, sample_rate):
    put_voice(bank, knobs[POSITION, end], knobs[HEEL, end], knobs[RESONANCE, end], knobs[LEVEL, end], sample_rate)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    if turned(knobs, state, SECTIONS):
        start, end, _ = coefficients_of(state, SECTIONS)
        design(knobs, 0, start, sample_rate)
        design(knobs, 1, end, sample_rate)
    run_bank(knobs, state, SECTIONS, io, frames)


EFFECT = Effect("wah", "Wah", "The classic pedal: a vowel under your foot, dark at the heel, biting at the toe.",
                PARAMETERS, process, state=bank_state(SECTIONS, len(PARAMETERS)), tail_s=0.15)
