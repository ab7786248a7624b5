"""What a machine can carry: every effect's, preset's and usual amp capture's share of a block, and what period
would do.
"""

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dsp import effects
from dsp.chain import Block
from dsp.errors import DspError
from firmware import captures
from firmware.errors import PresetError
from firmware.load import Meter, machine
from firmware.showcase import needs_file

ROOM = 0.6                          # of a block for the chain; the rest is the system's, and for what is rare
PERIODS = (32, 64, 128, 256, 512)   # to choose from


@dataclass(frozen=True)
class Line:
    """What something takes of a block.

    ns : nanoseconds a frame, on average.
    share, worst : of a block's time, on average and in its longest block; 1 is all of it.
    """

    name: str
    ns: float
    share: float
    worst: float

    @property
    def fits(self):
        return self.worst <= ROOM


@dataclass(frozen=True)
class Report:
    """What was measured.

    box : what the box takes without an effect. effects, presets, models : lists of Line, the heaviest first;
    models is empty where the collection has no amp captures. broken : {preset: why it could not be played}.
    suggested : the shortest period at which every preset fits, or None.
    """

    machine: str
    sample_rate: int
    period: int
    box: Line
    effects: list
    presets: list
    models: list
    broken: dict
    suggested: int | None

    def how_many(self, model):
        """How many captures of a size may play at once, with nothing else."""
        return max(0, int((ROOM - self.box.worst) / model.worst)) if model.worst > 0 else 0

    def document(self):
        """All of it, for a JSON file."""
        return {**asdict(self), "room": ROOM,
                "models": [{**asdict(model), "at_once": self.how_many(model)} for model in self.models]}


def measure(library, sample_rate, period, progress=lambda name, share: None):
    """Measure everything; `progress` gets what is measured now and how much has been, 0..1.

    library : of class firmware.preset.Library.
    """
    meter = Meter(sample_rate, period)
    loners = [effect for id in effects.names() if not ((effect := effects.load(id)).role or needs_file(effect))]
    sizes = captures.NAMES if "nam" in effects.names() else ()
    names, done = library.names(), 0
    steps = 1 + len(loners) + len(names) + len(sizes) + len(PERIODS)

    def step(name):
        nonlocal done
        progress(name, done / steps)
        done += 1

    step("the box")
    base = meter.time([])
    found, broken = [], {}
    for effect in loners:
        step(effect.label)
        found.append(line(effect.id, meter.time([Block(effect)]), meter, base))
    presets, heaviest = [], []
    for name in names:
        step(name)
        try:
            blocks = library.load(name).blocks
            presets.append(line(name, meter.time(blocks), meter))
        except (PresetError, DspError) as error:
            broken[name] = str(error)
            continue
        if presets[-1].worst == max(preset.worst for preset in presets):
            heaviest = blocks
    models = []
    with tempfile.TemporaryDirectory() as folder:
        for name in sizes:
            step(f"NAM {name}")
            path = Path(folder, "model.nam")
            captures.write(name, path)
            block = Block(effects.load("nam"), options={"model": str(path)})
            models.append(line(name, meter.time([block]), meter, base))
    # Without a file it plays nothing: what it takes is what the usual size takes.
    found += [replace(model, name="nam") for model in models if model.name == "standard"]
    suggested = None
    for candidate in PERIODS:
        step(f"{candidate} frames a block")
        here = Meter(sample_rate, candidate)
        if suggested is None and line("", here.time(heaviest), here).fits:
            suggested = candidate
    progress("", 1.0)
    return Report(machine(), sample_rate, period, line("the box itself", base, meter), heaviest_first(found),
                  heaviest_first(presets), heaviest_first(models), broken, suggested)


def line(name, time, meter, base=None):
    """A Line of what was measured, or of what it is more than `base`."""
    mean, worst = time.mean_s, time.worst_s
    if base:
        # The longest block of both need not be the same one.
        mean, worst = max(mean - base.mean_s, 0.0), max(worst - base.mean_s, 0.0)
    return Line(name, 1e9 * mean / meter.period, mean / meter.block_s, worst / meter.block_s)


def heaviest_first(lines):
    return sorted(lines, key=lambda line: -line.share)
