"""The stick, played through the box's pins."""

import pytest

from profiles import document, exchange
from profiles.profile import new_profile
from tests.stage import KNOB_1, KNOB_2, go_to


@pytest.fixture
def usb(stage):
    go_to(stage, "usb")
    stage.run(1.1)
    return stage


def choose(stage, label):
    """Turn to a line of the USB page and push."""
    items = stage.view().usb.items
    stage.turn(KNOB_1, items.index(label) - stage.view().usb.cursor)
    assert stage.view().usb.items[stage.view().usb.cursor] == label
    stage.push(KNOB_1)
    stage.run(0.1)
    return stage.view().message


def test_the_usb_page_shows_the_stick(usb):
    assert usb.view().usb.present and usb.view().usb.items == ("Export Me", "Eject", "New profile")
    assert usb.view().usb.cursor == 0


def test_a_stick_that_comes_or_goes_shows_within_a_second(usb, config):
    config.usb.mount.rmdir()
    usb.run(1.1)
    assert not usb.view().usb.present
    config.usb.mount.mkdir()
    exchange.export(new_profile("Anna"), config.usb.mount)
    usb.run(1.1)
    assert "Import Anna" in usb.view().usb.items


def test_export_import_new_use_and_eject(usb, config):
    assert choose(usb, "Export Me") == "Me is on the stick"
    assert document.read(config.usb.mount / "Me.loopmind.json").name == "Me"
    assert choose(usb, "New profile") == "Profile plays"
    assert usb.view().profile == "Profile"
    assert choose(usb, "Use Me") == "Me plays"
    exchange.export(new_profile("Anna"), config.usb.mount)
    usb.run(1.1)
    assert choose(usb, "Import Anna") == "Anna is in the box"
    assert "Use Anna" in usb.view().usb.items
    assert choose(usb, "Eject") == "The stick may go"
    assert not usb.view().usb.present


def test_a_stick_pulled_under_the_cursor_is_a_message(usb, config):
    config.usb.mount.rmdir()
    usb.turn(KNOB_2, +1)
    usb.push(KNOB_1)
    usb.run(0.1)
    assert "no stick" in usb.view().message
    usb.push(KNOB_1)                            # the cursor stands beyond what is left
    usb.run(0.1)
    assert usb.view().usb.items == ("New profile",)
