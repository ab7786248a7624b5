"""From a .nam file to a program: what it may hold, how big it may be, and what is said when it is wrong.

A file is a stranger's. Everything in it is checked before anything is made of it, and whatever is wrong
is said in one OptionError: what, where, and what would have been right.
"""

import json
import os
import stat
from dataclasses import dataclass

from dsp.errors import OptionError
from dsp.nam import convnet, linear, lstm, wavenet
from dsp.nam.document import Section, Weights
from dsp.nam.program import Program

ARCHITECTURES = {"WaveNet": wavenet, "LSTM": lstm, "ConvNet": convnet, "Linear": linear}
CONTAINER = "SlimmableContainer"
MOST_BYTES = 32 << 20       # fifty times a large A2 container
MOST_WARM_FRAMES = 1 << 18
DEEPEST = 4                 # models within models
MOST_SIZES = 64             # in a container
USUAL_RATE = 48000          # of files that do not say theirs
OLDEST, NEWEST = (0, 5), (0, 7)


@dataclass(frozen=True)
class Capture:
    """A model ready to play.

    sample_rate : Hz, that it was made at.
    loudness_db, input_dbu, output_dbu : what its maker measured, or None: how loud it is for a standard input,
        and the levels of a real cable that full scale stood for.
    """

    program: Program
    sample_rate: int
    loudness_db: float | None
    input_dbu: float | None
    output_dbu: float | None


def read(path, quality=1.0):
    """The capture in a file; `quality` from 0 to 1 picks among the sizes that it has."""
    try:
        return make(document_in(path), quality)
    except OptionError as error:
        raise OptionError(f"{os.path.basename(path)}: {error}") from None


def make(document, quality=1.0):
    """The capture in a document."""
    outer = Section(document, "model")
    model = chosen(Model(outer, quality, USUAL_RATE))
    program = Program()
    program.output = model.compile(program, program.input)
    if program.output.channels != 1:
        raise OptionError(f"gives {program.output.channels} channels of sound, one can be played")
    if program.warm_frames > MOST_WARM_FRAMES:
        raise OptionError(f"looks back {program.warm_frames} frames, at most {MOST_WARM_FRAMES} can be played")
    return Capture(program, model.sample_rate, *(metadata(model.section, outer, key) for key in (
        "loudness", "input_level_dbu", "output_level_dbu")))


def metadata(inner, outer, key):
    """A number from the metadata of the model that plays, or else of its container."""
    for section in (inner, outer):
        if section.has("metadata"):
            number = section.section("metadata").number(key, None)
            if number is not None:
                return number
    return None


class Model:
    """One model of a document; there can be others within it.

    sample_rate : Hz, that of the model around it where it does not say.
    """

    def __init__(self, section, quality, sample_rate, depth=0):
        if depth > DEEPEST:
            raise OptionError(f"holds models within models more than {DEEPEST} deep")
        self.section, self.quality, self.depth = section, quality, depth
        self.architecture = section.choice("architecture", (*ARCHITECTURES, CONTAINER))
        check_version(section)
        rate = section.number("sample_rate", float(sample_rate))
        if not 8000 <= rate <= 192000 or rate != int(rate):
            section.refuse("sample_rate", "a whole number from 8000 to 192000", rate)
        self.sample_rate = int(rate)

    def inner(self, section):
        """A model within this one, at the same rate."""
        model = chosen(Model(section, self.quality, self.sample_rate, self.depth + 1))
        if model.sample_rate != self.sample_rate:
            section.refuse("sample_rate", f"{self.sample_rate}, as that of the model around it", model.sample_rate)
        return model

    def compile(self, program, x):
        """Add its steps to a program; returns the signal that it gives for x."""
        weights = Weights(self.section)
        y = ARCHITECTURES[self.architecture].compile(self, weights, program, x)
        weights.finish()
        return y


def chosen(model):
    """The model itself, or the one that a container holds for this quality."""
    if model.architecture != CONTAINER:
        return model
    config = model.section.section("config")
    entries = [Section(entry, f"{config.name}.submodels[{number}]")
               for number, entry in enumerate(config.list("submodels", MOST_SIZES))]
    ends = [entry.number("max_value") for entry in entries]
    if ends != sorted(set(ends)) or ends[-1] < 1.0:
        config.refuse("submodels", "in rising order of max_value up to 1")
    entry = next((entry for entry, end in zip(entries, ends) if model.quality < end), entries[-1])
    return model.inner(entry.section("model"))


def check_version(section):
    """Files of another generation may mean something else by the same words."""
    version = section.content.get("version")
    parts = version.split(".") if isinstance(version, str) else []
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        section.refuse("version", "like 0.5.4", version)
    if not OLDEST <= (int(parts[0]), int(parts[1])) <= NEWEST:
        section.refuse("version", f"from {dotted(OLDEST)} to {dotted(NEWEST)}", version)


def dotted(version):
    return ".".join(map(str, version))


def document_in(path):
    """The JSON in a file."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OptionError("is not a file")
        if os.path.getsize(path) > MOST_BYTES:
            raise OptionError(f"is larger than {MOST_BYTES >> 20} MiB")
        with open(path, "rb") as file:
            return json.loads(file.read(MOST_BYTES + 1))
    except OSError as error:
        raise OptionError(error.strerror or "cannot be read") from None
    except OptionError:
        raise
    except (ValueError, RecursionError):
        raise OptionError("is not a .nam file: it holds no JSON that can be read") from None
