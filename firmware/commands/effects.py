"""List the effects with their parameters: ranges, units, tags."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from firmware.errors import UserError

HELP = "list the effects and their parameters"


def add_arguments(parser):
    parser.add_argument("effect", nargs="*", help="only these")


def run(arguments):
    from dsp import effects

    unknown = set(arguments.effect) - set(effects.names())
    if unknown:
        raise UserError(f"there is no effect {unknown.pop()!r}; there are: {', '.join(effects.names())}")
    console = Console(highlight=False)
    for id in arguments.effect or effects.names():
        effect = effects.load(id)
        console.print(f"\n[bold]{id}[/]  {effect.about}")
        console.print(table_of(effect.parameters))
    return 0


def table_of(parameters):
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    for heading, width in (("parameter", 15), ("label", 10), ("range", 18), ("default", 8), ("taper", 6), ("tag", 10)):
        table.add_column(heading, min_width=width)
    for parameter in parameters:
        table.add_row(parameter.id, parameter.label, range_of(parameter),
                      parameter.format(parameter.to_raw(parameter.default)), parameter.taper, parameter.tag)
    return table


def range_of(parameter):
    """ "0 .. 40 dB", or the names of a choice."""
    if parameter.taper == "choice":
        return ", ".join(parameter.choices)
    return f"{parameter.low:g} .. {parameter.high:g} {parameter.unit}".rstrip()
