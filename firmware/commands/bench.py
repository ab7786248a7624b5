"""Measure what this machine can carry: every effect's share of the time that a block has.

A chain's effects add up. Up to 60 % of a block is what a chain should take; the rest is for the system. What a
sound card's driver and the kernel do to the timing is not measured here: `loopmind run` counts its xruns.
"""

import json
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from firmware import commands
from firmware import config as configuration
from firmware.errors import UserError

HELP = "measure what this machine can carry"


def add_arguments(parser):
    parser.add_argument("--period", metavar="N", type=int, help="frames a block, 16 to 1024 (default: as configured)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there too")
    parser.add_argument("--config", metavar="FILE", help="the box's configuration (default ~/.loopmind/box.cfg)")


def run(arguments):
    from firmware import carry
    from firmware.preset import Library
    from firmware.warmup import warm_up

    config = configuration.load(arguments.config)
    period = config.audio.period if arguments.period is None else arguments.period
    if not 16 <= period <= 1024:
        raise UserError(f"--period {period} is not from 16 to 1024")
    console = commands.console()
    warm_up()
    with Progress(TextColumn("measuring {task.description}"), BarColumn(), console=console, transient=True,
                  auto_refresh=False) as bar:     # nothing else may run while it is measured
        task = bar.add_task("", total=1.0)
        report = carry.measure(Library(config.box.home / "presets"), config.audio.sample_rate, period,
                               lambda name, share: bar.update(task, description=name, completed=share, refresh=True))
    if arguments.json:
        arguments.json.write_text(json.dumps(report.document(), indent=1) + "\n")
    tell(console, report)
    return 0


def tell(console, report):
    """The tables for a player."""
    from firmware import carry

    block_ms = 1000 * report.period / report.sample_rate
    console.print(f"{report.machine}; {report.sample_rate} Hz, {report.period} frames a block: {block_ms:.2f} ms",
                  soft_wrap=True)
    console.print(f"The box itself takes {percent(report.box.share)} of it, without an effect.")
    console.print(table("effect", report.effects))
    console.print(table("preset, with the box", report.presets, "", lambda line: "" if line.fits else "too heavy"))
    for name, why in report.broken.items():
        console.print(f"{name} could not be played: {why}", style="red", soft_wrap=True)
    if report.models:
        console.print(table("amp capture (NAM)", report.models, "at once", lambda line: str(report.how_many(line))))
    if report.suggested:
        delay_ms = 1000 * report.suggested / report.sample_rate
        console.print(f"Suggested: period = {report.suggested} ({delay_ms:.2f} ms). There every preset fits into "
                      f"{percent(carry.ROOM)} of a block.", style="bold", soft_wrap=True)
    else:
        console.print(f"No period up to {carry.PERIODS[-1]} carries the heaviest preset, {report.presets[0].name}: "
                      "choose lighter ones.", style="bold", soft_wrap=True)


def table(kind, lines, more=None, tell_more=None):
    """A table of Lines; with one more column where `tell_more` says what stands in it."""
    result = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    result.add_column(kind, min_width=20)
    for heading in ("ns a frame", "of a block", "longest block", *([] if more is None else [more])):
        result.add_column(heading, justify="right")
    for line in lines:
        result.add_row(line.name, f"{line.ns:.1f}", percent(line.share), percent(line.worst),
                       *([] if more is None else [tell_more(line)]))
    return result


def percent(share):
    """Two digits that say something: 0.35 %, 3.5 %, 35 %."""
    number = 100 * share
    return f"{number:.{0 if number >= 9.95 else 1 if number >= 0.995 else 2}f} %"
