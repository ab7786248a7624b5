"""What can go wrong with the box's body.

    OSError
    └── HwError               any of these
        ├── PinError          GPIO cannot be had, or a pin is used twice
        ├── AudioError        a sound device is missing or gives something else
        ├── EndOfAudio        a file source has played its last period (also an EOFError)
        ├── DisplayError      no display answers (any more)
        └── DriveError        the stick is missing, read-only or stuck
"""


class HwError(OSError):
    """A piece of hardware that is missing, refuses, or is not what was asked for."""


class PinError(HwError):
    """GPIO cannot be had, or a pin is used twice."""


class AudioError(HwError):
    """A sound device is missing or gives something else than was asked."""


class EndOfAudio(HwError, EOFError):
    """A file source has played its last period."""


class DisplayError(HwError):
    """No display answers (any more)."""


class DriveError(HwError):
    """The stick is missing, read-only or stuck."""
