"""Play a guitar recording through the box while a script plays the panel, and show what was learnt.

Under two emotions the knobs are turned, the session ends, the emotion comes back, and the box sets the
knobs by itself. FOLDER then holds processed.wav, profile.json, adjustments.log and pages.png.
"""

from pathlib import Path

from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from firmware import commands
from firmware import config as configuration
from firmware.commands.run import simulate

HELP = "the main job on a recording: learn a style, then apply it"


def add_arguments(parser):
    parser.add_argument("--input", metavar="FILE", help="a guitar recording, WAV or FLAC (default: a built-in riff)")
    parser.add_argument("--profile", metavar="FILE", help="start with this style profile (default: a neutral one)")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=Path("loopmind-demo"),
                        help="where the results go (default: %(default)s)")
    parser.add_argument("--fast", action="store_true", help="as fast as the machine can, not in real time")


def run(arguments):
    from dsp.riff import riff
    from firmware import audiofile, demo
    from profiles import document

    console = commands.console()
    config = configuration.load(configuration.DEFAULTS)
    simulate(config, make_stick=False)
    profile = document.read(arguments.profile) if arguments.profile else None
    if arguments.input:
        samples, note = audiofile.read(arguments.input, config.audio.sample_rate)
        console.print(f"Playing {arguments.input}{': ' + note if note else ''}")
    else:
        samples = riff(config.audio.sample_rate)
        console.print("Playing the built-in riff (plucked strings, synthesised here)")
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console,
                  transient=True) as bar:
        task = bar.add_task("playing", total=1.0)
        result = demo.run(samples, config, arguments.out, profile, arguments.fast,
                          lambda seconds, words: console.print(Text.assemble((f"{seconds:5.1f} s", "dim"),
                                                                            f"  the player {words}")),
                          lambda share: bar.update(task, completed=share))
    tell(console, result, arguments.out)
    return 0


def tell(console, result, out):
    """What the box learnt, in sentences and in figures."""
    console.print("\nWhat the box learnt", style="bold")
    for sentence in result.sentences:
        console.print(Padding(sentence, (0, 0, 0, 2)))
    table = Table(title="What it then set by itself", title_justify="left", pad_edge=False)
    for heading in ("preset", "emotion", "knob", "without style", "by itself"):
        table.add_column(heading)
    for line in result.learnt:
        table.add_row(line.preset, line.emotion, line.knob, line.before, line.after)
    console.print()
    console.print(table)
    console.print(f"\n{out}: processed.wav, profile.json, adjustments.log, pages.png")
