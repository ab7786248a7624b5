"""The panel: the state that hands and feet change, and what follows from each change.

One writer: everything here runs in the control loop.
"""

from firmware import leaves
from firmware import view as screen
from firmware.moods import choices, knob_offsets, knob_suggestions, tempo_knobs
from firmware.names import counted
from firmware.preset import Preset
from firmware.reading import Reading
from firmware.shown import Group, change_told, groups_of, knob_views
from firmware.tapping import Taps
from firmware.tuning import note_view
from profiles import trends
from profiles.errors import ProfileError
from profiles.mapper import Mapper

COARSE, FINE = 1 / 100, 1 / 1000    # of a knob's travel, for one detent
AMOUNT_STEP = 1 / 50
MESSAGE_S = 1.5
ASK_S = 4.0             # in which the second hold must follow that forgets a session
TURNED_S = 1.5          # for which the Play page shows the knobs that a hand has turned
TRENDS = 9              # as many as the My Style page pages through


class Panel:
    """The box as the player has set it.

    sound, taste, library, emotions : what it acts on.
    clock : () -> seconds.
    workshop : does what takes long for the sound, see `firmware.disk`.
    remember : called when something that should survive a power cut has changed.
    a4_hz : what the tuner tunes to.
    """

    def __init__(self, sound, taste, library, emotions, clock, workshop, remember=lambda: None, a4_hz=440.0):
        self._sound = sound
        self._taste = taste
        self._library = library
        self._clock = clock
        self._reading = Reading(library, sound, workshop, self.say, self._play_read)
        self._remember = remember
        self._a4_hz = a4_hz
        self._mapper = Mapper()
        self._known = taste.known
        self._heard = self._known.playing   # the effects whose guesses the mapper has
        self._views = None, {}
        self._message, self._message_until = "", 0.0
        self._turned_until = self._forget_until = float("-inf")
        self._learns = taste.known.learning
        self.emotions = emotions
        self.position = 0
        self.page = "play"
        self.focus = 0
        self.preset = Preset("", [])
        self.scene = 0          # of the preset's; 0 is the preset itself
        self.edited = False
        self.bypassed = False
        self.amount = 1.0
        self.guest, self.blend, self._invitations = "", 0.0, 0     # who is invited, and how much of them is heard
        self.frozen = False
        self.leaf = 0
        self._asked = None      # the (plugin, parameter) that a hand turned last
        self.cursor = 0
        self.fault = ""
        self._note = None
        self._taps = Taps()
        if self._known.message:
            self.say(self._known.message)

    @property
    def busy(self):
        """Whether something goes on by itself at this moment: knobs on their way, a preset that is being read."""
        return self._sound.gliding or self._reading.coming is not None

    @property
    def emotion(self):
        return self.emotions[self.position]

    @property
    def tuning(self):
        """Whether the box is mute and shows the note that is played."""
        return self._sound.tuning

    @property
    def learning(self):
        return self._taste.known.learning

    @property
    def styled(self):
        """Whether the player hears the box with My Style, and not what it is compared with."""
        return self._mapper.styled

    @property
    def in_full(self):
        """Whether Apply My Style holds knobs under this emotion."""
        return self.emotion in self._mapper.applied

    @property
    def groups(self):
        """The chain's parameters, three at a time."""
        return groups_of(self.preset.blocks)

    @property
    def group(self):
        """What the Edit page shows."""
        return self.groups[self.focus] if self.groups else Group(0, "", ())

    @property
    def keys(self):
        """The knobs that the encoders turn on this page."""
        if self.page == "play":
            return tuple(self.preset.knobs)
        return self.group.keys if self.page == "edit" else ()

    @property
    def on_guest_leaf(self):
        """Whether the My Style page shows the guest."""
        leaves = self.view().leaves
        return leaves[min(self.leaf, len(leaves) - 1)] == "guest"

    @property
    def shown_page(self):
        """The page on the screen: Play gives way to its knobs for as long as they turn."""
        if self.fault:
            return "fault"
        if self.tuning:
            return "tuner"
        return "edit" if self.page == "play" and self._clock() < self._turned_until else self.page

    # The sound

    def load_preset(self, name):
        """Play a preset, under the emotion and the style of the moment; the old one rings on.

        It is heard once the files it needs are read, a moment later: an amp capture takes tenths of a second, and
        until then the old one can be played on. Says why where it cannot be played.
        """
        self._reading.begin([name])

    def use_preset(self, preset, edited=False, touches=None, applied=None, needs=None, scene=0):
        """Play a preset that is at hand; `needs` is what `Sound.prepare` gave for it."""
        self.preset, self.edited = preset, edited
        self.scene = min(max(scene, 0), len(preset.scenes))
        self.focus, self.fault = 0, ""
        self._mapper.load_preset(preset.raw_in(self.scene), touches, applied, choices(preset.blocks))
        self._taste.play(block.effect.id for block in preset.blocks)
        self._read_style()
        for note in self._sound.play(preset, self._mapper.targets(), needs):
            self.say(note)
        self.set_bypassed(self.bypassed)

    def step_preset(self, way):
        """The next preset or the one before, round and round; one that is broken is passed over."""
        names = self._library.names()
        here = (self._reading.coming or self.preset).name
        here = names.index(here) if here in names else -way
        self._reading.begin([names[(here + way * step) % len(names)] for step in range(1, len(names) + 1)])

    def step_scene(self):
        """The preset's next scene, or the preset itself again: every knob glides there, what hands have set is gone."""
        if not self.preset.scenes:
            self.say("No scenes in this preset")
            return
        self.scene = (self.scene + 1) % (len(self.preset.scenes) + 1)
        self._mapper.load_scene(self.preset.raw_in(self.scene), self.emotions)
        self.restyle()
        self.say(self.preset.name_of(self.scene) or self.preset.name)
        self._remember()

    def _play_read(self, preset, needs):
        self.use_preset(preset, needs=needs)
        self._remember()
        if self._message == f"Loading {preset.name}":
            self._message = ""

    def save_preset(self):
        """Keep the preset, or its scene, as hands and Apply My Style have set it, without what emotion and style add by
        themselves.
        """
        self.preset.keep(self.scene, self._mapper.keep())
        try:
            self._library.save(self.preset)
        except (OSError, ProfileError) as error:    # a full card must not end the panel
            self.say(str(error))
            return
        self.edited = False
        self.say("Saved")
        self._remember()

    def restore(self, preset, edited, amount, learning, frozen=False, touches=None, applied=None, guest="", blend=0.0,
                scene=0):
        """Come up as the box was left; `touches` and `applied` are {emotion: {key: raw}}.

        learning : Learning Mode, or what it will be when the box is frozen no more.
        guest, blend : another profile's name, and how much of it is heard.
        """
        self.blend = blend
        self._invite(guest)
        self.amount = self._mapper.amount = min(max(amount, 0.0), 1.0)
        self.frozen, self._learns = frozen, learning
        self._taste.set_learning(learning and not frozen)
        self.use_preset(preset, edited, touches, applied, scene=scene)

    def set_bypassed(self, bypassed):
        """All effects out, or in again as they were."""
        self.bypassed = bypassed
        for index, block in enumerate(self.preset.blocks):
            self._sound.set_on(index, block.on and not bypassed)

    def tap(self):
        """The foot taps the tempo; the echoes follow from the second tap on."""
        bpm = self._taps.bpm_at(self._clock())
        if bpm is not None:
            self.set_tempo(bpm)

    def set_tempo(self, bpm):
        """Let the preset's echoes count in the song's tempo, under every emotion; it teaches nothing."""
        knobs = tempo_knobs(self.preset.blocks, self._sound.raw, bpm)
        for key, raw in knobs.items():
            self._mapper.touch_always(key, raw, self.emotions)
            self._sound.set(key, raw)
            self.edited = True
        self.say(f"{bpm:.0f} BPM" if knobs else "Nothing here counts beats")
        self._remember()

    def tune(self):
        """Be mute and show the note that is played; again: play on."""
        self._sound.tune(not self.tuning)
        self._note = None

    def toggle_effect(self, index):
        """One effect out, or in again; a split cannot be switched out."""
        block = self.preset.blocks[index] if index < len(self.preset.blocks) else None
        if block is None or block.effect.role:
            return
        block.on = not block.on
        self.edited = True
        self.set_bypassed(self.bypassed)
        self.say(f"{block.effect.label} {'on' if block.on else 'off'}")
        self._remember()

    def turn(self, key, detents, fast, fine):
        """A hand turns a parameter: it is the player's until the emotion changes.

        detents : as they were; fast : as many as they count for. A choice moves one step a detent.
        """
        parameter = self._parameter(key)
        worth = detents if parameter.taper == "choice" else fast
        self.put(key, parameter.nudge(self._sound.raw[key], worth, FINE if fine else COARSE))

    def put(self, key, raw):
        """A hand puts a parameter somewhere."""
        old = self._sound.raw[key]
        self._sound.set(key, raw)
        self._mapper.touch(key, raw)
        self._turned_until = self._clock() + TURNED_S
        self._asked = self.preset.blocks[key[0]].effect.id, key[1]
        self._taste.moved(*self._asked, old, raw, self.emotion)
        self.edited = True
        self._remember()

    def put_back(self, key):
        """Give a knob the value that preset and emotion have for it."""
        self.put(key, self._mapper.origin(key))

    # Emotion and style

    def select(self, position):
        """The selector stands elsewhere: the sound glides to what that emotion means to this player."""
        self.position = min(position, len(self.emotions) - 1)
        self.restyle()
        self._ask()
        self._remember()

    def restyle(self):
        """Begin the glide to where every knob should stand now."""
        self._read_style()
        self._sound.glide(self._mapper.targets(), self._clock())

    def apply_style(self):
        """Apply My Style: this preset's knobs to what is learnt under this emotion; again: as they were."""
        self._mapper.styled = True
        if self.in_full:
            self._mapper.take_back()
            self.say("My Style taken back")
        else:
            count = self._mapper.apply(self._suggestions())
            self.edited = self.edited or count > 0
            self.say(f"My Style: {counted(count, 'knob')}" if count else f"Nothing learnt for {self.emotion} here")
        self._follow()

    def compare(self):
        """A/B: with My Style, and without."""
        self._mapper.styled = not self._mapper.styled
        self.say("A: My Style" if self._mapper.styled else "B: without My Style")
        self._follow()

    def turn_amount(self, detents):
        """How much My Style may say, 0..1."""
        self.leaf = 0
        self.amount = self._mapper.amount = min(max(self.amount + detents * AMOUNT_STEP, 0.0), 1.0)
        self._follow()

    def turn_blend(self, detents):
        """How much the guest may say, from 0 (me alone) to 1 (the guest alone)."""
        if not self.guest:
            self.say("Knob 3 chooses a guest")
            return
        self.blend = min(max(self.blend + detents * AMOUNT_STEP, 0.0), 1.0)
        self._mapper.hear(self._suggestions())
        self._mapper.follow(self._suggestions())
        self._follow()

    def turn_guest(self, detents):
        """Another of the box's profiles beside the player's own, or none."""
        names = ["", *self._known.guests]
        here = names.index(self.guest) if self.guest in names else 0
        self._invite(names[min(max(here + detents, 0), len(names) - 1)])
        self._remember()

    def _invite(self, name):
        if name != self.guest:
            self.guest = name
            self._invitations += 1
            self._taste.invite(name)

    def set_learning(self, on):
        """Learning Mode on or off; off ends the session. A frozen box stays so."""
        if self.frozen:
            self.say("Frozen: thaw it first")
            return
        self._taste.set_learning(on)
        self._learns = on
        self.say("Learning" if on else "Learnt")
        self._remember()

    def set_frozen(self, frozen):
        """On stage: what is learnt is applied and nothing is learnt; thawed, the box learns again if it did before."""
        self.frozen = frozen
        self._taste.set_learning(self._learns and not frozen)
        self.say("Frozen: applies, learns nothing" if frozen else "Learning again" if self._learns else "Thawed")
        self._remember()

    def forget(self):
        """The first time: ask. Again within a few seconds: unlearn the last session."""
        if self._clock() < self._forget_until:
            self._forget_until = float("-inf")
            self._taste.forget()
        else:
            self._forget_until = self._clock() + ASK_S
            self.say("Forget the last session? Hold again")

    # The screen

    def turn_page(self, way):
        """The next page, or the one before."""
        pages = screen.PAGES
        here = pages.index(self.page) if self.page in pages else -1
        self.page = pages[(here + way) % len(pages)]
        self.cursor = self.leaf = 0
        if self.page in ("style", "usb"):   # either offers the box's other profiles
            self._taste.look_at_stick()

    def go_home(self):
        """The Play page."""
        self.page = "play"

    def move_focus(self, detents):
        """Other parameters on the Edit page."""
        if self.page == "play":
            self.page = "edit"
        elif self.groups:
            self.focus = min(max(self.focus + detents, 0), len(self.groups) - 1)

    def move_leaf(self, detents):
        """Another leaf of the My Style page."""
        self.leaf = min(max(self.leaf + detents, 0), len(self.view().leaves) - 1)
        self._ask()

    def move_cursor(self, detents):
        """Another line on the USB page."""
        self.cursor = min(max(self.cursor + detents, 0), max(len(self._known.items) - 1, 0))

    def do_item(self):
        """Carry out the line under the cursor of the USB page."""
        if self.cursor < len(self._known.items):
            self._taste.do(self._known.items[self.cursor])

    def say(self, message):
        """Show a short word over the page for a moment."""
        self._message, self._message_until = message, self._clock() + MESSAGE_S

    def tick(self, now):
        """Let time pass: knobs glide, words fade. Returns whether the screen may show something else.

        What a session has taught is heard with the next change of emotion or preset: no knob moves
        under a hand that only ended its session.
        """
        changed = self._reading.take()
        changed = self._sound.tick(now) or changed
        changed = self._listen() or changed
        known = self._taste.known
        if known is not self._known:
            changed = True
            before, self._known = self._known, known
            if known.profile != before.profile:
                self.restyle()
            elif known.playing != self._heard or known.theirs != before.theirs:  # a moment after it was asked for
                self._hear()
            if known.invitations == self._invitations and known.guest != self.guest:    # gone, or broken
                self.guest = known.guest
                self._remember()
            if known.messages != before.messages:
                self.say(known.message)
        if float("-inf") < self._turned_until <= now:
            self._turned_until, changed = float("-inf"), True
        if self._message and now > self._message_until:
            self._message, changed = "", True
        return changed

    def _listen(self):
        """Look at the tuner; returns whether it has heard something else."""
        before, self._note = self._note, note_view(self._sound.tuner_state, self._a4_hz)
        return self._note != before

    @property
    def touches(self):
        """What hands have set since the preset was loaded, {emotion: {key: raw}}."""
        return self._mapper.touches

    @property
    def applied(self):
        """Where Apply My Style has put knobs since the preset was loaded, {emotion: {key: raw}}."""
        return self._mapper.applied

    @property
    def learns(self):
        """Learning Mode, whether frozen or not."""
        return self._learns

    def positions(self):
        """Where every knob stands, as {(plugin, parameter): (raw now, raw without My Style)}."""
        plain = self._mapper.plain()
        return {(self.preset.blocks[key[0]].effect.id, key[1]): (raw, plain[key])
                for key, raw in self._sound.raw.items()}

    def view(self):
        """The state as the screen shows it."""
        known = self._known
        return screen.View(
            page=self.shown_page, preset=self.preset.name, scene=self.preset.name_of(self.scene), edited=self.edited,
            emotion=self.emotion, emotions=self.emotions,
            effects=tuple(screen.EffectView(block.effect.label, block.on and not self.bypassed)
                          for block in self.preset.blocks),
            focus=self.group.block, title=self.group.title if self.page == "edit" else self.preset.name,
            knobs=knob_views(self.preset.blocks, self.keys, self._sound.raw, self._suggestions(), self._mapper.touched),
            learning=known.learning, frozen=self.frozen, amount=self.amount, applied=self.style_applies,
            in_full=self.styled and self.in_full, compared=not self.styled, profile=known.profile,
            guest=known.guest, blend=self.blend if known.guest else 0.0, guests=bool(known.guests),
            adjustments=known.adjustments, sessions=known.sessions, last_change=change_told(known.last),
            **self._told(known), leaf=self.leaf,
            usb=screen.UsbView(known.stick, tuple(item.label for item in known.items), self.cursor),
            tuner=self._note, message=self._message, fault=self.fault)

    def _told(self, known):
        """What the pages tell of the style, made anew only where the trainer has news."""
        if self._views[0] is not known:
            self._views = known, {
                "trends": tuple(map(leaves.trend_view, trends.joined(known.trends)[:TRENDS])),
                "heat": leaves.heat_rows(known.trends, self.emotions),
                "why": leaves.why_view(known.why, known.guest) if known.why else None}
        return self._views[1]

    @property
    def style_applies(self):
        """Whether My Style shapes the sound at this moment."""
        return self.styled and (self.in_full or self.amount > 0 and any(
            suggestion.confidence > 0 for suggestion in self._suggestions().values()))

    def _ask(self):
        """Have the trainer say why the knob that was turned last stands where it does under this emotion."""
        if self._asked and self.page == "style":
            self._taste.ask(*self._asked, self.emotion, self.blend)

    def _parameter(self, key):
        return self.preset.blocks[key[0]].effect.parameter(key[1])

    def _read_style(self):
        self._heard = self._taste.known.playing
        self._mapper.change_emotion(self.emotion, knob_offsets(self.emotion, self.preset.blocks), self._suggestions())

    def _hear(self):
        """Let the knobs go by what is suggested now; those that hands have touched stay."""
        self._heard = self._taste.known.playing
        self._mapper.hear(self._suggestions())
        self._sound.glide(self._mapper.targets(), self._clock())

    def _follow(self):
        self._sound.glide(self._mapper.targets(), self._clock())
        self._remember()

    def _suggestions(self):
        return knob_suggestions(self._taste.known, self.emotion, self.preset.blocks, self.blend)
