"""EQ and cabinet against the cookbook's formulas in double precision, at rest and on the move."""

import numpy as np
import pedalboard
import pytest
from scipy import signal

from dsp import effects
from dsp.native import entry
from dsp.primitives.filters import bank_state, coefficients_of, put_bell, run_bank, turned
from tests.listening import FREQUENCIES, SAMPLE_RATE, chain_of, db, measured_db

RATES = (44100, 48000, 96000)


def response_db(id, sample_rate=SAMPLE_RATE, frequencies=FREQUENCIES, **values):
    return measured_db(chain_of(id, sample_rate, **values), frequencies)


def cookbook(kind, hz, q, db, sample_rate):
    """Bristow-Johnson's biquad as one row of scipy's second-order sections."""
    a, w = 10 ** (db / 40), 2 * np.pi * hz / sample_rate
    c, alpha = np.cos(w), np.sin(w) / (2 * q)
    if kind == "bell":
        b, d = [1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a]
    else:
        s, r = (1, 2 * np.sqrt(a) * alpha) if kind == "low" else (-1, 2 * np.sqrt(a) * alpha)
        b = [a * ((a + 1) - s * (a - 1) * c + r), s * 2 * a * ((a - 1) - s * (a + 1) * c),
             a * ((a + 1) - s * (a - 1) * c - r)]
        d = [(a + 1) + s * (a - 1) * c + r, -s * 2 * ((a - 1) + s * (a + 1) * c), (a + 1) + s * (a - 1) * c - r]
    return np.array(b + d) / d[0]


EQ_SETTINGS = (
    dict(low_db=9, low_hz=130, mid_db=-7, mid_hz=750, mid_q=0.9, high_db=5, high_hz=3200),
    dict(low_db=-15, low_hz=50, mid_db=15, mid_hz=200, mid_q=6, high_db=15, high_hz=1500),
    dict(low_db=15, low_hz=400, mid_db=-15, mid_hz=5000, mid_q=0.3, high_db=-15, high_hz=10000),
)


def cookbook_eq(v, sample_rate):
    return np.array([cookbook("low", v["low_hz"], np.sqrt(0.5), v["low_db"], sample_rate),
                     cookbook("bell", v["mid_hz"], v["mid_q"], v["mid_db"], sample_rate),
                     cookbook("high", v["high_hz"], np.sqrt(0.5), v["high_db"], sample_rate)])


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("values", EQ_SETTINGS)
def test_eq_follows_the_cookbook(values, sample_rate):
    expected = db(signal.sosfreqz(cookbook_eq(values, sample_rate), worN=FREQUENCIES, fs=sample_rate)[1])
    np.testing.assert_allclose(response_db("eq", sample_rate, **values), expected, atol=0.01)


def test_eq_is_the_cookbook_cascade_sample_by_sample():
    values = EQ_SETTINGS[0]
    x = np.random.default_rng(1).normal(0, 0.1, (4000, 2)).astype(np.float32)
    expected = signal.sosfilt(cookbook_eq(values, SAMPLE_RATE), x.astype(np.float64), axis=0)
    np.testing.assert_allclose(chain_of("eq", **values).process(x), expected, atol=1e-6)


def test_eq_is_pedalboards():
    values = EQ_SETTINGS[0]
    x = np.random.default_rng(1).normal(0, 0.1, (4000, 1)).astype(np.float32)
    peer = pedalboard.Pedalboard([pedalboard.LowShelfFilter(values["low_hz"], values["low_db"], np.sqrt(0.5)),
                                  pedalboard.PeakFilter(values["mid_hz"], values["mid_db"], values["mid_q"]),
                                  pedalboard.HighShelfFilter(values["high_hz"], values["high_db"], np.sqrt(0.5))])
    np.testing.assert_allclose(chain_of("eq", **values).process(x)[:, 0], peer(x[:, 0], SAMPLE_RATE),
                               atol=1e-4)       # its filters compute in float32


@entry
def ring_bells(sections, state, knobs, io, frames):
    """A bank of bells an octave apart; the second end's are louder."""
    start, end, _ = coefficients_of(state, sections)
    for section in range(sections):
        put_bell(start, section, 60.0 * 2.0 ** section, 1.5, 6.0, 48000.0)
        put_bell(end, section, 60.0 * 2.0 ** section, 1.5, 9.0, 48000.0)
    run_bank(knobs, state, sections, io, frames)


@pytest.mark.parametrize("channels", (1, 2))
@pytest.mark.parametrize("sections", (1, 2, 3, 4, 5, 8, 9))
@pytest.mark.parametrize("frames", (1, 3, 7, 64))
def test_sections_side_by_side_are_a_cascade(sections, channels, frames):
    """However many there are, and however short the blocks: sections run abreast, each behind the one before."""
    x = np.random.default_rng(5).normal(0, 0.1, (640, channels)).astype(np.float32)
    sos = np.array([cookbook("bell", 60 * 2 ** section, 1.5, 6, SAMPLE_RATE) for section in range(sections)])
    state, y = np.zeros(bank_state(sections, 0)), np.empty_like(x)
    for at in range(0, len(x), frames):
        io = x[at:at + frames].T.copy()
        ring_bells(sections, state, np.zeros((0, 2), np.float32), io, io.shape[1])
        y[at:at + frames] = io.T
    np.testing.assert_allclose(y, signal.sosfilt(sos, x.astype(np.float64), axis=0), atol=2e-6)


@pytest.mark.parametrize("channels", (1, 2))
def test_sections_move_in_step_with_their_own_frames(channels):
    """A section that runs behind the first has the coefficients of the frame that it is at."""
    frames, sections = 64, 4
    x = np.random.default_rng(6).normal(0, 0.1, (frames, channels)).astype(np.float32)
    io = x.T.copy()
    ring_bells(sections, np.zeros(bank_state(sections, 1)), np.array([[0.0, 1.0]], np.float32), io, frames)
    y = x.astype(np.float64)
    for section in range(sections):
        y = moving_bell(y, 60 * 2 ** section)
    np.testing.assert_allclose(io.T, y, atol=2e-6)


def moving_bell(x, hz, q=1.5, db=(6.0, 9.0)):
    """Simper's state variable filter, written out; its matrices go from one gain's to another's."""
    def matrices(db):
        a = 10 ** (db / 40)
        g, k = np.tan(np.pi * hz / SAMPLE_RATE), 1 / (q * a)
        a1 = 1 / (1 + g * (g + k))
        a2, a3 = g * a1, g * g * a1
        m = k * (a * a - 1)
        return np.array([[2 * a1 - 1, -2 * a2, 2 * a2], [2 * a2, 1 - 2 * a3, 2 * a3], [m * a1, -m * a2, 1 + m * a2]])

    y, state = np.empty_like(x), np.zeros((2, x.shape[1]))
    start, end = map(matrices, db)
    for i in range(len(x)):
        both = (start + (i + 1) / len(x) * (end - start)) @ np.vstack([state, x[i]])
        state, y[i] = both[:2], both[2]
    return y


@pytest.mark.parametrize("value", (0.0, 0.5))
def test_a_fresh_bank_is_designed_wherever_its_knobs_stand(value):
    knobs, state = np.full((3, 2), value, np.float32), np.zeros(bank_state(2, 3))
    assert ask_whether_turned(knobs, state, 2)
    assert not ask_whether_turned(knobs, state, 2)
    knobs[2, 1] += 0.25
    assert ask_whether_turned(knobs, state, 2)


@entry
def ask_whether_turned(knobs, state, sections):
    return turned(knobs, state, sections)


def test_flat_eq_changes_nothing():
    x = np.random.default_rng(1).normal(0, 0.3, (4000, 2)).astype(np.float32)
    np.testing.assert_allclose(chain_of("eq").process(x), x, atol=1e-6)


def test_wild_sweeps_never_blow_up():
    """No section makes its state longer, however its coefficients move: a sweep adds no energy of its own."""
    random = np.random.default_rng(2)
    t = np.arange(64)
    for id in ("eq", "cabinet"):
        effect, chain = effects.load(id), chain_of(id)
        loudest = 0.0
        for block in range(400):
            for parameter in effect.parameters:
                low, high = random.choice([0.0, 1.0], 2)
                chain.set_raw(0, parameter.id, low if block % 2 else high)
            chain.arena.knobs[1:1 + len(effect.parameters), 1] = chain.arena.targets[1:1 + len(effect.parameters)]
            x = np.sin(0.05 * (64 * block + t))[:, None].astype(np.float32)
            loudest = max(loudest, np.abs(chain.process(x)).max())
        assert loudest < 200        # three bands of +15 dB in one place are 178


def test_coefficients_move_in_a_straight_line_across_a_block():
    """A settled constant sees the shelf's gain alone."""
    effect = effects.load("eq")
    state, empty = np.zeros(effect.state), (np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))
    knobs = np.repeat(np.array([[p.default] for p in effect.parameters], np.float32), 2, axis=1)
    io = np.ones((1, SAMPLE_RATE), np.float32)
    effect.kernel(knobs, state, *empty, io, SAMPLE_RATE, float(SAMPLE_RATE))
    knobs[0, 1] = 12.0
    io[:] = 1
    effect.kernel(knobs, state, *empty, io, 64, float(SAMPLE_RATE))
    np.testing.assert_allclose(io[0, :64], 1 + (10 ** (12 / 20) - 1) * np.arange(1, 65) / 64, rtol=1e-5)


def test_a_sweep_arrives_at_the_response_that_was_asked_for():
    chain = chain_of("eq", **EQ_SETTINGS[2])
    x = np.random.default_rng(1).normal(0, 0.1, (SAMPLE_RATE, 1)).astype(np.float32)
    for name, value in EQ_SETTINGS[0].items():
        chain.set_raw(0, name, effects.load("eq").parameter(name).to_raw(value))
    y = np.concatenate([chain.process(x[at:at + 64]) for at in range(0, len(x), 64)])
    expected = signal.sosfilt(cookbook_eq(EQ_SETTINGS[0], SAMPLE_RATE), x.astype(np.float64), axis=0)
    np.testing.assert_allclose(y[-10000:], expected[-10000:], atol=1e-5)


# Two measured cabinets with twelve-inch speakers, close microphone: quarter-octave averages in dB,
# each about its own mean from 150 Hz to 5 kHz.
MEASURED_HZ = (50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000,
               2500, 3150, 4000, 5000, 6300, 7000, 8000)
MEASURED = {
    "british": (-11.3, -6.0, 0.2, 0.3, 6.2, 6.1, 5.8, 3.9, 2.6, 1.1, -2.3, 3.7, 0.7, -3.4, -1.6, -2.6,
                -2.5, -2.5, -5.8, -0.3, -4.0, -14.9, -19.5, -23.8),
    "american": (-17.7, -8.8, -0.4, 1.4, 3.9, 4.4, 4.0, 3.0, 1.9, 0.3, -2.2, 1.6, -2.3, -4.0, -1.6, -2.2,
                 -0.3, 1.2, -0.1, -1.0, -2.5, -8.7, -15.0, -25.7),
}


@pytest.mark.parametrize("name, knobs", (("british", dict(size=0.66, resonance=0.4, mic=0.25, air=0.22)),
                                         ("american", dict(size=0.5, resonance=0.45, mic=0.62, air=0.6)),
                                         ("british", {}), ("american", {})))
def test_cabinet_is_of_the_measured_family(name, knobs):
    """The two measured ones are 2.7 dB apart: set for one it is nearer to it than that, and never far."""
    away = response_db("cabinet", frequencies=np.array(MEASURED_HZ, float), low_cut_hz=20, **knobs)
    away -= MEASURED[name]
    assert np.std(away) < (2.2 if knobs else 3.0)


@pytest.mark.parametrize("sample_rate", RATES)
def test_cabinet_is_a_speaker(sample_rate):
    at = dict(zip(("30", "120", "1000", "3500", "5000", "10000"),
                  response_db("cabinet", sample_rate, np.array([30.0, 120, 1000, 3500, 5000, 10000]))))
    assert at["30"] < at["120"] - 20                # the box, closed
    assert at["120"] > at["1000"] + 5               # body
    assert at["3500"] > at["1000"] + 1              # break-up
    assert at["10000"] < at["5000"] - 20            # the cliff


def test_cabinet_knobs_do_what_they_say():
    def change(hz, **knobs):
        (name, (low, high)), = knobs.items()
        f = np.array([float(hz)])
        return float(response_db("cabinet", frequencies=f, **{name: high})[0]
                     - response_db("cabinet", frequencies=f, **{name: low})[0])

    assert change(80, size=(0, 1)) > 6
    assert change(95, resonance=(0, 1)) > 4
    assert change(4000, mic=(0, 1)) > 8 and abs(change(300, mic=(0, 1))) < 1
    assert change(10000, air=(0, 1)) > 8 and abs(change(1000, air=(0, 1))) < 1
    assert change(60, low_cut_hz=(20, 300)) < -20 and abs(change(3000, low_cut_hz=(20, 300))) < 0.5
