"""List the effects with their parameters: ranges, units, tags."""

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
    table = Table(title=None, header_style="bold", pad_edge=False)
    for heading in ("effect", "parameter", "label", "range", "default", "taper", "tag"):
        table.add_column(heading, no_wrap=heading != "range")
    for id in arguments.effect or effects.names():
        effect = effects.load(id)
        table.add_section()
        table.add_row(f"[bold]{id}[/]", f"[dim]{effect.about}[/]")
        for parameter in effect.parameters:
            table.add_row("", parameter.id, parameter.label, range_of(parameter),
                          parameter.format(parameter.to_raw(parameter.default)), parameter.taper, parameter.tag)
    Console().print(table)
    return 0


def range_of(parameter):
    """ "0 .. 40 dB", or the names of a choice."""
    if parameter.taper == "choice":
        return ", ".join(parameter.choices)
    return f"{parameter.low:g} .. {parameter.high:g} {parameter.unit}".rstrip()
