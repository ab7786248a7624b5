"""How far an emotion moves each knob of a chain."""

from profiles.emotions import offsets

TEMPO = "BPM"


def knob_offsets(emotion, blocks):
    """{(block index, parameter id): offset}, by the parameters' tags.

    None for a choice, between whose positions is nothing (a fifth would become a sixth), nor for a tempo, which is the
    song's.
    """
    by_tag = offsets(emotion)
    return {(index, parameter.id): 0.0 if is_choice(parameter) or parameter.unit == TEMPO
            else by_tag.get(parameter.tag, 0.0)
            for index, block in enumerate(blocks) for parameter in block.effect.parameters}


def choices(blocks):
    """The keys of the knobs that have nothing between two positions."""
    return {(index, parameter.id) for index, block in enumerate(blocks) for parameter in block.effect.parameters
            if is_choice(parameter)}


def is_choice(parameter):
    return parameter.taper == "choice"
