"""Public sets of real people's knob settings, as the learning benchmark reads them."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from profiles.profile import ParameterInfo


FILES = tuple(f"{name}_{part}" for name in ("safe_eq", "fm", "socialfx_reverb") for part in ("wide.csv", "params.json"))


class Setting(NamedTuple):
    """What somebody set for a word: ``values`` (parameters,), raw; ``start`` is where the knobs stood."""

    emotion: str
    values: np.ndarray
    start: np.ndarray


class Study(NamedTuple):
    """One set: its parameters, and each person's settings in order of time."""

    name: str
    parameters: list[ParameterInfo]
    people: Mapping[str, list[Setting]]

    @property
    def defaults(self) -> np.ndarray:
        return np.array([info.default for info in self.parameters])

    @property
    def referenced(self) -> bool:
        """Whether people started from another sound than the defaults."""
        return any((setting.start != self.defaults).any() for settings in self.people.values() for setting in settings)


def equaliser(folder: Path) -> Study:
    """SAFE equaliser (Stables et al., ISMIR 2014): the people in the lab, who set about 20 each.

    The others, who set one or two each at home, would only thin out the prior (+1 % error).
    """
    parameters, people = _read(folder, "safe_eq", lambda row: int(row["order"]))
    return Study("SAFE equaliser", parameters,
                 {user: settings for user, settings in people.items() if user.startswith("lab")})


def synthesiser(folder: Path) -> Study:
    """FM synth (Hayes & Saitis 2020): from a reference sound towards a prompt."""
    return Study("FM synth", *_read(folder, "fm", lambda row: int(row["order"])))


def reverb(folder: Path) -> Study:
    """SocialFX reverb (Zheng, Seetharaman & Pardo, 2016): random settings that people named."""
    return Study("SocialFX reverb", *_read(folder, "socialfx_reverb", lambda row: row["time"]))


def _read(folder: Path, name: str, order) -> tuple[list[ParameterInfo], dict[str, list[Setting]]]:
    with open(folder / f"{name}_params.json", encoding="utf-8") as file:
        parameters = [ParameterInfo(id, spec["default"]) for id, spec in json.load(file).items()]
    defaults = np.array([info.default for info in parameters])
    people: dict[str, list[Setting]] = {}
    with open(folder / f"{name}_wide.csv", newline="", encoding="utf-8") as file:
        for row in sorted(csv.DictReader(file), key=order):
            values = np.array([float(row[info.id]) for info in parameters])
            start = np.array([float(row.get(f"ref_{info.id}", default)) for info, default in zip(parameters, defaults)])
            people.setdefault(row["user"], []).append(Setting(row["descriptor"], values, start))
    return parameters, people
