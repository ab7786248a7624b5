"""What a footswitch can do: one gesture a file, found by its file's name.

Each has `act(panel)`, and its docstring's first line is its description.
"""

import importlib
import pkgutil


def names():
    """The names of all gestures, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name):
    """The function `act(panel)` of a gesture."""
    return importlib.import_module(f"{__name__}.{name}").act
