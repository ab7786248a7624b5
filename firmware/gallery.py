"""A page of sounds: every effect and every shipped preset on one take, equally loud, to hear and to see.

The page holds its pictures; the sounds lie beside it as FLAC files.
"""

import base64
import html
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np

from dsp.loudness import integrated
from firmware import pictures, preset, showcase
from firmware.audiofile import Writer
from firmware.render import render

TEMPLATE = Path(__file__).with_name("gallery.html")
TAKE_S, TAIL_S = 8.0, 2.0       # so much of the take, and silence behind it for what rings on
FADE_S = 0.05
PERIOD = 64
LOUDNESS = -20.0                # LUFS, or less where a peak would not fit
HIGHEST = 0.97
HEADROOM = 1.5                  # of the take's peak: so far up a wave's picture reaches
MARKS_HZ = (100, 1000, 10000)


@dataclass
class Item:
    """A sound on the page: float32 [frames, 2]. A mono one is in both, as it comes out of both loudspeakers: it
    would else be measured as 3 dB softer than it is heard.

    about, settings : what stands below its name. gain_db : by how much it was made louder to match the others.
    """

    name: str
    about: str
    settings: str
    sound: np.ndarray
    gain_db: float = 0.0


def make(samples, sample_rate, folder, only=(), progress=lambda name, share: None):
    """Write the page and its sounds into a folder; returns the page's path.

    samples : float32 [frames, 1 or 2]. only : effects to show, in place of all and the presets.
    progress : gets what is worked on and how much is done, 0..1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sounds").mkdir(exist_ok=True)
    dry = excerpt(samples, sample_rate)
    jobs = plan(only)
    take = Item("The take", "As it was played, before any effect.", "", in_both(dry))
    items, done, total = [("", take)], 0, 2 * len(jobs) + 2
    for group, name, about, settings, blocks in jobs:
        progress(name, done / total)
        sound = np.concatenate(list(render(dry, blocks, sample_rate, PERIOD)))[:len(dry)]
        items.append((group, Item(name, about, settings, in_both(sound))))
        done += 1
    match([item for _, item in items], sample_rate)
    cards, height = {}, 1.0 / max(HEADROOM * np.abs(take.sound).max(), 1e-6)
    for number, (group, item) in enumerate(items):
        progress(f"drawing {item.name}", done / total)
        cards.setdefault(group, []).append(card(item, take, height, sample_rate, folder, number))
        done += 1
    page = folder / "index.html"
    page.write_text(fill(cards, len(jobs)), encoding="utf-8")
    progress("", 1.0)
    return page


def excerpt(samples, sample_rate):
    """The take's first seconds of sound, ended softly, and silence behind."""
    loud = np.abs(samples).max(axis=1) > 0.02 * max(np.abs(samples).max(), 1e-6)
    begin = max(int(np.argmax(loud)) - int(FADE_S * sample_rate), 0)
    x = samples[begin:begin + int(TAKE_S * sample_rate)].copy()
    fade = min(int(FADE_S * sample_rate), len(x))
    x[len(x) - fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return np.pad(x, ((0, int(TAIL_S * sample_rate)), (0, 0)))


def in_both(sound):
    """One channel as two."""
    return np.repeat(sound, 3 - sound.shape[1], axis=1)


def plan(only):
    """(group, name, about, settings, blocks) of everything to be heard."""
    jobs = [(group, effect.label, effect.about, settings_of(blocks), blocks)
            for group, entries in showcase.shown() for effect, blocks in entries
            if not only or effect.id in only]
    if not only:
        shipped = sorted(preset.paths_in(preset.SHIPPED).items())
        jobs += [("Presets", name, " > ".join(block.effect.label for block in loaded.blocks), "", loaded.blocks)
                 for name, loaded in ((name, preset.load(path)) for name, path in shipped)]
    return jobs


def settings_of(blocks):
    """What of the first effect is not at its default, in the player's words, and where it plays into."""
    first, *others = blocks
    told = [f"{parameter.label} {parameter.format(first.raw[parameter.id])}"
            for parameter in first.effect.parameters if parameter.id in first.raw]
    return ", ".join([*told, *(f"into {block.effect.label}" for block in others)]) or "as it comes"


def match(items, sample_rate):
    """Make all equally loud: as loud as LOUDNESS, or as the one with the highest peaks allows."""
    heard = [(item, integrated(item.sound, sample_rate)) for item in items]
    heard = [(item, loudness) for item, loudness in heard if np.isfinite(loudness)]
    room = [loudness + 20.0 * np.log10(HIGHEST / np.abs(item.sound).max()) for item, loudness in heard]
    target = min([LOUDNESS, *room])
    for item, loudness in heard:
        item.gain_db = target - loudness
        item.sound = (item.sound * 10.0 ** (item.gain_db / 20.0)).astype(np.float32)


def card(item, take, height, sample_rate, folder, number):
    """A sound's part of the page; its file is written. height : by which waves are drawn larger than they are."""
    file = f"sounds/{number:02}-{''.join(c if c.isalnum() else '-' for c in item.name.lower())}.flac"
    with Writer(folder / file, sample_rate, 2, bits=16) as writer:
        writer.write(item.sound)
    return CARD.substitute(
        name=html.escape(item.name), about=html.escape(item.about), settings=html.escape(item.settings), file=file,
        gain=f"{take.gain_db - item.gain_db:+.1f} dB" if number else "", wave=embedded(pictures.wave(height * item.sound, height * take.sound), "png"),
        spectrum=embedded(pictures.spectrum(item.sound, sample_rate), "webp"))


def embedded(picture, format):
    return f"data:image/{format};base64,{base64.b64encode(picture).decode()}"


def fill(cards, count):
    """The page, from its template."""
    marks = "".join(f'<i style="top:{100 * pictures.place_of(hz):.1f}%">{f"{hz // 1000}k" if hz >= 1000 else hz}</i>'
                    for hz in MARKS_HZ)
    take, *groups = cards.items()
    sections = "".join(f'<section id="{slug(group)}"><h2>{group}</h2><div class="cards">{"".join(parts)}</div></section>'
                       for group, parts in groups)
    links = "".join(f'<a href="#{slug(group)}">{group}</a>' for group, _ in groups)
    return (Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        take=take[1][0], sections=sections, links=links, count=count,
        missing=html.escape(missing())).replace("<!--marks-->", marks))


def missing():
    """What is not on the page, and why."""
    labels = ", ".join(effect.label for effect in showcase.needing_files())
    return f"Not here: {labels}, which plays a file of yours."


def slug(group):
    return group.lower().replace(" ", "-")


CARD = Template("""<article>
<header><h3>$name</h3><span>$gain</span></header>
<p>$about</p>
<p class="settings">$settings</p>
<div class="pictures"><img class="wave" src="$wave" alt="wave of $name"><div class="spectrum"><img src="$spectrum"
alt="spectrum of $name"><!--marks--></div><b></b></div>
<audio controls preload="none" src="$file"></audio>
</article>
""")
