"""The program's commands: one a file, found by its file's name.

Each has HELP (a line), `add_arguments(parser)` and `run(arguments)`, which returns the exit status.
"""

import importlib
import pkgutil

from rich.console import Console


def names():
    """The names of all commands, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def console(file=None):
    """A console that prints every text as it is: names from files may hold [marks] and :codes:."""
    return Console(file=file, highlight=False, markup=False, emoji=False)


def load(name):
    """The module of a command."""
    return importlib.import_module(f"{__name__}.{name}")
