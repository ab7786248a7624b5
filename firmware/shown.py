"""What the pages show of a preset's knobs: three parameters at a time, each as it stands and as My Style would have it."""

from typing import NamedTuple

from firmware.names import name_of, show_value
from firmware.view import KnobView

KNOBS = 3               # parameters that the encoders can reach at a time


class Group(NamedTuple):
    """Up to three parameters of one effect that the Edit page shows together."""

    block: int
    title: str
    keys: tuple


def groups_of(blocks):
    """The chain's parameters, three at a time."""
    return [group for index, block in enumerate(blocks) for group in groups_of_effect(index, block.effect)]


def groups_of_effect(index, effect):
    """One effect's parameters, three at a time."""
    ids = [parameter.id for parameter in effect.parameters]
    parts = [ids[start:start + KNOBS] for start in range(0, len(ids), KNOBS)]
    return [Group(index, f"{effect.label} {number}/{len(parts)}" if len(parts) > 1 else effect.label,
                  tuple((index, id) for id in part)) for number, part in enumerate(parts, 1)]


def knob_views(blocks, keys, raw, suggestions, touched):
    """The knobs at these keys, (index, parameter) each.

    raw : where each knob stands. suggestions : what the style says of some. touched : those that are the hand's.
    """
    effects = [blocks[index].effect for index, _ in keys]
    parameters = [effect.parameter(id) for effect, (_, id) in zip(effects, keys)]
    labels = [parameter.label for parameter in parameters]
    # On the Play page "Mix, Mix" would not tell the delay from the reverb.
    names = [effect.label if labels.count(label) > 1 else label for effect, label in zip(effects, labels)]
    return tuple(knob_view(name, parameter, raw[key], suggestions.get(key), key in touched)
                 for name, parameter, key in zip(names, parameters, keys))


def knob_view(name, parameter, raw, suggestion, touched):
    """One knob; a suggestion that nothing speaks for is not shown."""
    raw, said = round(raw, 4), suggestion is not None and suggestion.confidence > 0
    return KnobView(name, parameter.format(raw), raw, suggestion.value if said else None, touched,
                    said and suggestion.guess)


def change_told(adjustment):
    """"Reverb Mix 30 % > 62 %  dreamy", or "" for None."""
    if adjustment is None:
        return ""
    plugin, parameter = adjustment.plugin, adjustment.parameter
    old, new = (show_value(plugin, parameter, raw) for raw in (adjustment.old, adjustment.new))
    return f"{name_of(plugin, parameter)} {old} > {new}  {adjustment.emotion}"
