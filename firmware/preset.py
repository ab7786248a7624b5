"""Presets: an ordered chain with the position of each knob, as files a person can read.

A file holds values in their units, not knob positions, so that it reads well and keeps its meaning
when a later version widens a knob's range.
"""

import difflib
import itertools
import json
import os
import re
import shlex
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from dsp import effects
from dsp.arena import EFFECTS
from dsp.chain import Block
from dsp.errors import OptionError
from firmware.errors import PresetError
from profiles import atomic, checks

FORMAT, VERSION = "loopmind-preset", 1
SHIPPED = Path(__file__).with_name("presets")
LARGEST = 256 * 1024        # bytes of a preset file
KNOBS = 3                   # encoders that turn something on the Play page
SCENES = 8


@dataclass
class Scene:
    """Other positions for some of a preset's knobs: {(block index, parameter id): raw}."""

    name: str
    raw: dict


@dataclass
class Preset:
    """A named chain.

    blocks : the effects with their knobs, in the order of the sound.
    knobs : up to three (block index, parameter id) that the encoders turn on the Play page.
    scenes : up to eight, for a song's other parts.
    """

    name: str
    blocks: list[Block]
    knobs: list[tuple[int, str]] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)

    def raw_in(self, scene):
        """Where every knob stands, {(block index, parameter id): raw}; scene 0 is the preset itself."""
        return {**{(index, parameter.id): block.raw_of(parameter) for index, block in enumerate(self.blocks)
                   for parameter in block.effect.parameters}, **(self.scenes[scene - 1].raw if scene else {})}

    def name_of(self, scene):
        """A scene's name, "" for the preset itself."""
        return self.scenes[scene - 1].name if scene else ""

    def keep(self, scene, raw):
        """Let every knob stand where {(block index, parameter id): raw} has it, in a scene or in the preset itself."""
        if scene:
            plain = self.raw_in(0)
            self.scenes[scene - 1].raw = {key: place for key, place in raw.items() if place != plain[key]}
            return
        for (index, parameter), place in raw.items():
            self.blocks[index].raw[parameter] = place


def load(path):
    """The preset in a file; PresetError says what is wrong and where."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise PresetError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise PresetError(f"{path} is larger than a preset can be ({LARGEST} bytes)")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path} is not a preset: {error}") from error
    return from_document(document, str(path), Path(path).parent)


def from_document(document, where, folder=""):
    """The preset in a JSON document; `where` names it in errors, in `folder` are the files that it names."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise PresetError(f'{where} is not a preset: it needs "format": "{FORMAT}"')
    if document.get("version") != VERSION:
        raise PresetError(f"{where} has version {document.get('version')!r}; this box reads version {VERSION}")
    name, chain, knobs = document.get("name"), document.get("chain"), document.get("knobs", [])
    if not is_name(name):
        raise PresetError(f"{where}: the name must be a text of 1 to 40 printable characters")
    if not isinstance(chain, list) or len(chain) > EFFECTS:
        raise PresetError(f"{where}: the chain must be a list of at most {EFFECTS} effects")
    blocks = [read_block(entry, f"{where}, effect {number}", folder) for number, entry in enumerate(chain, 1)]
    return Preset(name, blocks, read_knobs(knobs, blocks, where), read_scenes(document.get("scenes", []), blocks, where))


def is_name(name):
    return isinstance(name, str) and 0 < len(name) <= 40 and name.isprintable()


def read_block(entry, where, folder):
    if not isinstance(entry, dict) or not isinstance(entry.get("effect"), str):
        raise PresetError(f'{where} must be an object with "effect": its name')
    if not isinstance(entry.get("on", True), bool):
        raise PresetError(f'{where}: "on" must be true or false')
    values, options = entry.get("values", {}), entry.get("options", {})
    if not isinstance(values, dict) or not isinstance(options, dict):
        raise PresetError(f'{where}: "values" and "options" must be objects')
    return make_block(entry["effect"], {**values, **options}, entry.get("on", True), where, folder)


def make_block(id, given, on, where, folder=""):
    """A block from an effect's name and {parameter or option: value}, each checked."""
    if id not in effects.names():
        raise PresetError(f"{where}: there is no effect {id!r}; {suggest(id, effects.names())}")
    block = Block(effects.load(id), on=on)
    known = [parameter.id for parameter in block.effect.parameters]
    options = [option.id for option in block.effect.options]
    for name, value in given.items():
        if name in known:
            block.raw[name] = read_value(block.effect.parameter(name), value, f"{where}, {id}")
        elif name in options:
            block.options[name] = read_option(block.effect.option(name), value, f"{where}, {id}", folder)
        else:
            raise PresetError(f"{where}: {id} has no parameter {name!r}; {suggest(name, known + options)}")
    return block


def read_option(option, given, where, folder):
    """An option's value; a file stands in `folder` unless its name says where, "~" is the player's home."""
    try:
        value = option.read(given)
    except OptionError as error:
        raise PresetError(f"{where}: {error}") from error
    return os.path.join(folder, os.path.expanduser(value)) if option.kind == "file" else value


def read_value(parameter, given, where):
    """The knob position for a value given as a number, as its text, or as a choice's name."""
    if parameter.taper == "choice" and given in parameter.choices:
        return parameter.to_raw(parameter.choices.index(given))
    try:
        value = float(given)
    except (TypeError, ValueError, OverflowError):
        value = None
    if value is None or isinstance(given, bool) or not parameter.low <= value <= parameter.high:
        raise PresetError(f"{where}: {parameter.id} = {shown(given)} is not {allowed(parameter)}")
    return parameter.to_raw(value)


def shown(given):
    """What was given as it was written, or, where that is no plain text, as a short description."""
    return given if isinstance(given, str) and given.isprintable() and len(given) <= 40 else checks.shown(given)


def allowed(parameter):
    """What a parameter takes, in words."""
    if parameter.taper == "choice":
        return "one of " + ", ".join(parameter.choices)
    return f"a number from {parameter.low:g} to {parameter.high:g} {parameter.unit}".rstrip()


def read_knobs(knobs, blocks, where):
    """The Play page's parameters, by their names."""
    if not isinstance(knobs, list) or len(knobs) > KNOBS:
        raise PresetError(f'{where}: "knobs" must be a list of at most {KNOBS} names like "reverb.mix"')
    names = knob_names(blocks)
    return [key_named(name, names, where) for name in knobs]


def read_scenes(scenes, blocks, where):
    """A preset's scenes; each names only the knobs that stand elsewhere in it."""
    if not isinstance(scenes, list) or len(scenes) > SCENES:
        raise PresetError(f'{where}: "scenes" must be a list of at most {SCENES}')
    return [read_scene(entry, blocks, f"{where}, scene {number}") for number, entry in enumerate(scenes, 1)]


def read_scene(entry, blocks, where):
    if not isinstance(entry, dict) or not is_name(entry.get("name")) or not isinstance(entry.get("values"), dict):
        raise PresetError(f'{where} must be an object with "name" and "values" like {{"reverb.mix": 0.5}}')
    names, raw = knob_names(blocks), {}
    for name, value in entry["values"].items():
        index, parameter = key = key_named(name, names, where)
        raw[key] = read_value(blocks[index].effect.parameter(parameter), value, f"{where}, {blocks[index].effect.id}")
    return Scene(entry["name"], raw)


def knob_names(blocks):
    """{"effect.parameter": (block index, parameter id)}; "effect#2.parameter" is the second such effect's."""
    names, counts = {}, Counter()
    for index, block in enumerate(blocks):
        counts[block.effect.id] += 1
        which = f"#{counts[block.effect.id]}" if counts[block.effect.id] > 1 else ""
        names.update({f"{block.effect.id}{which}.{parameter.id}": (index, parameter.id)
                      for parameter in block.effect.parameters})
    return names


def key_named(name, names, where):
    if not isinstance(name, str) or name not in names:
        raise PresetError(f"{where}: the knob {name!r} is no parameter of this chain")
    return names[name]


def parse_chain(text):
    """The blocks of a chain in words: 'overdrive drive_db=20 | nam model="My Amp.nam" | delay mix=0.3'."""
    blocks = []
    for number, words in enumerate(split_words(text), 1):
        where = f"chain, effect {number}"
        if not words:
            raise PresetError(f"{where} is empty; write effects like 'overdrive drive_db=20 | delay mix=0.3'")
        given = {}
        for name, value in (read_setting(word, where) for word in words[1:]):
            if name in given:
                raise PresetError(f"{where}: {name} is given twice")
            given[name] = value
        blocks.append(make_block(words[0], given, True, where))
    if len(blocks) > EFFECTS:
        raise PresetError(f"the chain has {len(blocks)} effects; {EFFECTS} is the most")
    return blocks


def split_words(text):
    """The words of each effect of a chain, parted by |; what stands in quotes is one word."""
    reader = shlex.shlex(text, posix=True, punctuation_chars="|")
    reader.whitespace_split, reader.commenters = True, ""       # a key may be C#
    parts = [[]]
    try:
        for word in reader:
            if word.strip("|"):
                parts[-1].append(word)
            else:
                parts += [[] for _ in word]
    except ValueError:
        raise PresetError("the chain has a quotation mark or a backslash too many") from None
    return parts


def read_setting(word, where):
    name, sign, value = word.partition("=")
    if not (name and sign and value):
        raise PresetError(f"{where}: {word!r} is not of the form parameter=value")
    return name, value


def suggest(name, known):
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else "there are: " + ", ".join(known)


def to_document(preset, folder=None):
    """The JSON document of a preset, with values in their units; files within `folder` are named from there on."""
    names = {key: name for name, key in knob_names(preset.blocks).items()}
    document = {"format": FORMAT, "version": VERSION, "name": preset.name, "knobs": [names[key] for key in preset.knobs],
                "chain": [block_document(block, folder) for block in preset.blocks]}
    if preset.scenes:
        document["scenes"] = [{"name": scene.name, "values": {
            names[key]: readable(preset.blocks[key[0]].effect.parameter(key[1]), raw) for key, raw in scene.raw.items()}}
            for scene in preset.scenes]
    return document


def block_document(block, folder):
    document = {"effect": block.effect.id, "on": block.on,
                "values": {parameter.id: readable(parameter, block.raw_of(parameter))
                           for parameter in block.effect.parameters}}
    if block.options:
        document["options"] = {id: from_folder(value, folder) if block.effect.option(id).kind == "file" else value
                               for id, value in block.options.items()}
    return document


def from_folder(name, folder):
    """A file's name from the folder on, so that a preset and its files may move together."""
    path = Path(name)
    return str(path.relative_to(folder)) if folder and path.is_relative_to(folder) else name


def readable(parameter, raw):
    """A value short enough to read and exact enough to give the same sound: 6 significant digits."""
    value = parameter.to_value(raw)
    return parameter.choices[int(value)] if parameter.taper == "choice" else float(f"{value:.6g}")


class Library:
    """The presets a player can choose: the shipped ones, and his own over them, by name.

    folder : his own; made when something is saved.
    """

    def __init__(self, folder):
        self.folder = Path(folder)

    def names(self):
        """All names, in alphabetical order."""
        return sorted(self._paths())

    def load(self, name):
        """The preset of this name; PresetError where there is none or it is broken."""
        paths = self._paths()
        if name not in paths:
            raise PresetError(f"there is no preset {name!r}; {suggest(name, sorted(paths))}")
        return load(paths[name])

    def save(self, preset):
        """Keep a preset among the player's own; a shipped one of the same name stays underneath."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(to_document(preset, self.folder), indent=2, ensure_ascii=False)
        atomic.write(self._path_for(preset.name), text.encode())

    def _paths(self):
        return {**paths_in(SHIPPED), **paths_in(self.folder)}

    def _path_for(self, name):
        """The file that holds a preset of this name, or a new one: "A/B" and "A B" share none."""
        stem = re.sub(r"[^\w-]+", "_", name).strip("_") or "preset"    # any file system takes these
        own = (self.folder / f"{stem}{number or ''}.json" for number in itertools.count())
        return paths_in(self.folder).get(name) or next(path for path in own if not path.exists())


def paths_in(folder):
    """The preset files of a folder, by the names they give."""
    return {name_in(path): path for path in sorted(folder.glob("*.json"))}


def name_in(path):
    """The name a preset file gives, or its file's name where it cannot be read."""
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["name"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return path.stem
    return name if is_name(name) else path.stem
