"""Look at style profiles, and hand them on.

  loopmind profile show FILE                    what a profile has learnt, in sentences and figures
  loopmind profile model FILE -o style.onnx     the profile as a model that any host with onnxruntime can ask
"""

import argparse
from pathlib import Path

from rich.table import Table

from firmware import commands

HELP = "look at style profiles, and hand them on"


def add_arguments(parser):
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True)
    add_verb(verbs, show, "what a profile has learnt")
    model_parser = add_verb(verbs, model, "write a profile as an ONNX model")
    model_parser.add_argument("-o", "--output", metavar="MODEL", required=True, help="the file to write, say style.onnx")
    model_parser.add_argument("--prior", metavar="PRIOR", default="none", help="what the player's settings overrule: "
                              "factory, none or a style profile (default none, as for loopmind trainer)")


def add_verb(verbs, verb, help):
    """Something to do with one profile; returns its parser."""
    parser = verbs.add_parser(verb.__name__, help=help, description=verb.__doc__)
    parser.add_argument("file", metavar="FILE", help="a style profile")
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="tell more, with tracebacks")
    parser.set_defaults(verb=verb)
    return parser


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


def model(arguments):
    """Write a style profile as an ONNX model, which says of itself what goes in and what comes out."""
    from profiles import atomic, document, portable, prior

    content = portable.to_onnx(document.read(arguments.file), prior.load(arguments.prior))
    atomic.write(Path(arguments.output), content)
    commands.console().print(f"{arguments.output}: {len(content)} bytes")
    return 0
