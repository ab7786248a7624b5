"""The stick and its twin."""

import os
import subprocess

import pytest

from hw.errors import DriveError
from hw.usb import FolderDrive, MountedDrive


class System:
    """A mount table, and device nodes that come and go."""

    def __init__(self, folder):
        self.folder = folder
        self.table = folder / "mounts"
        self.root = folder / "media"
        self.lines = ["proc /proc proc rw 0 0", f"tmpfs {self.root}/tmp tmpfs rw 0 0"]
        self.plug("mmcblk0p2", "/", "rw,relatime")

    def plug(self, device, point, options="rw,relatime"):
        node = self.folder / device
        node.touch()
        self.lines.append(f"{node} {point} vfat {options} 0 0")
        self.table.write_text("\n".join(self.lines) + "\n")
        return node


@pytest.fixture
def system(tmp_path):
    return System(tmp_path)


@pytest.fixture
def drive(system):
    return MountedDrive(system.root, system.table)


def test_without_a_stick(drive, system):
    assert drive.path() is None
    for call in (drive.writable, drive.eject):
        with pytest.raises(DriveError, match=f"no USB stick below {system.root}: put one in"):
            call()


def test_a_stick(drive, system):
    system.plug("sda1", system.root / "STICK")
    assert drive.path() == drive.writable() == system.root / "STICK"


def test_a_name_with_spaces(drive, system):
    system.plug("sda1", rf"{system.root}/MY\040LITTLE\011STICK")
    assert drive.path() == system.root / "MY LITTLE\tSTICK"


def test_of_several_the_newest(drive, system):
    system.plug("sda1", system.root / "ONE")
    system.plug("sdb1", system.root / "TWO")
    assert drive.path() == system.root / "TWO"


def test_other_places_are_not_the_stick(drive, system):
    system.plug("sda1", system.folder / "elsewhere")
    system.plug("sdb1", f"{system.root}2/STICK")
    system.plug("sdc1", system.root)
    assert drive.path() is None


def test_a_stick_that_was_pulled_is_gone_though_still_mounted(drive, system):
    system.plug("sda1", system.root / "STICK").unlink()
    assert drive.path() is None


@pytest.mark.parametrize("options, read_only", [
    ("ro,relatime", True), ("rw,errors=remount-ro", False), ("noatime,ro", True)])
def test_a_read_only_stick_can_be_read(drive, system, options, read_only):
    system.plug("sda1", system.root / "STICK", options)
    assert drive.path() == system.root / "STICK"
    if read_only:
        with pytest.raises(DriveError, match="STICK is read-only: switch off its write protection"):
            drive.writable()
    else:
        drive.writable()


def test_a_name_in_no_encoding(drive, system):
    system.plug("sda1", system.root / "STICK")
    system.table.write_bytes(system.table.read_bytes().replace(b"STICK", b"ST\xffCK"))
    assert os.fsencode(drive.path()).endswith(b"ST\xffCK")


def test_the_systems_own_table_can_be_read(tmp_path):
    assert MountedDrive(tmp_path).path() is None


@pytest.fixture
def commands(monkeypatch):
    """What would have been run and synced, in order."""
    done = []
    monkeypatch.setattr(os, "sync", lambda: done.append("sync"))
    monkeypatch.setattr(subprocess, "run", lambda command, **options: done.append(command))
    return done


def test_eject_flushes_first(drive, system, commands):
    system.plug("sda1", system.root / "STICK")
    drive.eject()
    assert commands == ["sync", ["umount", str(system.root / "STICK")]]


@pytest.mark.parametrize("error, told", [
    (subprocess.CalledProcessError(32, "umount", stderr="umount: target is busy.\n"), "target is busy"),
    (subprocess.TimeoutExpired("umount", 30), "timed out"),
    (FileNotFoundError(2, "No such file", "umount"), "No such file")])
def test_a_stick_that_cannot_be_let_go(drive, system, monkeypatch, commands, error, told):
    system.plug("sda1", system.root / "STICK")

    def run(*args, **kwargs):
        raise error

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(DriveError, match=f"STICK cannot be let go: .*{told}"):
        drive.eject()


def test_the_twin_is_there_while_its_folder_is(tmp_path, commands):
    drive = FolderDrive(tmp_path / "stick")
    assert drive.path() is None
    for call in (drive.writable, drive.eject):
        with pytest.raises(DriveError, match="folder .*stick is missing or was ejected"):
            call()
    (tmp_path / "stick").mkdir()
    assert drive.path() == drive.writable() == tmp_path / "stick"
    drive.eject()
    assert drive.path() is None and commands == ["sync"]
    drive.insert()
    assert drive.path() == tmp_path / "stick"


def test_the_twin_can_be_read_only(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    drive = FolderDrive(tmp_path)
    assert drive.path() == tmp_path
    with pytest.raises(DriveError, match="is read-only"):
        drive.writable()
    drive.eject()


def test_flush_syncs(commands, drive):
    drive.flush()
    assert commands == ["sync"]
