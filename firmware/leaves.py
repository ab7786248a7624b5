"""What the display tells of a style: the trainer's findings as views, with units and in short words."""

from firmware import view as screen
from firmware.names import counted, name_of, show_value
from profiles.trends import heatmap, sure
from profiles.wording import noun


def trend_view(group):
    """The strongest of some joined habits."""
    trend = group[0]
    how = trend.how or ("set" if trend.moved else "as it is")
    shown = {"emotion": (trend.emotion or "all").capitalize(), "habit": f"{noun(trend.plugin)} {how}", "label": trend.label}
    if not trend.settings:
        return screen.TrendView(**shown, text=f"{100 * trend.weight:+.0f} %", evidence="from another host")
    return screen.TrendView(
        **shown, text=show_value(trend.plugin, trend.parameter, trend.value), evidence=evidence(trend),
        travel=screen.TravelView(trend.value, trend.value - trend.weight, trend.low, trend.high))


def why_view(why, guest=""):
    """The answer for one knob, with a guest called by name."""
    knob = why.plugin, why.parameter
    told = evidence(why) if why.settings else "a guess, never set here" if why.guess else "never set here"
    return screen.WhyView(name_of(*knob), why.emotion, show_value(*knob, why.value), told,
                          tuple((guest if who == "guest" else who, share) for who, share in why.says))


def heat_rows(trends, emotions):
    """(label, (count, weight) per emotion) of the parameters set under some emotions, the busiest first."""
    rows = ((name_of(row.plugin, row.parameter), tuple(row.cells.get(emotion, (0, 0.0)) for emotion in emotions))
            for row in heatmap(trend for trend in trends if trend.emotion in emotions))
    return tuple(rows)


def evidence(found):
    """ "11 settings, sure"."""
    return f"{counted(found.settings, 'setting')}, {sure(found.confidence, found.sessions)}"
