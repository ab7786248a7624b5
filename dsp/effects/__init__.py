"""The collection: one effect a file, found by its file's name."""

import importlib
import pkgutil


def names():
    """The ids of all effects, in alphabetical order, without importing any of them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(id):
    """The effect with this id; KeyError where there is none."""
    if id not in names():
        raise KeyError(id)
    return importlib.import_module(f"{__name__}.{id}").EFFECT
