"""What the box calls plugins, parameters and values; of a stranger it knows no more than the profile does."""

from dsp import effects


def parameter_of(plugin, parameter):
    """The declaration behind two names, or None where this box has no such effect or parameter."""
    try:
        return effects.load(plugin).parameter(parameter)
    except KeyError:
        return None


def show_value(plugin, parameter, raw):
    """A knob position in the parameter's unit; in percent where the box does not know the parameter."""
    known = parameter_of(plugin, parameter)
    return known.format(raw) if known else f"{100 * raw:.0f} %"


def counted(count, thing):
    """A number of things in words."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def name_of(plugin, parameter):
    """ "Reverb Mix" for "reverb", "mix"."""
    known = parameter_of(plugin, parameter)
    return f"{effects.load(plugin).label} {known.label}" if known else f"{plugin} {parameter}"
