"""Start the box, until Ctrl-C or SIGTERM; either ends the session and keeps what was learnt.

With --sim nothing but a terminal is needed: keys turn the encoders and press the switches, the display
is drawn in the terminal, and the sound comes from a file, looped.
"""

import sys

from firmware import config as configuration

HELP = "start the box (--sim: without hardware)"
MISTAKE = 2             # the exit status of a mistake the user can mend, such as a card that is not there


def add_arguments(parser):
    parser.add_argument("--sim", action="store_true", help="simulated panel, display, stick and sound card")
    parser.add_argument("--config", metavar="FILE", help="the box's configuration (default ~/.loopmind/box.cfg)")
    parser.add_argument("--input", metavar="SOUND", help="a sound file, looped, or alsa:DEVICE (default with --sim: "
                                                         "the built-in riff)")
    parser.add_argument("--output", metavar="SOUND", help="alsa:DEVICE, or a .wav or .flac file to record to "
                                                          "(default with --sim: the sound card, if there is one)")


def run(arguments):
    from firmware import sources

    config = configuration.load(arguments.config)
    if arguments.sim:
        simulate(config)
    status = start(config, sources.opener(config, arguments.input, arguments.output))
    if status == MISTAKE and not arguments.sim:
        print("loopmind: without the hardware, `loopmind run --sim` plays the whole box in a terminal", file=sys.stderr)
    return status


def start(config, open_device):
    """Run the box, with the panel in this terminal if it is simulated."""
    from firmware import box
    from firmware.terminal import Terminal

    if config.hardware.panel != "sim":
        return box.run(config, open_device)
    if not sys.stdin.isatty():
        print("loopmind: no terminal here, so nobody plays the panel; the box runs until SIGTERM", file=sys.stderr)
        return box.run(config, open_device)
    with Terminal.prepared(sys.stdin.fileno()) as terminal:
        return box.run(config, open_device, terminal)


def simulate(config, make_stick=True):
    """Every part of the body simulated; a folder in the box's home stands for the stick."""
    config.hardware.audio = "file"
    config.hardware.panel = config.hardware.display = "sim"
    config.hardware.usb = "folder"
    config.usb.mount = config.box.home / "stick"
    if make_stick:
        config.usb.mount.mkdir(parents=True, exist_ok=True)
