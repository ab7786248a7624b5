"""What goes wrong in the taste room, in one class a host can catch."""


class ProfileError(ValueError):
    """One clear sentence: which file or argument, where in it, and what would be right."""


class UnreadableError(ProfileError):
    """The disk does not give a file: that says nothing about what is in it."""
