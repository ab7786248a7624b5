"""My Style Analyzer: what the box has learnt about its player, in sentences and as a heatmap.

  loopmind style                              the profile that the box uses
  loopmind style Kim                          another one in the box
  loopmind style stick/Kim.loopmind.json      one from anywhere
  loopmind style --html dna.html              the same as a page to show a friend
  loopmind style --why "reverb mix" dreamy    why My Style sets a knob as it does
"""

import datetime
import difflib
import re
from pathlib import Path

from rich.box import ROUNDED
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from firmware import commands, config
from firmware.errors import UserError

HELP = "My Style Analyzer: what was learnt, as sentences, heatmap or page"
HABITS, FEW, ROWS, COLUMNS = 7, 3, 14, 8    # what a screenful holds
WIDTH = 80
UP, DOWN = (217, 95, 14), (47, 111, 187)    # orange and blue: told apart by any eye
FAR, LITTLE = 0.2, 0.01                     # of a knob's travel: two arrows, and none


def add_arguments(parser):
    parser.add_argument("profile", nargs="?", metavar="NAME|FILE", help="a profile in the box, or a file (default: the box's own)")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write one self-contained page")
    parser.add_argument("--why", nargs=2, metavar=("KNOB", "EMOTION"), help='explain a knob, such as "reverb mix" dreamy')
    parser.add_argument("--than", metavar="FILE", help="compare with the people in this profile (default: those merged in, or the factory's style)")
    parser.add_argument("--config", metavar="FILE", help="the box's configuration (default ~/.loopmind/box.cfg)")


def run(arguments):
    from firmware.analysis import analyse
    from firmware.shelf import Shelf
    from profiles import atomic, document, prior

    box = config.load(arguments.config)
    place = Shelf(box.box.home).place(arguments.profile)
    profile = place.read()
    console = commands.console()
    console.width = min(console.width, WIDTH)
    if arguments.why:
        return tell_why(console, profile, prior.load(box.trainer.prior), *arguments.why)
    alone = len(profile.members) == 1       # else the others are in there
    others = document.read(arguments.than) if arguments.than else prior.load(box.trainer.prior) if alone else None
    analysis = analyse(profile, others, sessions_of(profile, place))
    if arguments.html:
        from firmware.report.page import page
        atomic.write(arguments.html, page(analysis, datetime.date.today()).encode())
        console.print(f"{arguments.html}: {profile.name}, a page for any browser", soft_wrap=True)
    else:
        tell(console, analysis)
    return 0


def sessions_of(profile, place):
    """What the log knows of a profile, none where it was learnt elsewhere."""
    from profiles.ledger import replay
    from profiles.log import read
    from profiles.profile import new_profile

    path = place.log_of(profile)
    return replay(read(path), new_profile(profile.name, profile.id)).sessions if path.is_file() else []


# --- Why ----------------------------------------------------------------------------------------

def tell_why(console, profile, prior, knob, emotion):
    """One or two sentences."""
    from firmware.names import show_value
    from profiles.why import why, why_sentence

    answer = why(profile, prior, *knob_named(knob, profile), emotion)
    console.print(commands.wrapped(why_sentence(answer, show_value), console.width))
    return 0


def knob_named(text, profile):
    """The (plugin, parameter) that is meant: all its words stand in the names of that knob and of no other."""
    from firmware.names import name_of

    names = {key: f"{name_of(*key)} {key[0]} {info.label} {info.id}" for key, info in profile.infos.items()}
    wanted = words_of(text)
    fits = [key for key, name in names.items() if wanted and wanted <= words_of(name)]
    exact = [key for key in fits if wanted in (words_of(name_of(*key)), words_of(f"{key[0]} {key[1]}"))]
    found = exact or fits
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{text!r} may be {', '.join(name_of(*key) for key in found[:6])}: name the effect, too")
    near = difflib.get_close_matches(text.lower(), [name_of(*key).lower() for key in names], 3, 0.5)
    raise UserError(f"there is no knob {text!r}" + (f"; is it {' or '.join(near)}?" if near else " in this profile"))


def words_of(text):
    return set(re.findall(r"[^\W_]+", text.lower()))


# --- In the terminal ----------------------------------------------------------------------------

def tell(console, analysis):
    """Card, habits, heatmap, and what else is known, on about two screens."""
    from firmware.names import counted

    console.print(card(analysis))
    if not analysis.trends:
        console.print("Nothing has been learnt yet: play with Learn on.")
        return
    listed(console, "Your habits", [habit.sentence for habit in analysis.habits], HABITS)
    console.print(heatmap(analysis))
    console.print(Text("↑ more  ↓ less than the default  ↑↑ far  = as it was; how often it was set", "dim"))
    listed(console, "Between moods", [sentence for sentence, _ in analysis.contrasts], FEW)
    listed(console, "Lately", [sentence for sentence, _ in analysis.changes], FEW)
    listed(console, f"Unlike {analysis.crowd}", [sentence for sentence, _ in analysis.others], FEW)
    listed(console, "Left alone", analysis.untouched, FEW)
    listed(console, "Also in here", [f"{person.name}, {counted(person.sessions, 'session')}. {' '.join(person.habits[:1])}".strip()
                                     for person in analysis.members], FEW)


def card(analysis):
    """Name and figures in a frame."""
    figures = Text(" · ", "dim").join(Text.assemble((f"{count:,}", "bold"), f" {thing}") for count, thing in analysis.facts)
    return Panel(figures, title=Text(analysis.name, "bold"), title_align="left", box=ROUNDED, padding=(0, 1))


def listed(console, title, sentences, most):
    """Some sentences under a title, as many as a screen has room for."""
    if sentences:
        console.print(Text(f"\n{title}", "bold"))
        lines = Table.grid(padding=(0, 1, 0, 0))
        for sentence in sentences[:most]:
            lines.add_row(Text("•", "dim"), Text(commands.wrapped(sentence, console.width - 2)))
        console.print(lines)
        if len(sentences) > most:
            console.print(Text(f"  and {len(sentences) - most} more", "dim"))


def heatmap(analysis):
    """The most used knobs by emotion: the colour says which way, its depth how often, arrows say it without colour."""
    from firmware.names import name_of

    emotions = analysis.emotions[:COLUMNS]
    most = max((count for row in analysis.heat for count, _ in row.cells.values()), default=1) or 1
    table = Table(box=None, padding=(0, 0), collapse_padding=True, title="\nHow often, and which way", title_justify="left",
                  title_style="bold", header_style="dim")
    table.add_column("", width=24, no_wrap=True, overflow="ellipsis")
    for emotion in emotions:
        table.add_column(Text((emotion or "all")[:6]), width=7, justify="center", no_wrap=True)
    for row in analysis.heat[:ROWS]:
        table.add_row(Text(name_of(row.plugin, row.parameter)), *(cell(row.cells.get(emotion), most) for emotion in emotions))
    return table


def cell(known, most):
    """One place of the heatmap."""
    if known is None:
        return Text("·", "dim")
    count, weight = known
    return Text(f"{arrows(weight)} {count or ''}".strip().center(7), ink(count / most, weight))


def arrows(weight):
    """The direction as signs."""
    return "=" if abs(weight) <= LITTLE else ("↑" if weight > 0 else "↓") * (1 + (abs(weight) >= FAR))


def ink(share, weight):
    """A style whose ground is the deeper, the more often the knob was set."""
    if abs(weight) <= LITTLE:
        return "dim"
    red, green, blue = UP if weight > 0 else DOWN
    depth = 0.25 + 0.75 * share ** 0.5
    return f"white on rgb({int(red * depth)},{int(green * depth)},{int(blue * depth)})"
