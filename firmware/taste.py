"""The trainer's place in the box: its store, its log, the stick, all off the control loop.

The control loop posts what hands did and reads `known`, a frozen picture that is replaced as a whole;
it never waits for a disk.
"""

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path

from dsp import effects
from firmware.names import counted, show_value
from hw.errors import HwError
from profiles import document, exchange, trends
from profiles.blend import SharedLearner
from profiles.errors import ProfileError
from profiles.learner import Suggestion
from profiles.prior import FACTORY
from profiles.prior import load as load_prior
from profiles.profile import ParameterInfo, new_profile
from profiles.settling import Adjustment
from profiles.store import ProfileStore
from profiles.trainer import Trainer
from profiles.why import Why, why

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Item:
    """Something that can be done on the USB page: `verb` is a method of Taste, `name` its argument."""

    verb: str
    name: str = ""

    @property
    def label(self):
        return f"{self.verb.capitalize()} {self.name}".strip()


@dataclass(frozen=True)
class Known:
    """What is known at this moment.

    suggestions : {(plugin, parameter, emotion): Suggestion} of all knobs with evidence, and of those of the effects
    in `playing`, which may have a guess.
    adjustments : settled in this session; last : the newest of them.
    items : what the USB page offers; stick : whether there is one.
    guests : the names of the box's other profiles; guest : whose answers `theirs` are, "" for nobody's; theirs : as
    `suggestions`, of the effects in `playing`; invitations : how many have been answered.
    message : the newest word to the player, and `messages` how many there have been.
    """

    profile: str = ""
    sessions: int = 0
    learning: bool = True
    adjustments: int = 0
    last: Adjustment | None = None
    suggestions: dict[tuple[str, str, str], Suggestion] | None = None
    playing: frozenset[str] = frozenset()
    guests: tuple[str, ...] = ()
    guest: str = ""
    invitations: int = 0
    theirs: dict[tuple[str, str, str], Suggestion] = field(default_factory=dict)
    trends: tuple = ()
    why: Why | None = None
    stick: bool = False
    items: tuple[Item, ...] = ()
    message: str = ""
    messages: int = 0


class Taste:
    """One player's apprentice, with everything that has to be kept.

    home : the folder for profiles/ and logs/.
    first : the name of the first profile.
    prior : "factory", "none" or the path of a style profile that the player's own settings soon overrule.
    emotions : the selector's.
    drive : of the hw room.
    disk : what does the jobs, see `firmware.disk`.
    wall : () -> seconds, the host's time as the trainer wants it.
    """

    def __init__(self, home: Path, first, prior, emotions, drive, disk, wall):
        self.known = Known()
        self._emotions = emotions
        self._drive = drive
        self._disk = disk
        self._wall = wall
        self._store = ProfileStore(home / "profiles")
        if not self._store.list():
            self._store.save(new_profile(first))
        logs = home / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        loaded = self._store.current()
        style, fault = prior_of(prior)
        self._trainer = Trainer(loaded.profile, style, logs)
        self._learner, self._guests_learner = SharedLearner(), SharedLearner()
        self._guest = None      # the profile of who is invited
        self._learnt_from = self._suggested_from = None
        self._fault = ""
        message = ". ".join(filter(None, (loaded.message, fault)))
        if message:
            logger.warning("%s", message)
        disk.do(self._begin, message)

    # What the control loop calls: each returns at once.

    def moved(self, plugin, parameter, old, new, emotion):
        """A hand moved a knob from raw to raw."""
        self._disk.do(self._record, plugin, parameter, old, new, emotion, self._wall())

    def play(self, plugins):
        """These effects are in the chain now: bring what like knobs say of theirs to `known.suggestions`, too."""
        self._disk.do(self._play, frozenset(plugins))

    def tick(self):
        """Let time pass; a few times a second."""
        self._disk.do(self._tick, self._wall())

    def set_learning(self, on):
        """Learning Mode; off ends the session and the profile has learnt it."""
        self._disk.do(self._set_learning, on, self._wall())

    def end_session(self):
        """The session is over: settle, fold in, save."""
        self._disk.do(self._end_session, self._wall())

    def forget(self):
        """Unlearn the last session."""
        self._disk.do(self._forget, self._wall())

    def ask(self, plugin, parameter, emotion, amount=0.0):
        """Bring `known.why` to this knob under this emotion, the guest heard at an amount 0..1."""
        self._disk.do(self._ask, plugin, parameter, emotion, amount)

    def invite(self, name):
        """Bring `known.theirs` to what another of the box's profiles would set; "" sends the guest away."""
        self._disk.do(self._answer, name)

    def look_at_stick(self):
        """Bring `known.stick` and `known.items` up to date."""
        self._disk.do(self._look_at_stick)

    def do(self, item: Item):
        """Carry out what the player chose on the USB page."""
        self._disk.do(self._do, item)

    # What the disk's thread does.

    def _record(self, plugin, parameter, old, new, emotion, time):
        self._trainer.record_change(plugin, parameter, old, new, emotion, time)
        self._publish()

    def _play(self, plugins):
        new = self._keys_of(plugins - self.known.playing)
        guesses, theirs = self._suggestions(new - self._trainer.preview.known), self._theirs(new) if self._guest else {}
        self._tell(playing=plugins, suggestions={**self.known.suggestions, **guesses}, theirs={**self.known.theirs, **theirs})

    def _tick(self, time):
        for adjustment in self._trainer.tick(time):
            self._tell(adjustments=self.known.adjustments + 1, last=adjustment)
        if self._trainer.fault != self._fault:
            self._fault = self._trainer.fault
            self._say(self._fault)
        self._publish()

    def _set_learning(self, on, time):
        if not on:
            self._end_session(time)
        self._trainer.learning = on
        self._tell(learning=on)

    def _end_session(self, time):
        self._trainer.end_session(time)
        self._tick(time)
        self._tell(adjustments=0)

    def _forget(self, time):
        self._end_session(time)
        try:
            settled = self._trainer.forget_session().settings
            self._say(f"Forgot {counted(settled, 'setting')}")
        except ProfileError:
            self._say("There is no session to forget")
        self._publish()

    def _begin(self, message):
        for id in effects.names():
            self._trainer.declare(id, infos(effects.load(id)))
        self._tell(adjustments=0, last=None, guests=self._others())
        self._publish()
        if message:
            self._say(message)

    def _publish(self):
        """Save and show what the trainer has learnt since the last time.

        What has settled is suggested at the next change of emotion; saved and shown as learnt, when the session ends.
        """
        if self._trainer.preview is not self._suggested_from:
            self._suggested_from = self._trainer.preview
            known = self._trainer.preview.known & self._trainer.preview.infos.keys()
            self._tell(suggestions=self._suggestions(known | self._keys_of(self.known.playing)))
        profile = self._trainer.profile
        if profile is not self._learnt_from:
            self._learnt_from = profile
            self._save()
            self._tell(profile=profile.name, sessions=profile.own.sessions,
                       trends=tuple(trends.trends(profile)))

    def _keys_of(self, plugins):
        return {key for key in self._trainer.preview.infos if key[0] in plugins}

    def _suggestions(self, keys):
        return self._answers(self._learner, self._trainer.preview, keys)

    def _theirs(self, keys):
        return self._answers(self._guests_learner, self._guest, keys)

    def _answers(self, learner, profile, keys):
        keys = sorted(keys)
        return {(*key, emotion): answer for emotion in self._emotions
                for key, answer in zip(keys, learner.suggest_all(profile, self._trainer.prior, keys, emotion))}

    def _ask(self, plugin, parameter, emotion, amount):
        self._tell(why=why(self._trainer.preview, self._trainer.prior, plugin, parameter, emotion, self._guest, amount))

    def _answer(self, name):
        self._invite(name)
        self._tell(invitations=self.known.invitations + 1)

    def _invite(self, name):
        """The guest's file is read and no more: what is learnt goes into the player's own profile."""
        self._guest = None
        try:
            if name and name != self._trainer.profile.name:
                guest = document.read(self._store.path(name))
                self._guest = replace(guest, infos={**guest.infos, **self._trainer.preview.infos})
        except ProfileError as error:
            self._say(str(error))
        theirs = self._theirs(self._keys_of(self.known.playing)) if self._guest else {}
        self._tell(guest=name if self._guest else "", theirs=theirs)

    def _others(self):
        return tuple(name for name in self._store.list() if name != self._trainer.profile.name)

    def _save(self):
        """Keep the profile; on a full card it stays in memory and, with the log, is saved when there is room."""
        try:
            if self._trainer.unsaved:
                self._trainer.save(self._store.path(self._trainer.profile.name))
        except ProfileError as error:
            self._say(str(error))

    def _look_at_stick(self):
        folder = self._drive.path()
        try:
            found = exchange.found(folder) if folder else []
        except ProfileError:        # pulled at this moment
            folder, found = None, []
        guests = self._others()
        items = [Item("use", name) for name in guests]
        if folder:
            found = [Item("import", path.name.removesuffix(exchange.SUFFIX)) for path in found]
            items = [Item("export", self.known.profile), *found, *items, Item("eject")]
        items.append(Item("new", "profile"))
        self._tell(stick=folder is not None, items=tuple(items), guests=guests)

    def _do(self, item):
        verbs = {"use": self._use, "import": self._import, "export": self._export,
                 "eject": self._eject, "new": self._new}
        try:
            self._say(verbs[item.verb](item.name))
        except (ProfileError, HwError) as error:
            self._say(str(error))
        self._look_at_stick()

    def _use(self, name):
        self._end_session(self._wall())
        loaded = self._store.switch(name)
        self._trainer.use(loaded.profile)
        self._begin(loaded.message)
        self._invite(self.known.guest)      # who plays now is no guest
        return f"{name} plays"

    def _new(self, _):
        kept = self._store.add(new_profile("Profile"))
        return self._use(kept.name)

    def _export(self, name):
        self._end_session(self._wall())
        exchange.export(self._trainer.profile, self._drive.writable(), show=show_value)
        self._drive.flush()
        return f"{name} is on the stick"

    def _import(self, name):
        self._end_session(self._wall())     # first: it saves the profile that is merged into
        kept = self._store.add(exchange.import_(self._folder() / (name + exchange.SUFFIX)))
        if kept.id == self._trainer.profile.id:
            self._use(kept.name)
        elif kept.name == self.known.guest:
            self._invite(kept.name)
        return f"{kept.name} is in the box"

    def _eject(self, _):
        self._drive.eject()
        return "The stick may go"

    def _folder(self):
        folder = self._drive.path()
        if folder is None:
            raise ProfileError("there is no stick")
        return folder

    def _say(self, message):
        self._tell(message=message, messages=self.known.messages + 1)

    def _tell(self, **changes):
        self.known = replace(self.known, **changes)


def prior_of(choice):
    """The prior and a message to the player: a file that cannot be used must not keep the box from playing."""
    try:
        return load_prior(choice), ""
    except ProfileError as error:
        return load_prior(FACTORY), f"{error}. The factory's style takes its place"


def infos(effect):
    """An effect's parameters as the trainer knows them."""
    return [ParameterInfo(parameter.id, parameter.to_raw(parameter.default), parameter.label, parameter.tag)
            for parameter in effect.parameters]
