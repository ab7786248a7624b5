"""What the page of sounds shows: the effects in groups, each at a setting that is typical of it.

An effect that is not named here is shown too, behind the others, at its defaults.
"""

from dsp import effects
from firmware.preset import parse_chain

# {group: {effect: its settings in words}}, and what it plays into: a clipper without a loudspeaker only fizzes.
GROUPS = {
    "Dynamics": {
        "gate": "threshold_db=-38 hold_ms=10 release_ms=60", "compressor": "threshold_db=-34 ratio=6 attack_ms=15",
        "limiter": "drive_db=12", "clipper": "drive_db=12", "boost": "gain_db=6", "volume": "swell=1",
    },
    "Drive": {
        "overdrive": "drive_db=26 | cabinet", "distortion": "| cabinet", "fuzz": "| cabinet", "amp": "| cabinet",
        "bit_crusher": "",
    },
    "Cabinet and tone": {
        "cabinet": "", "ir": "", "eq": "low_db=4 mid_db=-6 mid_hz=600 high_db=5", "parametric_eq": "", "graphic_eq": "",
        "wah": "position=0.6", "auto_wah": "",
    },
    "Movement": {
        "chorus": "mix=0.5 depth=0.7", "flanger": "", "phaser": "", "tremolo": "depth=0.8", "vibrato": "", "rotary": "",
        "ring_mod": "",
    },
    "Pitch": {"octaver": "", "pitch_shifter": ""},
    "Echoes": {
        "delay": "time_ms=420 feedback=0.45 mix=0.4", "tape_delay": "", "ping_pong": "",
    },
    "Rooms": {
        "reverb": "mix=0.4", "room": "", "hall": "", "plate": "", "spring": "", "shimmer": "",
        "freeze": "decay_s=8 mix=0.5",
    },
    "Voice": {"vocal": "", "de_esser": ""},
}


def shown():
    """[(group, [(effect, chain)])] of every effect that can be shown."""
    present = [id for id in effects.names() if can_be_shown(effects.load(id))]
    named = {id for group in GROUPS.values() for id in group}
    groups = {**GROUPS, "More": {id: "" for id in present if id not in named}}
    result = [(group, [(effects.load(id), parse_chain(f"{id} {words}")) for id, words in settings.items()
                       if id in present]) for group, settings in groups.items()]
    return [(group, entries) for group, entries in result if entries]


def can_be_shown(effect):
    """Blocks that shape the chain do nothing alone, nor does an effect without its file, nor the tuner to the sound."""
    return not effect.role and effect.id != "tuner" and not needs_file(effect)


def needs_file(effect):
    return any(option.default is None for option in effect.options)


def needing_files():
    """Those that play a file, and nothing without."""
    return [effect for effect in map(effects.load, effects.names()) if needs_file(effect)]
