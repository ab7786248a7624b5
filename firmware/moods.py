"""How far an emotion and the styles move each knob of a chain, and what only the song may move: its tempo."""

from profiles.blend import Blend
from profiles.emotions import offsets

FREE = 0            # of a delay's divisions


def knob_offsets(emotion, blocks):
    """{(block index, parameter id): offset}, by the parameters' tags.

    None for a choice, between whose positions is nothing (a fifth would become a sixth), nor for a tempo, which is the
    song's.
    """
    by_tag = offsets(emotion)
    return {(index, parameter.id): 0.0 if is_choice(parameter) or is_tempo(parameter)
            else by_tag.get(parameter.tag, 0.0)
            for index, block in enumerate(blocks) for parameter in block.effect.parameters}


def knob_suggestions(known, emotion, blocks, blend):
    """{(block index, parameter id): Suggestion} of what the trainer knows, blended with the guest's if there is one."""
    mine = suggestions_for(known.suggestions or {}, emotion, blocks)
    return Blend(mine, suggestions_for(known.theirs, emotion, blocks), blend) if known.guest else mine


def suggestions_for(suggestions, emotion, blocks):
    """Those of {(plugin, parameter, emotion): Suggestion} that a chain has knobs for."""
    found = (((index, parameter.id), suggestions.get((block.effect.id, parameter.id, emotion)))
             for index, block in enumerate(blocks) for parameter in block.effect.parameters if not is_tempo(parameter))
    return {key: suggestion for key, suggestion in found if suggestion}


def tempo_knobs(blocks, raw, bpm):
    """{key: raw}, with which a chain's echoes count in a tempo; one that counts nothing takes a beat for its time.

    raw : where the knobs stand now.
    """
    found = {}
    for index, block in enumerate(blocks):
        knobs = {parameter.id: parameter for parameter in block.effect.parameters}
        if "tempo_bpm" in knobs:
            found[index, "tempo_bpm"] = knobs["tempo_bpm"].to_raw(bpm)
            if "division" in knobs and knobs["division"].to_value(raw[index, "division"]) == FREE:
                found[index, "time_ms"] = knobs["time_ms"].to_raw(60000.0 / bpm)
    return found


def choices(blocks):
    """The keys of the knobs that have nothing between two positions."""
    return {(index, parameter.id) for index, block in enumerate(blocks) for parameter in block.effect.parameters
            if is_choice(parameter)}


def is_tempo(parameter):
    """Whether a knob is the song's, so that neither emotion nor style moves it."""
    return parameter.unit == "BPM"


def is_choice(parameter):
    return parameter.taper == "choice"
