"""My Style as one self-contained page: what a player shows a friend.

Nothing is loaded from anywhere, every text is escaped, and nothing private is in it: no times of
day, no machine, only what the profile itself would tell.
"""

import math
from html import escape

from firmware.analysis import whole
from firmware.names import counted, name_of, show_value
from firmware.report import drawings
from firmware.report.look import CSS
from profiles.profile import AT_DEFAULT, BINS, counts
from profiles.trends import TAGS, UNMOVED
from profiles.words import place

SHOWN, MOST = 8, 60             # habits at once, and behind "more"
PAIRS, ROWS, COLUMNS = 6, 30, 12
PETALS, TAG_ROWS = 12, 5
LEAST_GAP = 0.3                 # radians between two petals
WORD_FROM = 0.03                # of a knob's travel: less is no direction
FAR = 0.2


def page(analysis, day):
    """The whole page; ``day`` is a date for its foot."""
    title = escape(analysis.name)
    parts = [card(analysis)]
    if analysis.trends:
        parts += [portrait(analysis), habits(analysis), heat(analysis), contrasts(analysis), lately(analysis), others(analysis),
                  untouched(analysis), members(analysis), how_to_read()]
    else:
        parts += [members(analysis)]
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}: producer DNA</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<style>{CSS}</style></head><body><main>{"".join(parts)}'
            f"<footer>Made by a LoopMind Box on {day:%d %B %Y}. It was learnt on the box alone, from the knobs that were "
            f"turned; no cloud was asked.</footer></main></body></html>\n")


def section(title, note, body):
    """A part of the page, or nothing where it would be empty."""
    return f'<section><h2>{escape(title)}</h2><p class="note">{escape(note)}</p>{body}</section>' if body else ""


def card(analysis):
    """Name and figures, and the strongest habit."""
    figures = "".join(f"<li><b>{count:,}</b>{escape(thing)}</li>" for count, thing in analysis.facts)
    lead = analysis.habits[0].sentence if analysis.habits else "Nothing has been learnt yet: play with Learn on."
    with_others = f' <span class="dim">with {escape(listed([person.name for person in analysis.members[:4]]))}</span>' if analysis.members else ""
    return (f'<header class="card name"><div class="kicker">Producer DNA</div><h1>{escape(analysis.name)}</h1>'
            f'<p class="lead">{escape(whole(lead))}{with_others}</p><ul class="facts">{figures}</ul></header>')


# --- Portrait -----------------------------------------------------------------------------------

def portrait(analysis):
    """The wheel, and what each emotion means on it."""
    drawn = {emotion: tags for emotion, tags in analysis.portrait.items() if emotion}
    emotions = around([emotion for emotion in analysis.emotions if emotion in drawn][:PETALS])
    if not emotions:
        return ""
    petals = drawings.wheel(wheel_petals(analysis, emotions)) if len(emotions) > 1 else ""
    cards = "".join(tag_card(emotion, drawn[emotion]) for emotion in emotions)
    wheel = f'<div class="card wheel">{petals}</div>' if petals else ""
    return section("Portrait", "The longer a petal, the further this player goes from the knobs' defaults in such parts; the "
                   "paler, the less is known. Excited moods are above, quiet ones below, pleasant ones on the right. Then "
                   "what each does to the sound.", wheel + f'<div class="grid moods">{cards}</div>')


def around(emotions):
    """{emotion: angle}, clockwise from the top as moods lie on the circle: excited above, pleasant on the right.

    Even steps in that order where two would lie on each other, or one has no place there.
    """
    angles = {emotion: math.atan2(*where) % math.tau if where else math.inf
              for emotion, where in ((emotion, place(emotion)) for emotion in emotions)}
    ordered = dict(sorted(angles.items(), key=lambda item: item[1]))
    turns = list(ordered.values())
    crowded = any(after - before < LEAST_GAP for before, after in zip(turns, [*turns[1:], turns[0] + math.tau] if turns else []))
    if crowded or math.inf in turns:
        return {emotion: math.tau * step / len(turns) for step, emotion in enumerate(ordered)}
    return ordered


def wheel_petals(analysis, emotions):
    """(emotion, angle, reach 0..1, sure 0..1, words), the farthest reach being 1."""
    reach, sure = {}, {}
    for emotion in emotions:
        here = [trend for trend in analysis.trends if trend.emotion == emotion]
        total = sum(trend.confidence for trend in here)
        reach[emotion] = sum(trend.strength for trend in here) / total if total else 0.0
        sure[emotion] = total / len(here)
    most = max(reach.values()) or 1.0
    return [(emotion, emotions[emotion], reach[emotion] / most, sure[emotion], ", ".join(word for word, _ in tag_words(analysis.portrait[emotion])[:2])) for emotion in emotions]


def tag_words(tags):
    """(word, how far) of what is more or less here, the farthest first."""
    strongest = sorted(tags.items(), key=lambda item: -abs(item[1]))
    return [(TAGS[tag][amount < 0], amount) for tag, amount in strongest if abs(amount) >= WORD_FROM]


def tag_card(emotion, tags):
    """What an emotion does to the sound, the farthest first."""
    rows = "".join(f"<tr><td>{word}</td><td>{drawings.tag_bar(amount)}</td></tr>" for word, amount in tag_words(tags)[:TAG_ROWS])
    rows = rows or '<tr><td class="dim">near the defaults</td></tr>'
    return f'<div class="card"><h3>{escape(emotion)}</h3><table class="bars">{rows}</table></div>'


# --- Habits -------------------------------------------------------------------------------------

def habits(analysis):
    """Every habit as a sentence with its evidence as a picture."""
    cards = [habit_card(analysis, habit) for habit in analysis.habits[:MOST]]
    body = grid(cards[:SHOWN])
    if len(cards) > SHOWN:
        body += f"<details><summary>{len(cards) - SHOWN} more habits</summary>{grid(cards[SHOWN:])}</details>"
    return section("Habits", "The surest and farthest first. Bars: where the knob was left, newer settings higher.", body)


def habit_card(analysis, habit):
    lead = habit.trends[0]
    key = lead.plugin, lead.parameter
    picture = ""
    if lead.settings:
        default = analysis.profile.infos[key].default
        picture = drawings.strip(votes_of(analysis.profile, lead), lead, default, shown(key))
    return f'<div class="card habit"><p>{escape(whole(habit.sentence))}</p>{picture}</div>'


def votes_of(profile, trend):
    """{raw: votes} behind a trend, as they count today."""
    habit = profile.own.habits[trend.plugin, trend.parameter][trend.emotion]
    default = profile.infos[trend.plugin, trend.parameter].default
    return {default if cell == AT_DEFAULT else (cell + 0.5) / BINS: count for cell, count in counts(habit, profile.own.age).items()}


# --- Heatmap ------------------------------------------------------------------------------------

def heat(analysis):
    """Parameters by emotions."""
    emotions = analysis.emotions[:COLUMNS]
    most = max((count for row in analysis.heat for count, _ in row.cells.values()), default=0) or 1
    head = "".join(f"<th>{escape(emotion or 'all')}</th>" for emotion in emotions)
    rows = "".join(heat_row(row, emotions, most) for row in analysis.heat[:ROWS])
    left = len(analysis.heat) - ROWS
    note = "The deeper the colour, the more often the knob was set there. Orange ↑ is more than its default, blue ↓ less, two arrows far."
    note += f" The {ROWS} most used of {len(analysis.heat)} knobs." if left > 0 else ""
    return section("How often, and which way", note, f'<div class="card scroll"><table class="heat"><thead><tr><th></th>{head}</tr></thead>'
                                                     f"<tbody>{rows}</tbody></table></div>")


def heat_row(row, emotions, most):
    cells = "".join(heat_cell(row.cells.get(emotion), most) for emotion in emotions)
    return f"<tr><th>{escape(name_of(row.plugin, row.parameter))}</th>{cells}</tr>"


def heat_cell(known, most):
    if known is None:
        return '<td class="none">·</td>'
    count, weight = known
    if abs(weight) <= UNMOVED:
        return f'<td class="still">{count or ""} =</td>'
    arrow = ("↑" if weight > 0 else "↓") * (1 + (abs(weight) >= FAR))
    depth = 0.14 + 0.6 * (count / most) ** 0.5
    return f'<td class="{"hot" if weight > 0 else "cold"}" style="--depth:{depth:.2f}">{count or ""} {arrow}</td>'


# --- The rest -----------------------------------------------------------------------------------

def contrasts(analysis):
    cards = [pair_card(analysis, sentence, pair, (pair.trend.emotion, pair.other.emotion)) for sentence, pair in analysis.contrasts[:PAIRS]]
    return section("Between moods", "The same knob, set differently; the tick is its default.", grid(cards))


def others(analysis):
    cards = [pair_card(analysis, sentence, pair, ("you", analysis.crowd)) for sentence, pair in analysis.others[:PAIRS]]
    return section(f"Unlike {analysis.crowd}", "Where this player goes elsewhere.", grid(cards))


def pair_card(analysis, sentence, pair, ends):
    key = pair.trend.plugin, pair.trend.parameter
    picture = drawings.dumbbell(pair, analysis.profile.infos[key].default, shown(key), ends)
    return f'<div class="card habit"><p>{escape(whole(sentence))}</p>{picture}</div>'


def lately(analysis):
    cards = [f'<div class="card habit"><p>{escape(whole(sentence))}</p>'
             f"{drawings.timeline(moved, analysis.profile.infos[moved[:2]].default, shown(moved[:2]))}</div>"
             for sentence, moved in analysis.changes[:PAIRS]]
    return section("Lately", "Habits that have moved: the older half of the settings against the newer, told only where "
                             "chance would hardly do it.", grid(cards))


def untouched(analysis):
    lines = "".join(f"<li>{escape(whole(sentence))}</li>" for sentence in analysis.untouched[:PAIRS * 2])
    return section("Left alone", "On the effects in use.", f'<div class="card"><ul class="plain">{lines}</ul></div>' if lines else "")


def members(analysis):
    cards = [f'<div class="card"><h3>{escape(person.name)}</h3>'
             f'<p class="dim">{counted(person.sessions, "session")}, {counted(person.settings, "setting")}</p>'
             + "".join(f"<p>{escape(whole(sentence))}</p>" for sentence in person.habits) + "</div>" for person in analysis.members]
    more = len(analysis.profile.members) - 1 - len(cards)
    note = "People whose profiles were merged in; above is only the player's own."
    return section("Also in this profile", note + (f" And {more} more." if more else ""), grid(cards))


def how_to_read():
    return section("How to read this", "", '<div class="card"><ul class="plain">'
                   "<li><b>A setting</b> is a knob turned and left alone. <b>A session</b> has one vote for each knob and emotion, "
                   "its last setting, so an evening of fiddling weighs no more than one decided turn. Votes fade with the "
                   "months.</li>"
                   "<li><b>Strip:</b> the knob's whole travel; bars are votes, the tick its default, the triangle what My Style "
                   "takes, the grey ground where the next setting lies four times in five.</li>"
                   "<li><b>Sure</b> means many sessions that agree; <b>a first hint</b>, one or two.</li>"
                   "<li>Orange is up, blue is down, from the knob's default.</li></ul></div>")


def grid(cards):
    return f'<div class="grid wide">{"".join(cards)}</div>' if cards else ""


def shown(key):
    """raw -> the value in this knob's unit."""
    return lambda raw: show_value(*key, raw)


def listed(names):
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
