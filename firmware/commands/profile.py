"""Style profiles: look at them, hand them on, bring them back.

  loopmind profile list
  loopmind profile show Me                          what it has learnt, in sentences and figures
  loopmind profile use Kim                          the box plays with another one
  loopmind profile rename Profile Stage             another name; all that is learnt stays
  loopmind profile export Me /media/stick           producer DNA: one file to share, nothing private in it
  loopmind profile import Kim.loopmind.json
  loopmind profile blend Me Kim --amount 0.4 -o both.json
  loopmind profile merge Me Kim Anna --weights 2,1,1 -o band.json
  loopmind profile log Me                           the sessions and what was set in them
  loopmind profile forget Me --last                 unlearn a session
  loopmind profile rebuild Me                       make it anew from its log
  loopmind profile model Me -o style.onnx           a model that any host with onnxruntime can ask

A profile is named as it is in the box, or by its file (with a / or .json). Switch the box off before rename,
forget and rebuild.
"""

import argparse
import datetime
import re
import textwrap
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

from rich.table import Table
from rich.text import Text

from firmware import commands, config
from firmware.errors import UserError

HELP = "look at style profiles, hand them on, bring them back"
CLOCK_SET = 1e9         # seconds: an earlier time is no date but a clock of the host's own


def add_arguments(parser):
    parser.add_argument("--config", metavar="FILE", help="the box's configuration (default ~/.loopmind/box.cfg)")
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True)
    add_verb(verbs, list_, "the profiles in the box", name="list")
    one(add_verb(verbs, show, "what a profile has learnt"), optional=True)
    one(add_verb(verbs, use, "let the box play with another profile"))
    renamed = add_verb(verbs, rename, "give a profile another name")
    renamed.add_argument("profile", metavar="NAME", help="one in the box")
    renamed.add_argument("new", metavar="NEW", help="what it is called from now on")
    exported = one(add_verb(verbs, export, "write a profile as one file to share"))
    exported.add_argument("to", metavar="FOLDER|FILE", nargs="?", default=".", help="where to (default: this folder)")
    imported = add_verb(verbs, import_, "bring a shared profile into the box", name="import")
    imported.add_argument("profile", metavar="FILE", help="an exported profile, or another host's")
    merged = add_verb(verbs, merge, "make a profile that several people lead")
    merged.add_argument("profiles", metavar="NAME|FILE", nargs="+", help="whose, in any order")
    merged.add_argument("--weights", metavar="W,W,...", type=numbers, help="how much each counts, 0 to 1000 (default: alike)")
    merged._negative_number_matcher = re.compile(r"-[\d.]")     # so that "-1,2" is no option, and what is wrong can be said
    output(merged)
    blended = add_verb(verbs, blend, "make a profile between two")
    blended.add_argument("profiles", metavar="NAME|FILE", nargs=2, help="mine, and the other producer's")
    blended.add_argument("--amount", metavar="X", type=float, default=0.5, help="0 (mine) to 1 (theirs) (default: %(default)s)")
    output(blended)
    one(add_verb(verbs, log, "the sessions, and what was set in them"), optional=True)
    forgotten = one(add_verb(verbs, forget, "unlearn a session"))
    which = forgotten.add_mutually_exclusive_group(required=True)
    which.add_argument("--session", metavar="N", type=int, help="its number in `profile log`")
    which.add_argument("--last", action="store_true", help="the last one")
    rebuilt = one(add_verb(verbs, rebuild, "make a profile anew from its log"))
    rebuilt.add_argument("--log", metavar="FILE", type=Path, help="the log (default: the one that belongs to it)")
    made = one(add_verb(verbs, model, "write a profile as an ONNX model"))
    made.add_argument("-o", "--output", metavar="MODEL", required=True, help="the file to write, say style.onnx")
    made.add_argument("--prior", metavar="PRIOR", default="none", help="what the player's settings overrule: "
                      "factory, none or a style profile (default none, as for loopmind trainer)")


def add_verb(verbs, verb, help, name=None):
    """Something to do; returns its parser."""
    parser = verbs.add_parser(name or verb.__name__, help=help, description=verb.__doc__)
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="tell more, with tracebacks")
    parser.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="the box's configuration")
    parser.set_defaults(verb=verb)
    return parser


def one(parser, optional=False):
    """With one profile."""
    parser.add_argument("profile", metavar="NAME|FILE", nargs="?" if optional else None,
                        help="a profile" + (" (default: the box's current one)" if optional else ""))
    return parser


def output(parser):
    parser.add_argument("-o", "--output", metavar="NAME|FILE", required=True, help="the file to write, or its name in the box")


def numbers(text):
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be numbers with commas between, such as 2,1,1, not {text}") from None


def run(arguments):
    from firmware.shelf import Shelf

    return arguments.verb(arguments, Shelf(config.load(arguments.config).box.home), commands.console())


# --- Looking ------------------------------------------------------------------------------------

def list_(arguments, shelf, console):
    """List the profiles in the box; the one it plays with has a star."""
    from profiles.errors import ProfileError

    names = shelf.names()
    chosen = shelf.store().chosen() if names else ""
    current = chosen if chosen in names or not names else names[0]
    table = Table(header_style="bold", pad_edge=False)
    for heading in ("", "profile", "sessions", "knobs", "with"):
        table.add_column(heading, overflow="fold")
    for name in names:
        star = "*" if name == current else ""
        try:
            profile = shelf.own(name).read()
        except ProfileError as error:
            table.add_row(star, name, "", "", Text(str(error), style="red"))
            continue
        table.add_row(star, name, str(profile.sessions), str(len(profile.known)),
                      ", ".join(others_of(profile)))
    console.print(table if names else f"{shelf.home} has no profile yet: play with Learn on, or import one")
    return 0


def show(arguments, shelf, console):
    """Show what a style profile has learnt."""
    from firmware.names import counted, name_of, show_value
    from profiles import exchange, trends

    profile = shelf.place(arguments.profile).read()
    others = others_of(profile)
    console.print(profile.name, style="bold", end="")
    console.print(f": {counted(profile.sessions, 'session')}" + (f", with {', '.join(others)}" if others else ""))
    sentences = exchange.habits_in_words(profile, show_value)
    tell_habits(console, sentences or ["Nothing has been learnt yet."])
    found = [trend for trend in trends.trends(profile) if trend.settings]
    if not found:
        return 0        # another host's weights: the sentences say all there is
    table = Table(header_style="bold", pad_edge=False)
    for heading in ("knob", "emotion", "value", "weight", "sure", "settings", "sessions"):
        table.add_column(heading)
    for trend in found:
        key = (trend.plugin, trend.parameter)
        table.add_row(name_of(*key), trend.emotion, show_value(*key, trend.value), f"{trend.weight:+.2f}",
                      f"{trend.confidence:.0%}", str(trend.settings), str(trend.sessions))
    console.print(table)
    return 0


def log(arguments, shelf, console):
    """List the sessions that a profile's log knows, with every adjustment that settled."""
    from firmware.names import name_of, show_value
    from profiles.ledger import LEARNT, replay

    place = shelf.place(arguments.profile)
    profile = place.read()
    records = records_of(place.log_of(profile))
    retracted = {record["adjust"] for record in records if record["kind"] == "retract"}
    sessions = replay(records, neutral(profile)).sessions
    for session in sessions:
        state = "" if session.state == LEARNT else f", {session.state}"
        console.print(f"Session {session.number}", style="bold", end="")
        console.print(f"  {when(session.time)}{state}")
        for record in records:
            if record["kind"] == "adjust" and session.first <= record["n"] <= session.last and record["n"] not in retracted:
                key = (record["plugin"], record["parameter"])
                console.print(f"  {record['emotion']:12} {name_of(*key):28} {show_value(*key, record['old'])} > "
                              f"{show_value(*key, record['new'])}")
    if not sessions:
        console.print("The log has no session yet.")
    return 0


# --- Handing on ---------------------------------------------------------------------------------

def use(arguments, shelf, console):
    """Let the box play with another of its profiles, from its next start on."""
    require_own(arguments.profile, shelf)
    console.print(f"{shelf.store().switch(arguments.profile).profile.name} plays")
    return 0


def require_own(name, shelf):
    """Refuse a name that no profile in the box has."""
    if name not in shelf.names():
        raise UserError(f"there is no profile {name!r} in the box; there are: {', '.join(shelf.names()) or 'none'}")


def rename(arguments, shelf, console):
    """Give a profile in the box another name; what it has learnt, its log and its place stay."""
    require_own(arguments.profile, shelf)
    console.print(f"{arguments.profile} is {shelf.store().rename(arguments.profile, arguments.new).name} now")
    return 0


def export(arguments, shelf, console):
    """Write a profile as producer DNA: one checksummed file with a card, and nothing private in it."""
    from firmware.names import show_value
    from profiles import atomic, exchange

    profile, to = shelf.place(arguments.profile).read(), Path(arguments.to)
    if to.suffix == ".json" and not to.is_dir():
        atomic.write(to, exchange.dna(profile, show=show_value))
    else:
        to = exchange.export(profile, to, show=show_value)
    tell(console, to, profile)
    return 0


def import_(arguments, shelf, console):
    """Bring a shared profile into the box; one that is there already takes in what is new.

    Where both have learnt on meanwhile, on two boxes, it stands beside, as one more.
    """
    from profiles import exchange

    kept = shelf.store().add(exchange.import_(arguments.profile))
    tell(console, f"{kept.name} is in the box", kept)
    return 0


def merge(arguments, shelf, console):
    """Make a profile that the owners of several lead together, each with a weight; each keeps its name."""
    from profiles.merge import combine

    return put(combine([shelf.place(each).read() for each in arguments.profiles], arguments.weights), arguments, shelf, console)


def blend(arguments, shelf, console):
    """Make a profile at some point between two: me x another producer."""
    from profiles.merge import blend as blended

    mine, theirs = (shelf.place(each).read() for each in arguments.profiles)
    return put(blended(mine, theirs, arguments.amount), arguments, shelf, console)


def put(profile, arguments, shelf, console):
    """Write what was made where it is wanted; a profile of another's is not overwritten."""
    from firmware.shelf import is_file_name
    from profiles import atomic, document, exchange

    if is_file_name(arguments.output):
        atomic.write(Path(arguments.output), exchange.dna(profile))
    elif arguments.output in shelf.names():
        raise UserError(f"there is a profile {arguments.output} in the box already: choose another name")
    else:
        profile = profile.with_own(name=arguments.output)
        atomic.write(shelf.own(arguments.output).file, document.to_json(profile).encode())
    tell(console, arguments.output, profile)
    return 0


def model(arguments, shelf, console):
    """Write a style profile as an ONNX model, which says of itself what goes in and what comes out."""
    from profiles import atomic, portable, prior

    content = portable.to_onnx(shelf.place(arguments.profile).read(), prior.load(arguments.prior))
    atomic.write(Path(arguments.output), content)
    console.print(f"{arguments.output}: {len(content)} bytes")
    return 0


# --- Bringing back ------------------------------------------------------------------------------

def forget(arguments, shelf, console):
    """Unlearn one session, exactly: the profile is as if it had never been. Its log keeps it, as forgotten."""
    from firmware.names import counted
    from profiles.trainer import Trainer

    place = shelf.place(arguments.profile)
    profile = place.read()
    records_of(place.log_of(profile))       # an empty log must not be made here
    trainer = Trainer(profile, logs=place.logs)
    try:
        if trainer.fault:
            raise UserError(trainer.fault)
        session = trainer.forget_session(arguments.session)
        trainer.save(place.file)
    finally:
        trainer.close()
    console.print(f"Session {session.number} is forgotten: {counted(session.settings, 'setting')} of {when(session.time)}")
    return 0


def rebuild(arguments, shelf, console):
    """Make a profile anew from its log; other people in it stay. The one before is kept beside it."""
    from firmware.shelf import is_file_name
    from profiles.errors import ProfileError

    named = arguments.log and not is_file_name(arguments.profile)
    place = shelf.own(arguments.profile) if named else shelf.place(arguments.profile)
    try:
        before = place.read()
    except ProfileError:
        if arguments.log is None:
            raise
        before = None       # broken or gone: the log knows its id and name
    with claimed(place, before) as own:
        records = own.records if own and arguments.log is None else records_of(arguments.log or place.log_of(before))
        return remake(before, records, arguments, place, console)


def claimed(place, profile):
    """A profile's own log, so that no box learns with it meanwhile; refused where one does."""
    from profiles.log import AdjustmentLog

    known = profile is not None and place.log_of(profile).is_file()
    return closing(AdjustmentLog(place.log_of(profile))) if known else nullcontext()


def remake(before, records, arguments, place, console):
    """Put what the records give in the place of the profile before, which may be None."""
    from firmware.names import counted
    from profiles import atomic, document, ledger

    owner = next((record["id"] for record in records if record["kind"] == "profile"), None)
    if before is not None and owner not in (None, before.id):
        raise UserError(f"{arguments.log} is the log of another profile, {owner}")
    profile = ledger.rebuild(records, neutral(before) if before else None)
    if before is not None:
        profile = replace(before, members={**before.members, before.id: profile.own}, infos={**before.infos, **profile.infos})
    sessions = counted(profile.own.sessions, "session")
    if before == profile:
        console.print(f"{place.file}: bit for bit what its log gives, {sessions}")
        return 0
    kept = put_aside(place.file)
    atomic.write(place.file, document.to_json(profile).encode())
    console.print(f"{place.file}: made anew, {sessions}" + (f"; the one before is {kept}" if kept else ""), soft_wrap=True)
    return 0


def put_aside(file):
    """Copy a file under a free name, which the box does not list; None where there is none."""
    from profiles import atomic

    if not file.exists():
        return None
    n = 1
    while (aside := file.with_name(f"{file.stem}.before-{n}{file.suffix}")).exists():
        n += 1
    atomic.write(aside, file.read_bytes())
    return aside


# --- Words --------------------------------------------------------------------------------------

def records_of(path):
    from profiles import log as adjustments

    if not path.is_file():
        raise UserError(f"there is no log {path}: this profile has learnt nothing here")
    return adjustments.read(path)


def neutral(profile):
    from profiles.profile import new_profile

    return new_profile(profile.name, profile.id)


def others_of(profile):
    """Who else is in a profile; those who lead it with their share."""
    total = sum(profile.shares.values())
    return [f"{member.name} {profile.shares[id] / total:.0%}" if id in profile.shares else member.name
            for id, member in sorted(profile.members.items(), key=lambda item: item[1].name) if id != profile.id]


def when(time):
    if time < CLOCK_SET:
        return f"{time:g} s on the host's clock"
    return f"{datetime.datetime.fromtimestamp(time):%Y-%m-%d %H:%M}"


def tell(console, what, profile):
    """One line on what was made, and the card's habits."""
    from firmware.names import counted, show_value
    from profiles import exchange

    card = exchange.card(profile, datetime.date.today(), show_value)
    people = f", with {', '.join(others_of(profile))}" if len(profile.members) > 1 else ""
    console.print(f"{what}: {counted(card['sessions'], 'session')}, {counted(card['settings'], 'setting')}{people}", soft_wrap=True)
    tell_habits(console, card["trends"])


def tell_habits(console, sentences):
    """Sentences below what they are about, no number without its unit."""
    for sentence in sentences:
        console.print(textwrap.indent(commands.wrapped(sentence, console.width - 2), "  "), soft_wrap=True)
