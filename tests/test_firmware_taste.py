"""The trainer's place in the box: what is on the disk and when, sticks, broken files, and who waits for whom."""

import errno
import os
import shutil
import signal
import threading
import time
from dataclasses import replace

import pytest

from firmware.disk import Disk
from firmware.supervisor import Part
from firmware.taste import Item, Taste
from hw.usb import FolderDrive
from profiles import document, exchange
from profiles.profile import new_profile
from profiles.store import ProfileStore
from tests.stage import LONGEST_S, until

EMOTIONS = ("calm", "dreamy", "dark")
MIX = ("delay", "mix", "dreamy")


def settings(known):
    """{(plugin, parameter, emotion): settled adjustments} of the habits that are known."""
    return {trend[:3]: trend.settings for trend in known.trends}


class Player:
    """A taste and somebody who turns knobs; time is the test's."""

    def __init__(self, home, stick, disk=None, prior="none"):
        self.home, self.stick = home, stick
        self.now = 1000.0
        self.disk = disk or Disk(inline=True)
        self.drive = FolderDrive(stick)
        self.taste = Taste(home, "Me", prior, EMOTIONS, self.drive, self.disk, lambda: self.now)

    @property
    def known(self):
        return self.taste.known

    @property
    def log(self):
        return "".join(path.read_text() for path in sorted((self.home / "logs").glob("*.log")))

    def turn(self, old=0.3, new=0.8, key=MIX):
        plugin, parameter, emotion = key
        self.taste.moved(plugin, parameter, old, new, emotion)

    def wait(self, seconds):
        self.now += seconds
        self.taste.tick()

    def learn(self, old=0.3, new=0.8, key=MIX):
        """One session with one adjustment."""
        self.turn(old, new, key)
        self.wait(1.5)
        self.taste.end_session()

    def do(self, verb, name=""):
        self.taste.do(Item(verb, name))
        return self.known.message

    def offered(self):
        self.taste.look_at_stick()
        return [item.label for item in self.known.items]

    def saved(self, name="Me"):
        return ProfileStore(self.home / "profiles").load(name).profile


@pytest.fixture
def player(tmp_path, machine_code, swift_disk):
    (tmp_path / "stick").mkdir()
    return Player(tmp_path / "home", tmp_path / "stick")


def test_a_new_player_has_a_profile_and_nothing_learnt(player):
    known = player.known
    assert (known.profile, known.sessions, known.learning, known.trends, known.message) == ("Me", 0, True, (), "")
    assert player.saved().own.sessions == 0


def test_a_settled_adjustment_is_on_the_disk_at_once(player):
    player.turn()
    player.wait(0.9)
    assert '"adjust"' not in player.log and player.known.adjustments == 0
    player.wait(0.2)
    assert '"kind":"adjust","plugin":"delay","parameter":"mix","old":0.3,"new":0.8,"emotion":"dreamy"' in player.log
    assert player.known.adjustments == 1
    assert (player.known.last.plugin, player.known.last.new) == ("delay", 0.8)


def test_a_sweep_is_one_adjustment(player):
    for step in range(40):
        player.turn(0.3 + step / 100, 0.31 + step / 100)
        player.wait(0.05)
    player.wait(2.0)
    assert player.known.adjustments == 1
    assert (player.known.last.old, player.known.last.new) == (0.3, pytest.approx(0.7))


def test_the_end_of_a_session_is_learnt_saved_and_suggested(player):
    player.learn()
    known = player.known
    assert (known.sessions, known.adjustments) == (1, 0)
    assert known.suggestions[MIX].value == pytest.approx(0.8, abs=0.05) and known.suggestions[MIX].confidence > 0.5
    assert known.suggestions["delay", "mix", "calm"].confidence == 0, "under another emotion nothing is known"
    assert settings(known) == {MIX: 1}
    assert player.saved().own.sessions == 1


def test_what_has_settled_is_suggested_the_same_evening(player):
    player.turn()
    player.wait(1.5)
    known = player.known
    assert known.suggestions[MIX].value == pytest.approx(0.8, abs=0.05) and known.suggestions[MIX].confidence > 0.5
    assert (known.sessions, known.trends) == (0, ()) and player.saved().own.sessions == 0
    player.taste.end_session()
    assert player.known.suggestions == known.suggestions and player.saved().own.sessions == 1


def test_what_is_pending_when_the_session_ends_is_learnt_too(player):
    player.turn()
    player.taste.end_session()
    assert player.known.suggestions[MIX].confidence > 0.5


def test_learning_off_ends_the_session_and_hears_nothing_more(player):
    player.turn()
    player.taste.set_learning(False)
    assert (player.known.learning, player.known.sessions) == (False, 1)
    player.learn(0.8, 0.1)
    assert player.known.sessions == 1 and player.known.suggestions[MIX].value > 0.7
    player.taste.set_learning(True)
    player.learn(0.8, 0.1)
    assert (player.known.learning, player.known.sessions) == (True, 2)


def test_forgetting_takes_the_last_session_out_again(player):
    player.learn()
    player.learn(0.8, 0.1)
    player.taste.forget()
    assert player.known.sessions == 1 and player.known.message == "Forgot 1 setting"
    assert player.known.suggestions[MIX].value == pytest.approx(0.8, abs=0.05)
    assert player.saved().own.sessions == 1


def test_forgetting_takes_the_running_session_first(player):
    player.learn()
    player.turn(0.8, 0.1)
    player.wait(1.1)
    player.taste.forget()
    assert player.known.sessions == 1
    assert player.known.suggestions[MIX].value == pytest.approx(0.8, abs=0.05)


def test_with_nothing_to_forget_it_says_so(player):
    player.taste.forget()
    assert player.known.message == "There is no session to forget"


def test_what_was_learnt_is_there_at_the_next_start(player):
    player.learn()
    again = Player(player.home, player.stick)
    assert again.known.suggestions == player.known.suggestions
    assert again.known.trends == player.known.trends and again.known.message == ""


def test_a_kill_in_the_middle_of_playing_loses_nothing_that_had_settled(tmp_path, machine_code, swift_disk):
    """SIGKILL as the power cut: the session was never ended, the profile never saved."""
    home, ready = tmp_path / "home", tmp_path / "ready"

    def play():
        player = Player(home, tmp_path)
        player.turn()
        player.wait(1.5)
        player.turn(0.5, 0.9, ("overdrive", "drive_db", "dark"))    # never settles
        ready.touch()
        while True:
            time.sleep(1.0)

    part = Part("the player", play)
    part.start()
    until(ready.exists)
    os.kill(part.pid, signal.SIGKILL)
    until(lambda: not part.alive())
    assert ProfileStore(home / "profiles").load("Me").profile.own.sessions == 0
    again = Player(home, tmp_path)
    assert again.known.suggestions[MIX].value == pytest.approx(0.8, abs=0.05)
    assert (again.known.sessions, settings(again.known)) == (1, {MIX: 1})
    assert again.saved().own.sessions == 1, "and now it is saved"
    assert Player(home, tmp_path).known.sessions == 1, "once"


def test_a_log_cut_in_the_middle_of_a_line_is_no_fault(player):
    player.turn()
    player.wait(1.5)
    path, = (player.home / "logs").glob("*.log")
    whole = path.read_bytes()
    path.write_bytes(whole + whole[-40:-7])
    again = Player(player.home, player.stick)
    assert (again.known.sessions, again.known.message) == (1, "")


def test_a_broken_profile_is_kept_aside_and_said(player):
    player.learn()
    path = player.home / "profiles" / "Me.json"
    path.write_bytes(b'{"format": "loopmind-style-profile", "version": 1, "id"')
    again = Player(player.home, player.stick)
    assert again.known.profile == "Me" and again.known.trends == ()
    assert "Me.broken-1.json; Me starts neutral" in again.known.message
    assert path.with_name("Me.broken-1.json").read_bytes().endswith(b'"id"')
    again.learn()
    assert Player(player.home, player.stick).known.sessions == 1, "and the box learns on"


def test_a_log_that_cannot_be_written_is_said_and_learning_goes_on(player, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        player.turn()
        player.wait(1.5)
        assert "No space left on device" in player.known.message
        player.taste.end_session()
    assert player.known.suggestions[MIX].confidence > 0.5


def test_a_full_card_keeps_what_was_learnt_in_the_sound_and_says_so(player, monkeypatch):
    player.turn()
    player.wait(1.5)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refusing(player.home))
        player.taste.end_session()
    assert "Me.json: cannot be written: No space left on device" in player.known.message
    assert player.known.suggestions[MIX].confidence > 0.5
    assert player.saved().own.sessions == 0
    player.learn(0.8, 0.85)
    assert player.saved().own.sessions == 2, "saved whole as soon as there is room"


def refusing(folder):
    """os.replace for a disk that is full below a folder."""
    real = os.replace

    def replace_unless_full(source, target):
        if folder in target.parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(source, target)

    return replace_unless_full


# The stick

def test_what_the_usb_page_offers(player):
    assert player.offered() == ["Export Me", "Eject", "New profile"] and player.known.stick
    ProfileStore(player.home / "profiles").save(new_profile("Kim"))
    exchange.export(new_profile("Anna"), player.stick)
    assert player.offered() == ["Export Me", "Import Anna", "Use Kim", "Eject", "New profile"]


def test_without_a_stick_only_the_box_is_offered(player):
    player.stick.rmdir()
    assert player.offered() == ["New profile"] and not player.known.stick


def test_export_takes_the_running_session_along(player):
    player.turn()
    assert player.do("export", "Me") == "Me is on the stick"
    exported = document.read(player.stick / "Me.loopmind.json")
    assert exported.own.sessions == 1 and set(exported.own.habits) == {MIX[:2]}


def test_a_profile_goes_on_a_stick_from_box_to_box(player, tmp_path):
    player.learn()
    player.do("export", "Me")
    other = Player(tmp_path / "other box", player.stick)
    assert other.do("import", "Me") == "Me 2 is in the box"
    assert other.known.profile == "Me" and "Use Me 2" in other.offered()
    assert other.do("use", "Me 2") == "Me 2 plays"
    assert other.known.suggestions[MIX] == player.known.suggestions[MIX]
    assert Player(tmp_path / "other box", player.stick).known.profile == "Me 2", "at the next start, too"


def test_an_import_into_the_profile_that_plays_keeps_both_sides(player):
    """The stick holds this profile with a friend folded in; here a session is under way."""
    friend = new_profile("Friend")
    mine = player.saved()
    exchange.export(replace(mine, members={**mine.members, friend.id: friend.own}), player.stick)
    player.turn()
    player.wait(1.5)
    assert player.do("import", "Me") == "Me is in the box"
    assert friend.id in player.saved().members
    assert player.saved().own.sessions == 1 and player.known.suggestions[MIX].confidence > 0.5


def test_what_was_learnt_on_another_box_meanwhile_stands_beside(player, tmp_path):
    """The stick went to another box, and both played on: the one that learnt more must not swallow the other."""
    player.learn()
    player.do("export", "Me")
    there = Player(tmp_path / "other box", player.stick)
    there.do("import", "Me")
    there.do("use", "Me 2")
    for new in (0.1, 0.2):
        there.learn(0.3, new)
    there.do("export", "Me 2")
    player.learn(0.3, 0.9, ("delay", "mix", "dark"))
    mine = player.saved()
    assert player.do("import", "Me 2") == "Me 2 is in the box"
    assert player.known.profile == "Me" and player.saved() == mine and "Use Me 2" in player.offered()
    assert player.saved("Me 2").own.sessions == 3
    assert player.do("import", "Me 2") == "Me 2 is in the box" and player.known.guests == ("Me 2",)


def test_a_new_profile_starts_neutral_and_the_old_one_keeps_its_session(player):
    player.turn()
    assert player.do("new", "profile") == "Profile plays"
    assert (player.known.profile, player.known.sessions, player.known.trends) == ("Profile", 0, ())
    assert player.known.suggestions == {}
    assert player.saved("Me").own.sessions == 1
    assert player.do("use", "Me") == "Me plays"
    assert player.known.sessions == 1
    assert player.do("new", "profile") == "Profile 2 plays"


def test_eject_lets_the_stick_go(player):
    assert player.do("eject") == "The stick may go"
    assert not player.known.stick and player.offered() == ["New profile"]


@pytest.mark.parametrize("verb", ["export", "import", "eject"])
def test_a_stick_that_was_pulled_is_a_message(player, caplog, verb):
    player.offered()
    player.stick.rmdir()
    assert "no stick" in player.do(verb, "Me").lower()
    assert player.known.items == (Item("new", "profile"),) and not caplog.records


def test_a_stick_pulled_between_two_looks_is_no_stick(player, caplog, monkeypatch):
    monkeypatch.setattr(player.drive, "path", lambda: player.stick / "pulled")
    assert player.offered() == ["New profile"]
    assert not player.known.stick and not caplog.records


def test_a_full_stick_is_a_message(player, caplog, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refusing(player.stick))
        assert "No space left on device" in player.do("export", "Me")
    assert list(player.stick.iterdir()) == [] and not caplog.records
    assert player.do("export", "Me") == "Me is on the stick"


def test_a_read_only_stick_is_a_message(player, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)     # root may write anywhere
    assert f"The stick at {player.stick} is read-only" in player.do("export", "Me")
    assert list(player.stick.iterdir()) == []


def test_a_strangers_junk_is_a_message_and_kept_out(player, caplog):
    (player.stick / "Junk.loopmind.json").write_text('{"format": "loopmind-style-profile", "version": 99}')
    assert "Import Junk" in player.offered()
    assert "Junk.loopmind.json" in player.do("import", "Junk")
    assert ProfileStore(player.home / "profiles").list() == ["Me"] and not caplog.records


def test_what_is_gone_from_the_box_is_a_message(player):
    assert "there is no profile Kim" in player.do("use", "Kim")
    assert player.known.profile == "Me"


# Who waits for whom

def test_nobody_waits_for_a_slow_stick(player):
    """The drive hangs; the control loop's calls return all the same, and are carried out afterwards, in order."""
    may_go_on, disk = threading.Event(), Disk()
    slow = Player(player.home, player.stick, disk)
    slow.drive.flush = lambda: may_go_on.wait(LONGEST_S)
    began = time.monotonic()
    slow.taste.do(Item("export", "Me"))
    slow.turn()
    slow.wait(1.5)
    slow.taste.set_learning(False)
    slow.taste.look_at_stick()
    assert time.monotonic() - began < LONGEST_S / 2
    assert slow.known.learning and slow.known.message == ""
    may_go_on.set()
    disk.close()
    assert (slow.known.learning, slow.known.sessions, slow.known.message) == (False, 1, "Me is on the stick")
    assert [item.verb for item in slow.known.items] == ["export", "import", "eject", "new"]


def test_the_prior_is_the_factorys_nobodys_or_a_file(tmp_path, machine_code, swift_disk):
    file = tmp_path / "friend.json"
    answers = {}
    for choice in ("factory", "none", file):
        friend = Player(tmp_path / str(choice).replace("/", "_"), tmp_path, prior=choice if choice != file else "none")
        friend.learn(0.35, 0.9, ("delay", "mix", "calm"))
        friend.learn(0.35, 0.8, ("delay", "mix", "calm"))
        if choice == "none":
            shutil.copyfile(ProfileStore(friend.home / "profiles").path("Me"), file)
        player = Player(tmp_path / f"player-{len(answers)}", tmp_path, prior=choice)
        player.learn(0.3, 0.1, ("delay", "mix", "calm"))
        answers[choice] = player.known.suggestions["delay", "mix", "calm"]
    assert len({answer.value for answer in answers.values()}) == 3
    assert answers["none"].value < answers["factory"].value < answers[file].value


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\0" * 50])
def test_a_prior_that_cannot_be_used_is_told_and_the_factorys_taken(tmp_path, machine_code, swift_disk, content):
    file = tmp_path / "friend.json"
    if content is not None:
        file.write_bytes(content)
    player = Player(tmp_path / "home", tmp_path, prior=file)
    assert str(file) in player.known.message and player.known.message.endswith("The factory's style takes its place")
    player.learn()
    assert player.known.suggestions[MIX] == Player(tmp_path / "home", tmp_path, prior="factory").known.suggestions[MIX]


def test_a_job_that_fails_is_logged_and_the_next_one_runs(caplog):
    disk, done = Disk(), []
    disk.do(shutil.rmtree, "/nowhere/at/all")
    disk.do(done.append, 1)
    disk.close()
    assert done == [1]
    assert [record.message for record in caplog.records] == ["a job failed: rmtree"]


def test_closing_the_disk_finishes_what_was_begun():
    disk, done = Disk(), []
    for number in range(100):
        disk.do(done.append, number)
    disk.close()
    assert done == list(range(100))
