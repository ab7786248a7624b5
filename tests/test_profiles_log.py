"""The adjustment log: whole lines survive whatever happens to the file."""

import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.errors import ProfileError
from profiles.log import AdjustmentLog, read, seal, unseal

ADJUST = {"kind": "adjust", "plugin": "reverb", "parameter": "mix", "old": 0.35, "new": 0.62,
          "emotion": "träumerisch \"x\"", "time": 5.0, "age": 4.0}


def written(path, n=5):
    log = AdjustmentLog(path)
    records = [log.append({**ADJUST, "new": i / n}) for i in range(n)]
    log.close()
    return records


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.log"


def test_what_was_appended_is_read_again(path):
    records = written(path)
    log = AdjustmentLog(path)
    assert (log.records, log.torn, log.corrupt) == (records, 0, 0)
    assert [record["n"] for record in records] == [1, 2, 3, 4, 5]
    assert log.append(ADJUST)["n"] == 6


def test_cut_at_every_byte_loses_only_the_torn_line(path):
    records = written(path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        log = AdjustmentLog(path)
        lines = whole[:size].count(b"\n")
        assert log.records == records[:lines] and log.corrupt == 0
        assert log.torn == size - (whole[:size].rfind(b"\n") + 1)
        assert log.append(ADJUST)["n"] == lines + 1
        log.close()
        again = AdjustmentLog(path)
        assert len(again.records) == lines + 1 and again.torn == 0
        again.close()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=12))
def test_corruption_in_the_middle_is_skipped_and_counted(tmp_path_factory, where, noise):
    path = tmp_path_factory.mktemp("log") / "a.log"
    records = written(path)
    content = bytearray(path.read_bytes())
    where %= len(content) - len(noise)
    content[where:where + len(noise)] = noise
    path.write_bytes(content)
    log = AdjustmentLog(path)
    assert all(record in records for record in log.records)
    assert len(log.records) >= 5 - (1 + len(noise))  # noise touches as many lines as it has bytes, plus one
    assert len(log.records) + log.corrupt + bool(log.torn) >= 3 or b"\n" in noise
    log.close()


def test_a_line_written_twice_counts_once(path):
    records = written(path)
    first = path.read_bytes().split(b"\n")[0] + b"\n"
    path.write_bytes(path.read_bytes() + first)
    log = AdjustmentLog(path)
    assert log.records == records and log.corrupt == 1


@pytest.mark.parametrize("record", [
    {"n": 1, "kind": "party"}, {"n": 1}, {"n": 0, **ADJUST}, {"n": True, **ADJUST}, {"n": 1, **ADJUST, "new": 1.5},
    {"n": 1, **ADJUST, "emotion": ""}, {"n": 1, **ADJUST, "time": 1e300}, {"n": 1, **ADJUST, "plugin": ["x"]},
    {"n": 1, "kind": ["adjust"]}])
def test_a_sealed_line_of_the_wrong_shape_is_refused(record):
    with pytest.raises(ProfileError):
        unseal(seal(record)[:-1])


def test_numbers_go_on_above_another_boxs(path):
    written(path)
    log = AdjustmentLog(path)
    log.skip_to(100)
    log.skip_to(50)
    assert log.append(ADJUST)["n"] == 100


def test_a_full_disk_is_a_clear_error_and_leaves_whole_lines(path, monkeypatch):
    records = written(path)
    log = AdjustmentLog(path)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ProfileError, match="a.log.*No space"):
            log.append(ADJUST)
    assert AdjustmentLog(path).records == records
    assert log.append(ADJUST)["n"] == 6


def test_no_folder_is_a_clear_error(tmp_path):
    with pytest.raises(ProfileError, match="cannot be opened"):
        AdjustmentLog(tmp_path / "missing" / "a.log")


CHILD = """
import sys
from profiles.log import AdjustmentLog
log = AdjustmentLog(sys.argv[1])
while True:
    n = log.append({"kind": "start", "time": 0.0, "age": 0.0})["n"]
    sys.stdout.write(f"{n}\\n"); sys.stdout.flush()
"""


def test_kill_9_loses_nothing_that_was_confirmed(path):
    confirmed = 0
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", CHILD, path], stdout=subprocess.PIPE)
        for _ in range(25):
            confirmed = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = child.communicate()[0].decode()
        confirmed = max([confirmed, *map(int, rest.split("\n")[:-1])])
        log = AdjustmentLog(path)
        assert [record["n"] for record in log.records] == list(range(1, len(log.records) + 1))
        assert len(log.records) >= confirmed and log.corrupt == 0
        log.close()


def test_reading_beside_the_writer_changes_nothing(path):
    """A line without its newline is not whole yet, and not the reader's to cut off."""
    records = written(path)
    path.write_bytes(path.read_bytes()[:-1])
    before = path.read_bytes()
    assert read(path) == records[:-1] and path.read_bytes() == before
    with pytest.raises(ProfileError, match="cannot be read"):
        read(path.with_name("missing.log"))
