"""What the pages promise."""

import importlib.util
import re
from pathlib import Path

import pytest

from firmware import commands, gestures
from firmware.__main__ import make_parser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_reference_of_the_effects_is_up_to_date():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "effects.md").read_text(encoding="utf-8") == module.reference(), (
        "run: .venv/bin/python docs/reference.py")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    for target in (target for target in targets if "://" not in target):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_in_the_readme_exists():
    """And its options: each line is parsed as the program would."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    \./loopmind ([^#\n]+)", text, re.MULTILINE)
    assert len(lines) >= 6
    for line in lines:
        words = [word.strip("'\"") for word in re.findall(r"'[^']*'|\"[^\"]*\"|\S+", line)]
        if words[0] not in ("test", "setup"):
            assert make_parser().parse_args(words).command in [commands.load(name) for name in commands.names()]


def test_the_configuration_names_every_gesture():
    text = (ROOT / "firmware" / "box.cfg").read_text(encoding="utf-8")
    listed = re.search(r"short and long press \(0\.5 s\), from left to right: ([^.]+)\.", text).group(1)
    assert sorted(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", listed))) == gestures.names()
