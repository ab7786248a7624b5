"""The program's commands: one a file, found by its file's name.

Each has HELP (a line), `add_arguments(parser)` and `run(arguments)`, which returns the exit status.
"""

import importlib
import pkgutil

from rich.cells import cell_len, chop_cells
from rich.console import Console


def names():
    """The names of all commands, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def console(file=None):
    """A console that prints every text as it is: names from files may hold [marks] and :codes:."""
    return Console(file=file, highlight=False, markup=False, emoji=False)


def wrapped(sentence, width):
    """A sentence in lines of so many columns; numbers and their units stay together, wide letters take two."""
    from firmware.analysis import whole

    lines = [""]
    for word in whole(sentence).split(" "):
        for part in chop_cells(word, width):
            room = width - cell_len(lines[-1])
            if lines[-1] and cell_len(part) + 1 > room:
                lines.append(part)
            else:
                lines[-1] = f"{lines[-1]} {part}".lstrip(" ")
    return "\n".join(lines).replace("\u00a0", " ")


def load(name):
    """The module of a command."""
    return importlib.import_module(f"{__name__}.{name}")
