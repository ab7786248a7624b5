"""The report's pictures: small SVG texts whose colours come from the style sheet. Lengths are in its own units."""

import math
from html import escape

WIDE, ROOM = 400, 8             # a strip's width, and the room left and right of the knob's travel
TRAVEL = WIDE - 2 * ROOM
WHEEL, HUB, REACH, NAMES = 480, 26, 148, 190    # the wheel's side, a petal's root, the longest petal, where names stand
LEAST_REACH, MOST_HALF = 0.06, 0.36     # a petal's, of the longest; radians of half its width
LETTER = 0.68                   # a letter's width in bold, of its size
HUES = {"calm": 172, "dreamy": 265, "warm": 34, "dark": 228, "powerful": 350, "aggressive": 12, "joyful": 48, "melancholy": 206}


def along(raw):
    """Where a raw value lies on a strip."""
    return round(ROOM + TRAVEL * min(max(raw, 0.0), 1.0), 1)


def svg(width, height, about, body):
    """A picture with a text for those who cannot see it."""
    return (f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(about)}">{"".join(body)}</svg>')


def text(x, y, words, size=12, anchor="start", kind="", weight=400):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
            f'class="{kind}">{escape(words)}</text>')


def held(x, words, size):
    """The middle of a text that should stand at x, moved so far that it stays in a strip."""
    half = LETTER * size * len(words) / 2
    return min(max(x, half), WIDE - half)


def side(difference):
    """The colour of a direction."""
    return "even" if abs(difference) <= 0.01 else "up" if difference > 0 else "down"


def strip(votes, trend, default, show):
    """The votes over a knob's travel, with the default, the value that My Style takes, and its 80 % interval.

    votes : {raw: how many}; show : raw -> text.
    """
    floor, top = 42, 30
    most = max(votes.values(), default=1.0)
    body = [f'<rect class="span" x="{along(trend.low)}" y="8" width="{max(along(trend.high) - along(trend.low), 1):.1f}" height="34" rx="3"/>']
    bar = TRAVEL / 64
    for raw, count in sorted(votes.items()):
        height = max(top * count / most, 2)
        body.append(f'<rect class="{side(raw - default)}" x="{along(raw) - bar / 2:.1f}" y="{floor - height:.1f}" '
                    f'width="{bar - 0.8:.1f}" height="{height:.1f}" rx="1"/>')
    body += [f'<path class="rule" d="M{ROOM} {floor}H{WIDE - ROOM}"/>',
             f'<path class="tick" d="M{along(default)} {floor - 7}V{floor + 5}"/>',
             f'<path class="{side(trend.value - default)}" d="M{along(trend.value)} {floor + 1}l5 8h-10z"/>']
    mark = f"{trend.label} {show(trend.value)}"
    place = held(along(trend.value), mark, 13)
    body.append(text(place, floor + 22, mark, 13, "middle", weight=600))
    for raw, anchor, x in ((0.0, "start", ROOM), (1.0, "end", WIDE - ROOM)):
        if abs(place - x) > LETTER * 13 * (len(mark) / 2 + len(show(raw))) + 4:
            body.append(text(x, floor + 22, show(raw), 11, anchor, "dim"))
    return svg(WIDE, floor + 28, f"{mark}, default {show(default)}", body)


def dumbbell(pair, default, show, ends):
    """Two values of one knob on its travel, each with whose it is."""
    first, second = pair.trend, pair.other
    xs = along(first.value), along(second.value)
    body = [f'<path class="rule" d="M{ROOM} 30H{WIDE - ROOM}"/>', f'<path class="tick" d="M{along(default)} 24V36"/>',
            f'<rect class="span" x="{min(xs)}" y="27" width="{max(xs) - min(xs):.1f}" height="6"/>']
    left_first = xs[0] <= xs[1]
    for trend, x, end, left in ((first, xs[0], ends[0], left_first), (second, xs[1], ends[1], not left_first)):
        body.append(f'<circle class="{side(trend.value - default)}" cx="{x}" cy="30" r="7"/>')
        label = f"{end} {show(trend.value)}"
        body.append(text(held(x, label, 13), 14 if left else 54, label, 13, "middle", weight=600))
    return svg(WIDE, 62, f"{ends[0]} {show(first.value)}, {ends[1]} {show(second.value)}", body)


def timeline(moved, default, show):
    """Every setting of a habit by its time, the median of either half as a line."""
    top, floor = 8, 84
    start, end = moved.points[0][0], moved.points[-1][0]
    raws = [raw for _, raw in moved.points]
    low, high = min(raws), max(raws)
    low, high = low - 0.1 * (high - low), high + 0.1 * (high - low)

    def x(age):
        return round(44 + (WIDE - 60) * (age - start) / max(end - start, 1), 1)

    def y(raw):
        return round(floor - (floor - top) * (raw - low) / (high - low), 1)

    body = [f'<path class="rule" d="M44 {floor}H{WIDE - 8}"/>']
    body += [f'<circle class="{side(raw - default)}" cx="{x(age)}" cy="{y(raw)}" r="3.4" opacity=".65"/>' for age, raw in moved.points]
    half = len(moved.points) // 2
    for part, raw in ((moved.points[:half], moved.before), (moved.points[half:], moved.now)):
        body.append(f'<path stroke="currentColor" stroke-width="2" d="M{x(part[0][0])} {y(raw)}H{x(part[-1][0])}"/>')
        body.append(text(x(part[0][0]) + 2, y(raw) - 6, show(raw), 12.5, weight=600))
    body += [text(44, floor + 15, "first", 11, "start", "dim"), text(WIDE - 8, floor + 15, f"{moved.days} days later", 11, "end", "dim")]
    return svg(WIDE, floor + 20, f"{moved.label}: {show(moved.before)} before, {show(moved.now)} lately", body)


def tag_bar(amount):
    """How far to the right (more) or left (less)."""
    length = round(min(abs(amount), 0.5) * 2 * 48, 1)
    x = 50 if amount > 0 else 50 - length
    return svg(100, 12, f"{amount:+.0%}", ['<path class="rule" d="M50 0V12"/>',
                                           f'<rect class="{side(amount)}" x="{x}" y="2" width="{max(length, 1)}" height="8" rx="2"/>'])


def wheel(petals):
    """A petal for each emotion: the longer, the further the player goes from the defaults there.

    petals : (emotion, angle clockwise from the top, reach 0..1, how sure 0..1, a word or two).
    """
    middle = WHEEL / 2
    angles = sorted(petal[1] for petal in petals)
    half = min([MOST_HALF, *(0.45 * (after - before) for before, after in zip(angles, angles[1:]))])
    body = [f'<circle class="rule" cx="{middle}" cy="{middle}" r="{HUB + share * REACH:.0f}"/>' for share in (1 / 3, 2 / 3, 1)]
    for emotion, turn, reach, sure, words in petals:
        angle = turn - math.pi / 2
        hue = HUES.get(emotion, math.degrees(turn))
        body.append(petal(middle, angle, half, HUB + REACH * max(reach, LEAST_REACH), hue, sure))
        across, down = math.cos(angle), math.sin(angle)
        anchor = "middle" if abs(across) < 0.35 else "start" if across > 0 else "end"
        x, y = middle + NAMES * across, middle + (NAMES + 6) * down - 4
        body += [text(x, y, emotion[:16], 17, anchor, weight=700), text(x, y + 17, words, 14, anchor, "dim")]
    return f'<svg viewBox="-90 20 {WHEEL + 180} {WHEEL - 40}" role="img" aria-label="emotion wheel">{"".join(body)}</svg>'


def petal(middle, angle, half, length, hue, sure):
    """One petal from the hub outwards, round at its end."""
    def at(radius, turn):
        return f"{middle + radius * math.cos(angle + turn):.1f} {middle + radius * math.sin(angle + turn):.1f}"

    shoulder = 0.7 * half
    shape = (f"M{at(HUB * 0.5, 0)}C{at(length * 0.45, -half)} {at(length / math.cos(shoulder), -shoulder)} {at(length, 0)}"
             f"C{at(length / math.cos(shoulder), shoulder)} {at(length * 0.45, half)} {at(HUB * 0.5, 0)}Z")
    return f'<path d="{shape}" fill="hsl({hue:.0f} 62% 52%)" fill-opacity="{0.25 + 0.65 * sure:.2f}"/>'
