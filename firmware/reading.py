"""The next preset, read beside the control loop: an amp capture takes tenths of a second, and the old one plays on."""

from collections import deque

from dsp.errors import DspError
from firmware.preset import PresetError


class Reading:
    """The preset that is on its way, if there is one.

    library, sound : where presets are, and what prepares one.
    workshop : does what takes long, see `firmware.disk`.
    say : shows why a preset cannot be played. play : called with (preset, what the sound needs for it).

    All but the workshop's part runs in the control loop.
    """

    def __init__(self, library, sound, workshop, say, play):
        self._library = library
        self._sound = sound
        self._workshop = workshop
        self._say = say
        self._play = play
        self._candidates = iter(())
        self._arrived = deque()     # (preset, what it needs or why not), from the workshop's thread
        self.coming = None          # the preset that is being read

    def begin(self, names):
        """Read the first of these presets that can be played; what was being read before is not played."""
        self._candidates = iter(names)
        self._try_next()

    def take(self):
        """Play the preset that the workshop is done with; returns whether there was one."""
        if not self._arrived:
            return False
        preset, needs = self._arrived.popleft()
        if preset is not self.coming:
            return False
        self.coming = None
        if isinstance(needs, DspError):
            self._say(f"{preset.name}: {needs}")
            self._try_next()
        else:
            self._play(preset, needs)
        return True

    def _try_next(self):
        for name in self._candidates:
            try:
                self.coming = self._library.load(name)
            except PresetError as error:
                self._say(str(error))
                continue
            self._workshop.do(self._prepare, self.coming)
            if not self.take():
                self._say(f"Loading {name}")
            return

    def _prepare(self, preset):
        """In the workshop's thread: what takes long of a preset, unless the player has gone on to another one."""
        if preset is not self.coming:
            return
        try:
            self._arrived.append((preset, self._sound.prepare(preset)))
        except DspError as error:       # a file it names may be gone
            self._arrived.append((preset, error))
