"""Send a sound file through a chain, exactly as the box would play it.

  loopmind render in.wav out.wav --preset "Clean Room" --emotion dreamy --profile me.json
  loopmind render in.wav out.wav --chain 'overdrive drive_db=20 | delay time_ms=300 mix=0.3'
"""

import sys
from pathlib import Path

from rich.progress import Progress

from firmware import commands
from firmware import config as configuration
from firmware.errors import UserError

HELP = "send a sound file through a chain"
LONGEST_BLOCK = 1024


def add_arguments(parser):
    parser.add_argument("input", metavar="IN", help="a sound file")
    parser.add_argument("output", metavar="OUT", type=Path, help="a .wav or .flac file to write")
    chain = parser.add_mutually_exclusive_group()
    chain.add_argument("--preset", metavar="NAME", help="a preset, see `loopmind presets` (default: Clean Room)")
    chain.add_argument("--chain", metavar="TEXT", help="effects with their settings, separated by |")
    parser.add_argument("--emotion", metavar="E", help="set the knobs for this emotion")
    parser.add_argument("--profile", metavar="FILE", help="with the style in this profile; needs --emotion")
    parser.add_argument("--period", metavar="N", type=int, default=64,
                        help="frames a block, 1 to 1024 (default: %(default)s)")
    parser.add_argument("--float", action="store_true", help="write 32-bit float, every sample as it is")
    parser.add_argument("--config", metavar="FILE", help="the box's configuration (default ~/.loopmind/box.cfg)")


def run(arguments):
    from dsp.chain import prepare
    from firmware import audiofile, preset, render
    from firmware.sound import notes_of
    from profiles import document

    if not 1 <= arguments.period <= LONGEST_BLOCK:
        raise UserError(f"--period {arguments.period} is not from 1 to {LONGEST_BLOCK}")
    if arguments.profile and not arguments.emotion:
        raise UserError("--profile needs --emotion: a style says what to do under an emotion")
    config = configuration.load(arguments.config)
    audio = config.audio
    if arguments.emotion and arguments.emotion not in config.selector.emotions:
        raise UserError(f"there is no emotion {arguments.emotion!r}; there are: {', '.join(config.selector.emotions)}")
    profile = document.read(arguments.profile) if arguments.profile else None
    if arguments.chain is not None:
        blocks = preset.parse_chain(arguments.chain)
    else:
        blocks = preset.Library(config.box.home / "presets").load(arguments.preset or config.box.preset).blocks
    if arguments.emotion:
        render.apply_style(blocks, arguments.emotion, profile)
    samples, note = audiofile.read(arguments.input, audio.sample_rate)
    console = commands.console(sys.stderr)
    if note:
        console.print(f"{arguments.input}: {note}", soft_wrap=True)
    needs = prepare(blocks, audio.sample_rate)
    for note in notes_of(needs):
        console.print(note, soft_wrap=True, markup=False)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("rendering", total=len(samples))
        render.to_file(samples, blocks, arguments.output, audio.sample_rate, arguments.period,
                       (audio.input_gain_db, audio.output_gain_db), arguments.float,
                       lambda done: bar.update(task, completed=done), needs)
    return 0
