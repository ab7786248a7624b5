"""What can go wrong by the user's hand, said in one sentence."""


class UserError(Exception):
    """A mistake the user can mend: printed as one clear sentence, exit status 2."""


class ConfigError(UserError, ValueError):
    """A configuration that cannot be used: names file, line and what is allowed."""


class PresetError(UserError, ValueError):
    """A preset or a chain text that cannot be used: says where and what is allowed."""


class AudioFileError(UserError, OSError):
    """A sound file that cannot be read or written."""
