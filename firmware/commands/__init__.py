"""The program's commands: one a file, found by its file's name.

Each has HELP (a line), `add_arguments(parser)` and `run(arguments)`, which returns the exit status.
"""

import importlib
import pkgutil


def names():
    """The names of all commands, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name):
    """The module of a command."""
    return importlib.import_module(f"{__name__}.{name}")
