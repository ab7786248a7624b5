"""What can be wrong with a chain, said in one sentence.

    ValueError
    └── DspError
        ├── ChainError      too long, or more memory than the box has
        └── OptionError     a file or a setting that an effect cannot use
"""


class DspError(ValueError):
    """Something that the sound cannot be made of."""


class ChainError(DspError):
    """A chain that cannot be built."""


class OptionError(DspError):
    """A file or a setting that an effect cannot use."""
