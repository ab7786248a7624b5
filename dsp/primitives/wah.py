"""The voice of a wah pedal, at any place of its way.

The classic inductor wah is one resonance whose pitch, sharpness and loudness all change as the pedal goes
down: from a narrow, loud growl at 450 Hz to a broad bite at 2.2 kHz. The curves are those that Smith measured
on such a pedal ("Virtual Electric Guitars and Effects Using Faust and Octave", LAC 2008): pitch 450 * 2^2.3p
and Q 2^(3 - 2p). Of the 14 dB by which the resonance grew softer there, two are kept: guitars have less to give at
the toe anyhow. Some bass passes beneath the resonance, and the transistors' treble ends at 6 kHz.
"""

from dsp.native import helper
from dsp.primitives.filters import BUTTERWORTH, integrator, put_high_pass, put_low_pass, put_section, scale_section

SECTIONS = 3
OCTAVES = 2.3               # from heel to toe
HEEL_Q, TOE_Q = 3.0, 1.0    # as powers of two
HEEL_DB, TOE_DB = 14.5, 12.5    # of the resonance: recorded guitars stay as loud within 5 dB or so, heel to toe
BASS = 0.1                  # of the resonance's peak, beneath it: 20 dB down
SHARPER = 1.0               # power of two by which the Q goes up or down with the resonance knob
COUPLING_HZ, TREBLE_HZ = 60.0, 6000.0


@helper
def put_voice(bank, position, heel_hz, resonance, level_db, sample_rate):
    """Write the three sections of a bank: the resonance at a pedal position of 0..1, and what is around it.

    resonance : 0..1, half way as in the pedal.
    """
    hz = heel_hz * 2.0 ** (OCTAVES * position)
    q = 2.0 ** (HEEL_Q + (TOE_Q - HEEL_Q) * position + 2.0 * SHARPER * (resonance - 0.5))
    peak = 10.0 ** ((HEEL_DB + (TOE_DB - HEEL_DB) * position) / 20.0)
    put_section(bank, 0, integrator(hz, sample_rate), 1.0 / q, 0.0, peak / q, BASS * peak)
    scale_section(bank, 0, level_db)
    put_high_pass(bank, 1, COUPLING_HZ, BUTTERWORTH, sample_rate)
    put_low_pass(bank, 2, TREBLE_HZ, BUTTERWORTH, sample_rate)
