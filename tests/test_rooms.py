"""The house keeps its rule: who may import whom, and who needs what from outside.

The source is read, not run: what counts is what is written.
"""

import ast
import configparser
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("dsp", "firmware", "hw", "profiles")
SOURCES = {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
           for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))}
# Beside the standard library; impulse responses are other people's files, in any format and rate.
OUTSIDE = {"dsp": {"numpy", "numba", "llvmlite", "soundfile", "soxr"}, "profiles": {"numpy", "onnx"}}
HW_EVERYWHERE = {"numpy", "PIL"}        # what the twins need too; the rest is a vendor's
REGISTRIES = {"dsp/effects", "firmware/commands", "firmware/gestures", "firmware/pages"}
DISTRIBUTIONS = {"PIL": "pillow", "alsaaudio": "pyalsaaudio", "luma": "luma.oled", "RPi": "rpi-lgpio",
                 "llvmlite": "numba"}


def imports(tree, inside=False):
    """Every imported package as (name, whether a function holds the import, line); "." is the own room."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], inside, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else node.module.partition(".")[0], inside, node.lineno
        else:
            yield from imports(node, inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))


def found(room):
    """(file and line, name, inside) of every import in a room."""
    return [(f"{path}:{line}", name, inside) for path, tree in SOURCES.items() if path.startswith(f"{room}/")
            for name, inside, line in imports(tree)]


def from_outside(name):
    return name not in sys.stdlib_module_names and name not in ROOMS and name != "."


def test_the_reader_finds_every_import():
    text = """
import os.path, a.b as c
from d.e import f
from . import g
if True:
    try:
        import h
    except ImportError:
        pass
class K:
    import i
    def m(self):
        with x:
            from j.k import l
async def n(): import o
"""
    assert list(imports(ast.parse(text))) == [
        ("os", False, 2), ("a", False, 2), ("d", False, 3), (".", False, 4), ("h", False, 7), ("i", False, 11),
        ("j", True, 14), ("o", True, 15)]


@pytest.mark.parametrize("room", ["dsp", "hw", "profiles"])
def test_these_rooms_know_no_other(room):
    assert [hit for hit in found(room) if hit[1] in set(ROOMS) - {room} | {"tests", "benchmarks"}] == []


def test_firmware_is_where_they_meet():
    assert {"dsp", "hw", "profiles"} <= {name for _, name, _ in found("firmware")}
    assert not {"tests", "benchmarks"} & {name for _, name, _ in found("firmware")}


@pytest.mark.parametrize("room", OUTSIDE)
def test_these_rooms_need_little_from_outside(room):
    assert [hit for hit in found(room) if from_outside(hit[1]) and hit[1] not in OUTSIDE[room]] == []


def test_the_taste_does_not_wait_for_what_writes_models():
    assert [(name, inside) for _, name, inside in found("profiles") if name == "onnx"] == [("onnx", True)]


def test_vendor_libraries_are_imported_where_they_are_used():
    """A box without a part, and a desk without any, import the room all the same."""
    vendors = [hit for hit in found("hw") if from_outside(hit[1]) and hit[1] not in HW_EVERYWHERE]
    assert {name for _, name, _ in vendors} >= {"alsaaudio", "luma", "RPi"}
    assert [where for where, _, inside in vendors if not inside] == []


def test_what_is_imported_is_asked_for():
    """Every library is named in setup.cfg."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = (config["options"]["install_requires"] + config["options.extras_require"]["pi"]).lower().splitlines()
    named = {re.match(r"[\w.-]*", line)[0] for line in lines}
    hits = [hit for room in ROOMS for hit in found(room) if from_outside(hit[1])]
    assert [hit for hit in hits if DISTRIBUTIONS.get(hit[1], hit[1]).lower() not in named] == []


def test_the_launcher_needs_nothing():
    """It runs before anything is installed."""
    tree = ast.parse((ROOT / "loopmind").read_text(encoding="utf-8"))
    assert [name for name, _, _ in imports(tree) if name not in sys.stdlib_module_names] == []


def test_packages_say_nothing_but_where_files_are_found_by_name():
    spoken = {str(Path(path).parent) for path, tree in SOURCES.items()
              if path.endswith("__init__.py") and len(tree.body) > (ast.get_docstring(tree) is not None)}
    assert spoken == REGISTRIES
    assert all((ROOT / room / "__init__.py").stat().st_size == 0 for room in ROOMS)


def test_every_folder_of_source_is_a_package_and_tests_are_none():
    assert {str(Path(path).parent) for path in SOURCES} == {
        str(Path(path).parent) for path in SOURCES if path.endswith("__init__.py")}
    assert not list((ROOT / "tests").rglob("__init__.py"))      # tests/dsp/__init__.py would shadow dsp
