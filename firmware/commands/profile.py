"""Look at style profiles.

  loopmind profile show FILE      what a profile has learnt, in sentences and figures
"""

import argparse

from rich.table import Table

from firmware import commands

HELP = "look at style profiles"


def add_arguments(parser):
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True)
    show_parser = verbs.add_parser("show", help="what a profile has learnt", description=show.__doc__)
    show_parser.add_argument("file", metavar="FILE", help="a style profile")
    show_parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS,
                             help="tell more, with tracebacks")
    show_parser.set_defaults(verb=show)


def run(arguments):
    return arguments.verb(arguments)


def show(arguments):
    """Show what a style profile has learnt."""
    from firmware.names import name_of, show_value
    from profiles import document, trends

    profile = document.read(arguments.file)
    console, own = commands.console(), profile.own
    console.print(profile.name, style="bold", end="")
    console.print(f": {own.sessions} sessions"
                  + (f", with {len(profile.members) - 1} others" if len(profile.members) > 1 else ""))
    found = trends.trends(profile)
    for trend in found:
        console.print(f"  {trends.sentence(trend, show_value)}")
    if not found:
        console.print("  Nothing has been learnt yet.")
        return 0
    table = Table(header_style="bold", pad_edge=False)
    for heading in ("knob", "emotion", "value", "weight", "sure", "settings", "sessions"):
        table.add_column(heading)
    for trend in found:
        if not trend.settings:
            continue        # a weight from another host: the sentence says all there is
        key = (trend.plugin, trend.parameter)
        table.add_row(name_of(*key), trend.emotion, show_value(*key, trend.value), f"{trend.weight:+.2f}",
                      f"{trend.confidence:.0%}", str(trend.settings), str(trend.sessions))
    console.print(table)
    return 0
