"""The built-in amplifier: its tone stack against the circuit, its gain, tubes and supply."""

import numpy as np
import pytest
from scipy import signal

from tests.listening import SAMPLE_RATE, db, harmonics, play, spectrum, tone


def bassman(t, m, l, hz):
    """The 5F6-A's tone stack, node by node: Kirchhoff's law at six nodes, each pot as two resistors."""
    s, r1, r2, r3, r4, c1, c2, c3 = 2j * np.pi * hz, 250e3, 1e6, 25e3, 56e3, 250e-12, 20e-9, 20e-9
    short = 1e-6        # ohms, in place of a pot's end
    admittance, current = np.zeros((6, 6), complex), np.zeros(6, complex)

    def link(a, b, y):
        admittance[a, a] += y
        if b is not None:
            admittance[b, b] += y
            admittance[a, b] -= y
            admittance[b, a] -= y

    for node, y in ((0, s * c1), (3, 1 / r4)):          # from the source
        link(node, None, y)
        current[node] += y
    link(0, 1, 1 / (r1 * (1 - t) + short))              # treble, its wiper is the output
    link(1, 2, 1 / (r1 * t + short))
    link(3, 2, s * c2)
    link(3, 5, s * c3)
    link(2, 4, 1 / (r2 * l + short))                    # bass
    link(4, 5, 1 / (r3 * (1 - m) + short))              # middle, c3 on its wiper
    link(5, None, 1 / (r3 * m + short))
    return np.linalg.solve(admittance, current)[1]


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
@pytest.mark.parametrize("bass, mid, treble", ((0.5, 0.5, 0.5), (1.0, 0.2, 0.9), (0.1, 0.9, 0.1)))
def test_tone_stack_is_the_circuits(bass, mid, treble, sample_rate):
    """At the least gain a whisper goes straight through: against the middle of all knobs, 0.3 dB to 5 kHz."""
    def heard(**knobs):
        impulse = np.zeros((sample_rate // 2, 1), np.float32)
        impulse[200] = 1e-4
        return play("amp", impulse, sample_rate, gain_db=0, master_db=-18, sag=0, **knobs)[:, 0].astype(np.float64)

    f = np.geomspace(60, 5000, 25)
    measured = [db(signal.freqz(heard(bass=b, mid=m, treble=t), worN=f, fs=sample_rate)[1])
                for b, m, t in ((bass, mid, treble), (0.7, 0.5, 0.5))]
    expected = [db(np.array([bassman(t, m, 10 ** (3.4 * (b - 1)), hz) for hz in f]))
                for b, m, t in ((bass, mid, treble), (0.7, 0.5, 0.5))]
    np.testing.assert_allclose(measured[0] - measured[1], expected[0] - expected[1], atol=0.3)


def test_amp_goes_from_clean_to_lead():
    amounts = [harmonics(play("amp", tone(440, level=0.1), gain_db=g)) for g in (0, 18, 36, 54)]
    assert amounts[0] < 0.03 and amounts[-1] > 0.4
    assert all(b > a for a, b in zip(amounts, amounts[1:]))


def test_amp_has_the_even_harmonics_of_tubes():
    s = spectrum(play("amp", tone(440, level=0.1), gain_db=18))
    assert -45 < db(s[880] / s[440]) < -10


def test_sag_gives_way_and_recovers():
    """A loud chord's start is louder than what follows; a second after it the supply stands again."""
    x = np.concatenate([0.005 * tone(220, 1.0, 1), 0.9 * tone(220, 1.0, 1), 0.005 * tone(220, 1.5, 1)])

    def levels(sag):
        y = play("amp", x, gain_db=0, master_db=12, sag=sag)
        at = lambda seconds: db(np.std(y[int(seconds * SAMPLE_RATE):int((seconds + 0.05) * SAMPLE_RATE)]))
        return at(0.9), at(1.01), at(1.9), at(3.4)

    stiff, soft = levels(0.0), levels(1.0)
    fall = (soft[1] - soft[2]) - (stiff[1] - stiff[2])
    assert 1.0 < fall < 6.0
    assert soft[3] == pytest.approx(soft[0], abs=0.3)
