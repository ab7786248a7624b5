"""List the effects with their parameters: ranges, units, tags, options; or let them be heard.

  loopmind effects                            every effect and parameter
  loopmind effects --demo --input guitar.wav  a page with the sound of every effect and shipped preset
"""

import sys
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from firmware import commands
from firmware.errors import UserError

HELP = "list the effects and their parameters, or render them all (--demo)"
SAMPLE_RATE = 48000     # of the page's sounds, and for which a latency is told


def add_arguments(parser):
    parser.add_argument("effect", nargs="*", help="only these")
    parser.add_argument("--demo", action="store_true", help="render them, and the shipped presets, into a page to hear "
                                                            "and see, all equally loud")
    parser.add_argument("--input", metavar="FILE", help="with --demo: the take, 8 s of it (default: a built-in riff)")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=Path("loopmind-effects"),
                        help="with --demo: where the page goes (default: %(default)s)")


def run(arguments):
    from dsp import effects

    unknown = set(arguments.effect) - set(effects.names())
    if unknown:
        raise UserError(f"there is no effect {unknown.pop()!r}; there are: {', '.join(effects.names())}")
    if arguments.input and not arguments.demo:
        raise UserError("--input needs --demo: a list of effects has no sound")
    if arguments.demo:
        return show(arguments)
    console = Console(highlight=False)
    for id in arguments.effect or effects.names():
        effect = effects.load(id)
        console.print(f"\n[bold]{id}[/]  {effect.about}")
        console.print(table_of(effect.parameters))
        if effect.options:
            console.print(table_of_options(effect.options))
        if late := latency_ms(effect):
            console.print(f" Its sound comes {late:.1f} ms later.")
    return 0


def show(arguments):
    """Make the page of sounds."""
    from dsp import effects
    from dsp.riff import riff
    from firmware import audiofile, gallery, showcase
    from firmware.warmup import warm_up

    silent = [id for id in arguments.effect if not showcase.can_be_shown(effects.load(id))]
    if silent:
        raise UserError(f"{silent[0]} has nothing to show on one take: it plays a file, shapes a chain, or leaves the "
                        "sound as it is; `loopmind render` plays it in a chain")
    samples, note = audiofile.read(arguments.input, SAMPLE_RATE) if arguments.input else (riff(SAMPLE_RATE), "")
    console = commands.console(sys.stderr)
    if note:
        console.print(f"{arguments.input}: {note}", soft_wrap=True)
    warm_up()
    with Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        page = gallery.make(samples, SAMPLE_RATE, arguments.out, arguments.effect,
                            lambda name, share: bar.update(task, description=name, completed=share))
    commands.console().print(f"{page}: open it in a browser", soft_wrap=True)
    return 0


def table_of(parameters):
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    for heading, width in (("parameter", 14), ("label", 9), ("range", 16), ("default", 8), ("taper", 6), ("tag", 10)):
        table.add_column(heading, min_width=width)
    for parameter in parameters:
        table.add_row(parameter.id, parameter.label, range_of(parameter),
                      parameter.format(parameter.to_raw(parameter.default)), parameter.taper, parameter.tag)
    return table


def table_of_options(options):
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    for heading in ("option", "default", "what it is"):
        table.add_column(heading)
    for option in options:
        table.add_row(option.id, option.default_text, f"{option.about} ({option.allowed})")
    return table


def latency_ms(effect):
    """By how much an effect's sound comes later than what goes in, with its options at their defaults."""
    return 1000 * effect.prepare(float(SAMPLE_RATE), {}).latency / SAMPLE_RATE


def range_of(parameter):
    """ "0 .. 40 dB", or the names of a choice; of more than a dozen the first and the last."""
    if parameter.taper == "choice":
        names = parameter.choices
        return ", ".join(names) if len(names) <= 12 else f"{names[0]} .. {names[-1]}"
    return f"{parameter.low:g} .. {parameter.high:g} {parameter.unit}".rstrip()
