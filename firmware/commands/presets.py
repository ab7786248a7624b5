"""List the presets: the shipped ones, and your own over them."""

from pathlib import Path

from rich.table import Table
from rich.text import Text

from firmware import commands, config
from firmware.errors import PresetError

HELP = "list the presets"


def add_arguments(parser):
    parser.add_argument("--config", metavar="FILE", help="the box's configuration (default ~/.loopmind/box.cfg)")


def run(arguments):
    from firmware.preset import Library

    library = Library(config.load(arguments.config).box.home / "presets")
    table = Table(header_style="bold", pad_edge=False)
    for heading in ("preset", "chain", "on the encoders"):
        table.add_column(heading, overflow="fold")
    for name in library.names():
        try:
            preset = library.load(name)
        except PresetError as error:
            table.add_row(name, Text(str(error), style="red"))
            continue
        if missing := next((file for block in preset.blocks for file in files_of(block) if not Path(file).is_file()), None):
            table.add_row(name, Text(f"there is no file {missing}", style="red"))
            continue
        knobs = (f"{preset.blocks[index].effect.label} {preset.blocks[index].effect.parameter(parameter).label}"
                 for index, parameter in preset.knobs)
        table.add_row(name, " > ".join(block.effect.label for block in preset.blocks), ", ".join(knobs))
    commands.console().print(table)
    return 0


def files_of(block):
    """The files that a block's options name."""
    return [value for id, value in block.options.items() if block.effect.option(id).kind == "file"]
