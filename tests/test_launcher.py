"""The launcher: what it reads, what it decides, and how it hands over. No network, no root."""
import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "loopmind"
SETUP_CFG = """\
[options]
install_requires =
    numpy>=2
    rich>=13

[options.extras_require]
# a comment
pi =
    rpi-lgpio>=0.6
test =
    pytest>=8
    rpi-lgpio>=0.6
"""
PROGRAM = """\
import os, sys
print(sys.argv[1:], os.getcwd(), os.environ["OPENBLAS_NUM_THREADS"])
sys.exit(7)
"""


def load(path):
    loader = SourceFileLoader("launcher", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("launcher", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path):
    """A checkout of the launcher and a program that prints what it was given."""
    folder = tmp_path / "a box"
    (folder / "firmware").mkdir(parents=True)
    (folder / "firmware" / "__main__.py").write_text(PROGRAM)
    (folder / "setup.cfg").write_text(SETUP_CFG)
    shutil.copy(SCRIPT, folder)
    return folder


@pytest.fixture
def launcher(checkout):
    return load(checkout / "loopmind")


@pytest.fixture
def environment(checkout, launcher, monkeypatch):
    """A real .venv, empty but stamped as if all requirements were in it; made without ensurepip, which is slow."""
    run = launcher.run
    with monkeypatch.context() as patch, open(launcher.LOG, "w") as log:
        patch.setattr(launcher, "run", lambda command, log: run([*command, "--without-pip"], log))
        launcher.make_environment(log)
    stamp(launcher, launcher.requirements("test"))
    return checkout / ".venv"


def stamp(launcher, present):
    launcher.write_stamp("\n".join([os.path.realpath(launcher.PYTHON), *present]))


def launch(script, *arguments, cwd):
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    return subprocess.run([sys.executable, script, *arguments], cwd=cwd, env=environment,
                          capture_output=True, text=True)


def test_requirements_are_the_programs_own(launcher):
    assert launcher.requirements() == ["numpy>=2", "rich>=13"]


def test_extras_join_without_repeats(launcher):
    assert launcher.requirements("test", pi=True) == ["numpy>=2", "rich>=13", "rpi-lgpio>=0.6", "pytest>=8"]


def test_the_projects_own_requirements_can_be_read():
    needed = load(SCRIPT).requirements("test", pi=True)
    assert any(line.startswith("numba") for line in needed)
    assert not any("#" in line for line in needed)


@pytest.mark.parametrize("model, expected", [
    (b"Raspberry Pi 4 Model B Rev 1.5\0", True), (b"Radxa ROCK 5B\0", False), (None, False)])
def test_a_raspberry_pi_says_so_itself(launcher, tmp_path, model, expected):
    file = tmp_path / "model"
    if model:
        file.write_bytes(model)
    assert launcher.on_raspberry_pi(file) is expected


def test_an_old_python_is_refused(launcher):
    with pytest.raises(launcher.Stop, match="needs Python 3.11 or newer; this is Python 3.9") as stop:
        launcher.check_machine((3, 9, 2), sys.maxsize)
    assert stop.value.status == 2


def test_a_32_bit_system_is_refused(launcher):
    with pytest.raises(launcher.Stop, match="64-bit"):
        launcher.check_machine((3, 11), 2 ** 31 - 1)


def test_python_3_8_can_read_the_launcher():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 8))


def test_nothing_is_prepared_without_a_stamp(launcher):
    assert not launcher.prepared([])


def test_a_stamp_holds_for_its_requirements_and_fewer(launcher, environment):
    stamp(launcher, ["numpy>=2", "rich>=13"])
    assert launcher.prepared(["numpy>=2", "rich>=13"])
    assert launcher.prepared(["numpy>=2"])
    assert not launcher.prepared(["numpy>=3"])


@pytest.mark.parametrize("kept", [0, 1, -1])
def test_a_stamp_cut_short_is_none(launcher, environment, kept):
    whole = Path(launcher.STAMP).read_text()
    Path(launcher.STAMP).write_text(whole[:kept])
    assert not launcher.prepared(launcher.requirements("test"))


def test_a_stamp_falls_with_its_python(launcher, environment):
    python = Path(launcher.PYTHON)
    python.unlink()
    assert not launcher.prepared([])
    python.symlink_to("/bin/sh")
    assert not launcher.prepared([])


def test_only_missing_packages_are_asked_for(launcher):
    needs = [("gcc", "to build", "/usr/bin/gcc"), ("swig", "to build", None), ("libasound2-dev", "for sound", False)]
    assert launcher.missing(needs) == {"swig": "to build", "libasound2-dev": "for sound"}


@pytest.mark.parametrize("version, needed, expected", [
    ((3, 13), ["rpi-lgpio>=0.6"], True), ((3, 11), ["rpi-lgpio>=0.6"], False), ((3, 13), ["numpy>=2"], False)])
def test_swig_is_for_lgpio_on_a_new_python(launcher, monkeypatch, version, needed, expected):
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    assert ("swig" in [package for package, *_ in launcher.debian_needs(needed)]) is expected


def test_without_root_the_packages_are_named_for_doing_by_hand(launcher, monkeypatch):
    monkeypatch.setattr(launcher, "debian_needs", lambda needed: [("gcc", "to build", None), ("swig", "", None)])
    monkeypatch.setattr(launcher, "way_to_root", lambda: None)
    with pytest.raises(launcher.Stop, match="apt-get install gcc swig") as stop:
        launcher.install_debian_packages([], None)
    assert stop.value.status == 2


def test_packages_are_tried_again_with_new_lists_after_a_repair(launcher, monkeypatch):
    ran, present = [], []

    def run(command, log):
        ran.append(next(word for word in command if word in ("install", "update", "--configure")))
        if ran == ["install", "--configure", "update", "install"]:
            present.append("gcc")
        return 0 if present else 100

    monkeypatch.setattr(launcher, "debian_needs", lambda needed: [("gcc", "to build", present)])
    monkeypatch.setattr(launcher, "way_to_root", lambda: [])
    monkeypatch.setattr(launcher, "run", run)
    launcher.install_debian_packages([], None)
    assert ran == ["install", "--configure", "update", "install"]


def test_a_failed_pip_leaves_a_working_environment_alone(launcher, environment, monkeypatch):
    monkeypatch.setattr(launcher, "run", lambda *command, **environment: 1)
    Path(launcher.LOG).write_text("Collecting scipy\nERROR: No matching distribution found for scipy\n")
    before = Path(launcher.STAMP).read_text()
    with pytest.raises(launcher.Stop, match="No matching distribution found for scipy") as stop:
        launcher.install_python_packages(["scipy"], None)
    assert stop.value.status == 1
    assert Path(launcher.STAMP).read_text() == before


def test_a_killed_pip_leaves_no_stamp(launcher, environment, monkeypatch):
    def killed(*command, **environment):
        raise KeyboardInterrupt

    monkeypatch.setattr(launcher, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        launcher.install_python_packages(["scipy"], None)
    assert not launcher.prepared([])


def test_what_a_command_says_goes_to_the_log_and_its_steps_to_the_screen(launcher, tmp_path, capsys):
    with open(tmp_path / "log", "w") as log:
        assert launcher.run(["sh", "-c", "echo Collecting numpy; echo details; exit 3"], log) == 3
    assert (tmp_path / "log").read_text().endswith("Collecting numpy\ndetails\n")
    assert capsys.readouterr().err == "  Collecting numpy\n"


def test_the_program_gets_arguments_folder_and_status(checkout, environment, tmp_path):
    (tmp_path / "link").symlink_to(checkout / "loopmind")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "firmware").mkdir(parents=True)  # must not be taken for the box's own
    done = launch(tmp_path / "link", "render", "in.wav", "--float", cwd=elsewhere)
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == f"['render', 'in.wav', '--float'] {elsewhere} 1\n"


def test_the_folder_may_be_moved(checkout, environment, tmp_path):
    moved = checkout.rename(tmp_path / "moved")
    assert launch(moved / "loopmind", "presets", cwd=tmp_path).returncode == 7


def test_setup_ends_with_compiling(checkout, environment, tmp_path):
    done = launch(checkout / "loopmind", "setup", cwd=tmp_path)
    assert done.stdout.startswith("['warm']")


def test_pytest_runs_in_the_checkout_with_its_own_status(checkout, environment, tmp_path):
    site_packages = next(environment.glob("lib/python*/site-packages"))
    (site_packages / "pytest.py").write_text("import os, sys\nprint(sys.argv[1:], os.getcwd())\nsys.exit(5)\n")
    done = launch(checkout / "loopmind", "test", "-k", "dsp", cwd=tmp_path)
    assert done.stdout == f"['-k', 'dsp'] {checkout}\n"
    assert done.returncode == 5
