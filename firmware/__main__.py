"""The program `loopmind`: finds the command, runs it, and says what went wrong in one sentence."""

import argparse
import logging
import sys

from dsp.errors import DspError
from firmware import commands
from firmware.errors import UserError
from hw.errors import HwError
from profiles.errors import ProfileError

MISTAKE = 2


def main(arguments=None):
    """Run a command; returns the exit status: 0, or 2 for a user's mistake."""
    parsed = make_parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if parsed.debug else logging.WARNING, format="loopmind: %(message)s")
    try:
        return parsed.command.run(parsed)
    except (UserError, DspError, HwError, ProfileError) as error:
        if parsed.debug:
            raise
        print(f"loopmind: {error}", file=sys.stderr)
        return MISTAKE
    except BrokenPipeError:
        sys.stderr.close()      # the reader, such as `head`, has seen enough
        return 0
    except OSError as error:
        if parsed.debug or not error.filename:
            raise
        print(f"loopmind: {error.filename}: {error.strerror}", file=sys.stderr)
        return MISTAKE
    except KeyboardInterrupt:
        return 130


def make_parser():
    parser = argparse.ArgumentParser(prog="loopmind", description="A stage effects box that learns its player's taste.",
                                     epilog="Also: loopmind setup (prepare this machine), loopmind test (run the tests).")
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--debug", action="store_true", help="tell more, with tracebacks")
    chosen = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in commands.names():
        command = commands.load(name)
        own = chosen.add_parser(name, help=command.HELP, description=command.__doc__, parents=[options],
                                formatter_class=argparse.RawDescriptionHelpFormatter)
        command.add_arguments(own)
        own.set_defaults(command=command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
