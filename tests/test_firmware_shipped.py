"""The presets the box comes with: each plays, all are about as loud, none leans on the last limiter."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dsp.loudness import integrated
from dsp.riff import riff
from firmware import preset as presets
from firmware.preset import Library
from firmware.render import render

RATE, PERIOD = 48000, 64
TAKES = Path(__file__).parent.parent / ".." / "shared" / "media" / "di"
NAMES = sorted(presets.load(path).name for path in presets.SHIPPED.glob("*.json"))
CEILING = 10 ** (-0.5 / 20)     # what is above, the last limiter has touched, or nearly
TOGETHER_LU = 1.5               # each way, from what all presets are
ON_A_TAKE_LU = 3.0              # a compressor brings a soft take up, a clean sound does not

pytestmark = pytest.mark.usefixtures("machine_code")


def loudness(x):
    """In LUFS; a mono sound plays on both sides."""
    return integrated(x if x.shape[1] == 2 else np.repeat(x, 2, axis=1), RATE)


@cache
def take(name):
    """Eight seconds of an instrument, straight from the pickup; the riff is the box's own."""
    if name == "riff":
        return riff(RATE)[4 * RATE:12 * RATE]
    x, rate = soundfile.read(TAKES / name, dtype="float32", always_2d=True)
    assert rate == RATE
    return np.ascontiguousarray(x[:8 * RATE, :1])


@cache
def played(preset, name):
    blocks = Library("no folder").load(preset).blocks
    return np.concatenate(list(render(take(name), blocks, RATE, PERIOD)))


def spread(names):
    """[preset, take], in LU away from what the presets are on this take."""
    heard = np.array([[loudness(played(preset, name)) for name in names] for preset in NAMES])
    return heard - np.median(heard, axis=0)


def test_there_is_one_for_everybody():
    """Drives, echoes, rooms, movement, two ways side by side: all of it is used somewhere."""
    used = {block.effect.id for name in NAMES for block in Library("no folder").load(name).blocks}
    assert 12 <= len(NAMES) <= 20
    assert used >= {"auto_wah", "amp", "fuzz", "tape_delay", "shimmer", "freeze", "hall", "spring", "tremolo", "rotary",
                    "vocal", "split", "branch", "merge"}


@pytest.mark.parametrize("preset", NAMES)
def test_a_preset_sounds_and_stays_below_the_limiter(preset):
    y = played(preset, "riff")
    assert np.isfinite(y).all()
    assert np.mean(np.abs(y) > CEILING) < 1e-4


@pytest.mark.parametrize("preset", NAMES)
def test_on_the_riff_they_are_about_as_loud(preset):
    assert abs(spread(["riff"])[NAMES.index(preset), 0]) < ON_A_TAKE_LU


def test_on_real_takes_they_are_as_loud_as_each_other():
    names = ["riff", *sorted(path.name for path in TAKES.glob("*.wav"))]
    if len(names) == 1:
        pytest.skip("no recordings here")
    away = spread(names)
    for preset, row in zip(NAMES, away):
        assert abs(row.mean()) < TOGETHER_LU and np.abs(row).max() < ON_A_TAKE_LU, (preset, row)
    for preset in NAMES:
        for name in names:
            assert np.mean(np.abs(played(preset, name)) > CEILING) < 1e-3, (preset, name)
