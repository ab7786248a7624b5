"""Draws docs/pictures/style.png: the head of the style report of a made-up player, as a browser shows it.

    .venv/bin/python docs/pictures/report.py       (needs chromium)
"""

import datetime
import random
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from dsp import effects
from firmware.analysis import analyse
from firmware.report.page import page
from firmware.taste import infos
from profiles.profile import new_profile
from profiles.trainer import Trainer

WIDTH, HEIGHT = 1040, 1380
DAY = 86400.0
# Where this player puts a knob under an emotion, in its unit.
TASTE = {
    ("reverb", "mix"): {"dreamy": 0.62, "calm": 0.4, "melancholy": 0.5, "aggressive": 0.08, "powerful": 0.15},
    ("reverb", "decay_s"): {"dreamy": 6.5, "melancholy": 4.8, "aggressive": 0.8, "joyful": 1.4},
    ("reverb", "tone_hz"): {"dark": 1900, "joyful": 9500, "warm": 3000, "melancholy": 2600},
    ("delay", "mix"): {"dreamy": 0.45, "joyful": 0.35, "aggressive": 0.1},
    ("delay", "feedback"): {"dreamy": 0.6, "melancholy": 0.5},
    ("overdrive", "drive_db"): {"aggressive": 34, "powerful": 28, "calm": 4, "dreamy": 9, "warm": 16, "dark": 22},
    ("overdrive", "tone_hz"): {"dark": 1800, "aggressive": 6500, "joyful": 7000, "warm": 2900},
    ("compressor", "ratio"): {"powerful": 8, "aggressive": 9, "calm": 2.2},
}


def player():
    """Twenty evenings of somebody who knows what they want."""
    trainer, draw = Trainer(new_profile("Alex")), random.Random(4)
    for id in sorted({plugin for plugin, _ in TASTE}):
        trainer.declare(id, infos(effects.load(id)))
    for evening in range(20):
        for (plugin, id), moods in TASTE.items():
            parameter = effects.load(plugin).parameter(id)
            for emotion, value in moods.items():
                if draw.random() < 0.5:
                    raw = min(max(draw.gauss(parameter.to_raw(value), 0.03), 0.0), 1.0)
                    trainer.record_change(plugin, id, 0.5, raw, emotion, evening * 2 * DAY, settled=True)
        trainer.end_session(evening * 2 * DAY + 60.0)
    return trainer


def main():
    trainer = player()
    text = page(analyse(trainer.profile, None, trainer.sessions), datetime.date(2026, 11, 22))
    target = Path(__file__).with_name("style.png")
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "report.html"
        written.write_text(text, encoding="utf-8")
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={folder}/browser",
                        "--blink-settings=preferredColorScheme=1", f"--window-size={WIDTH},{HEIGHT}",
                        f"--screenshot={target}", written.as_uri()], check=True, capture_output=True)
    Image.open(target).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main()
