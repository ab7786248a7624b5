"""What turning a knob up or down is called in music.

A phrase ends the sentence "you run the reverb ..." and holds for a comparison, too: "brighter",
"with more repeats". The box's own parameters are looked up by plugin and id, since the same
word may mean the opposite elsewhere (a low cut turned up takes body away). A stranger's are
looked up by the label, few and certain ones: a tag says what a knob is about and not
which way, so what is not known is "turned up".
"""

import functools
import re
from typing import NamedTuple


class Words(NamedTuple):
    """A knob's two directions.

    up, down : phrases, both "" where it has named positions and no direction.
    way : 1 where up is more of what its tag says, -1 where it is less, 0 where it says nothing of that.
    """

    up: str
    down: str
    way: int = 1


CHOICE = Words("", "", 0)
ACRONYMS = {"eq", "ir", "nam"}
NOUNS = {"auto_wah": "auto-wah", "de_esser": "de-esser", "ping_pong": "ping-pong", "volume": "volume pedal"}

TAGS = {"space": ("wetter", "drier"), "brightness": ("brighter", "darker"), "body": ("fuller", "leaner"),
        "drive": ("dirtier", "cleaner"), "movement": ("livelier", "calmer"), "dynamics": ("tighter", "looser"),
        "level": ("louder", "softer"), "time": ("longer", "shorter"), "pitch": ("higher", "lower")}
"""{tag: what more of it is called, what less}."""


def _more(thing: str, way: int = 1) -> Words:
    return Words(f"with more {thing}", f"with less {thing}", way)


def _many(things: str) -> Words:
    return Words(f"with more {things}", f"with fewer {things}")


def _place(thing: str, way: int = 0) -> Words:
    return Words(f"with {thing} higher up", f"with {thing} lower down", way)


_WET, _TONE, _LEVEL = Words("wetter", "drier"), Words("brighter", "darker"), Words("louder", "softer")
_PURE = Words("with less dry sound beside it", "with more dry sound beside it")
_DRIVEN = Words("driven harder", "driven less")

# Patterns of "plugin.parameter"; the first that fits decides.
_OWN = {
    # switches and lists
    r".*\.(\w+_)?division|tape_delay\.heads|freeze\.hold|pitch_shifter\.(scale|key)|tuner\.mute|vibrato\.wave": CHOICE,
    r"spring\.springs": Words("with more springs", "with fewer springs", 0),
    r"phaser\.stages": Words("with more stages", "with fewer stages", 0),
    r"rotary\.speed": Words("turning faster", "turning slower"),
    r"bit_crusher\.bits": Words("with more bits", "with fewer bits", -1),
    r"pitch_shifter\.steps_(\d)": Words(r"with voice \1 pitched higher", r"with voice \1 pitched lower"),
    # space
    r"(compressor|nam|ir)\.mix": _PURE,
    r"flanger\.mix|(flanger|phaser)\.feedback": Words(r"with the {knob} turned towards plus",
                                                      r"with the {knob} turned towards minus", 0),
    r".*\.mix": _WET,
    r".*\.decay_s": Words("with a longer decay", "with a shorter decay"),
    r"cabinet\.size": Words("with a bigger box", "with a smaller box"),
    r".*\.size(_m)?": Words("bigger", "smaller"),
    r".*\.feedback": _many("repeats"),
    r".*\.width": Words("wider", "narrower"),
    r".*\.distance(_m)?": Words("heard from further away", "heard from closer"),
    r"delay\.ping_pong": Words("going more from side to side", "going less from side to side"),
    r"ping_pong\.cross": Words("bouncing more from side to side", "bouncing less from side to side"),
    r"ping_pong\.smear": Words("with blurrier echoes", "with clearer echoes"),
    r"merge\.spread": Words("with the two ways further apart", "with the two ways closer together"),
    r"vocal\.double": _more("doubling"),
    r"vocal\.space": _more("room around it"),
    # brightness
    r".*\.(tone(_hz)?|treble)": _TONE,
    r".*\.low_cut_hz": Words("leaner in the lows", "fuller in the lows", -1),
    r".*\.high_cut_hz": Words("more open on top", "rounder on top"),
    r".*\.presence(_db)?": _more("presence"),
    r".*\.air(_db)?": _more("air"),
    r"(auto_wah|wah)\.position": Words("nearer the toe", "nearer the heel"),
    r"wah\.heel_hz": Words("with a higher heel", "with a lower heel", 0),
    r"cabinet\.mic": Words("with the mic nearer the cone's centre", "with the mic nearer the cone's edge"),
    r"ir\.blend": Words("nearer the second mic", "nearer the first mic", 0),
    r"bit_crusher\.rate_hz": Words("with a faster clock", "with a slower clock"),
    r"bit_crusher\.clean": Words("with fewer aliases", "with more aliases", 0),
    r"fuzz\.silicon": Words("nearer silicon", "nearer germanium"),
    r"rotary\.balance": Words("with more horn", "with more drum"),
    r"de_esser\.split_hz": Words("with a higher split", "with a lower split", 0),
    r"phaser\.centre_hz": Words("centred higher", "centred lower"),
    # body
    r"hall\.diffusion": Words("swelling more smoothly", "with clearer first echoes"),
    r"hall\.bass": Words("with lows that ring longer", "with lows that ring shorter"),
    r"hall\.bass_hz": Words("with its lows reaching higher up", "with its lows ending lower down", 0),
    r"amp\.bass": _more("bass"),
    r"(amp\.mid|distortion\.mids_db|eq\.mid_db)": _many("mids"),
    r".*\.low_db": _many("lows"),
    r".*\.high_db": _many("highs"),
    r"eq\.(low|high)_hz": Words(r"with its \1 shelf higher up", r"with its \1 shelf lower down", 0),
    r"eq\.mid_hz": _place("its mid band"),
    r"eq\.mid_q": Words("with a narrower mid band", "with a broader mid band", 0),
    r"parametric_eq\.band(\d)_hz": _place(r"band \1"),
    r"parametric_eq\.band(\d)_db": Words(r"with more in band \1", r"with less in band \1"),
    r"parametric_eq\.band(\d)_q": Words(r"with a narrower band \1", r"with a broader band \1", 0),
    r"graphic_eq\.gain_(\d+)k_db": _more(r"at \1 kHz"),
    r"graphic_eq\.gain_(\d+)_db": _more(r"at \1 Hz"),
    r".*\.tight_hz": Words("tighter in the bass", "looser in the bass", -1),
    r".*\.resonance": Words("more resonant", "less resonant"),
    r"compressor\.sidechain_hz": Words("hearing less of the bass", "hearing more of the bass", 0),
    r"octaver\.sub": _more("of the second octave below"),
    r"octaver\.down": _more("of the octave below"),
    r"octaver\.up": _more("of the octave above"),
    r"tremolo\.harmonic": Words("more harmonic", "less harmonic", 0),
    # drive
    r"boost\.gain_db|(.*)\.(level|output)_db|volume\.position": _LEVEL,
    r"(limiter|clipper)\.drive_db": Words("pushed harder", "pushed less"),
    r"(nam\.input|amp\.master)_db": _DRIVEN,
    r"amp\.gain_db": _more("gain"),
    r".*\.drive_db": _more("drive"),
    r"fuzz\.fuzz_db": _more("fuzz"),
    r"clipper\.knee": Words("with a softer knee", "with a harder knee", -1),
    r"distortion\.edge": Words("with a harder edge", "with a softer edge"),
    r"overdrive\.asymmetry": Words("more lopsided", "more even"),
    # movement
    r"(auto_wah\.rate|ring_mod\.lfo)_hz": Words("with a faster LFO", "with a slower LFO"),
    r".*\.lfo": _more("LFO"),
    r".*\.rate_hz": Words("faster", "slower"),
    r"vibrato\.depth_cents": Words("deeper", "shallower", 0),
    r".*\.depth": Words("deeper", "shallower"),
    r".*\.mod": _more("modulation"),
    r"auto_wah\.sweep": Words("sweeping further up", "sweeping further down", 0),
    r"tape_delay\.(wow|flutter)": _more(r"\1"),
    r"spring\.drip": _more("drip"),
    r"tremolo\.shape": Words("choppier", "smoother"),
    r"rotary\.(slow|fast)_hz": Words(r"turning faster when \1", r"turning slower when \1"),
    r"rotary\.ramp_s": Words("taking longer to change speed", "quicker to change speed"),
    # dynamics
    r"gate\.threshold_db": Words("with a higher threshold", "with a lower threshold"),
    r".*\.threshold_db": Words("with a higher threshold", "with a lower threshold", -1),
    r".*\.ratio": Words("with a higher ratio", "with a lower ratio"),
    r".*\.knee_db": Words("with a softer knee", "with a harder knee", -1),
    r".*\.attack_ms": Words("with a slower attack", "with a faster attack", -1),
    r".*\.release_ms": Words("with a longer release", "with a shorter release", -1),
    r"gate\.hold_ms": Words("holding longer", "holding shorter", -1),
    r"gate\.hysteresis_db": _more("hysteresis", 0),
    r"gate\.range_db": Words("letting more through when shut", "letting less through when shut", -1),
    r"de_esser\.range_db": Words("taking more off the s", "taking less off the s"),
    r"amp\.sag": _more("sag", -1),
    r"auto_wah\.sensitivity_db": Words("more sensitive to your picking", "less sensitive to your picking"),
    r"volume\.sense_db": Words("waiting for louder notes", "waking at softer notes", 0),
    r"volume\.swell": _more("swell"),
    r"volume\.swell_ms": Words("swelling in more slowly", "swelling in faster"),
    r"volume\.minimum_db": Words("louder at the heel", "softer at the heel"),
    r"fuzz\.starve": Words("more starved", "less starved", -1),
    r"fuzz\.clean_up": Words("cleaning up sooner", "cleaning up later", -1),
    r".*\.duck": Words("ducking more under your playing", "ducking less under your playing"),
    r"vocal\.compress": Words("more compressed", "less compressed"),
    r"vocal\.de_ess": Words("with a softer s", "with a sharper s"),
    # level
    r"compressor\.auto": _more("auto gain"),
    r"compressor\.makeup_db": _more("make-up gain"),
    r"(limiter|clipper)\.ceiling_db": Words("with a higher ceiling", "with a lower ceiling"),
    r"octaver\.dry|pitch_shifter\.dry": _more("dry sound"),
    r"pitch_shifter\.level_(\d)": _more(r"of voice \1"),
    r"merge\.balance": Words("leaning to the second way", "leaning to the first way", 0),
    # time
    r"ping_pong\.(left|right)_ms": Words(r"with longer echoes on the \1", r"with shorter echoes on the \1"),
    r"(tape_)?delay\.time_ms": Words("with longer echoes", "with shorter echoes"),
    r"flanger\.delay_ms": Words("with a longer delay", "with a shorter delay"),
    r".*\.predelay_ms": Words("with a longer pre-delay", "with a shorter pre-delay"),
    r".*\.tempo_bpm": Words("at a faster tempo", "at a slower tempo", -1),
    # pitch
    r"pitch_shifter\.cents_(\d)": Words(r"with voice \1 tuned sharper", r"with voice \1 tuned flatter"),
    r"ring_mod\.frequency_hz": Words("pitched higher", "pitched lower"),
    r"fuzz\.octave": _more("octave"),
    r"shimmer\.shimmer": _more("shimmer"),
}

# Whole labels: in "Feedback Tone" or "Mod Rate" the same word means something else.
_FOREIGN = {
    r"damp|damping|absorption": Words("more damped", "less damped", -1),
    r"low cut|lo cut|high pass|hpf": Words("leaner in the lows", "fuller in the lows", -1),
    r"high cut|hi cut|low pass|lpf": Words("more open on top", "rounder on top"),
    r"pre ?delay": Words("with a longer pre-delay", "with a shorter pre-delay"),
    r"mix|wet|dry wet": _WET,
    r"feedback|repeats|regen|regeneration": _many("repeats"),
    r"decay|reverb time|rt60": Words("with a longer decay", "with a shorter decay"),
    r"size|room size": Words("bigger", "smaller"),
    r"width|spread": Words("wider", "narrower"),
    r"tone|treble|brightness|bright": _TONE,
    r"highs?|high gain": _many("highs"),
    r"mids?|mid gain": _many("mids"),
    r"lows?|low gain": _many("lows"),
    r"bass": _more("bass"),
    r"presence": _more("presence"),
    r"air": _more("air"),
    r"drive|overdrive": _more("drive"),
    r"distortion|saturation|fuzz": Words("dirtier", "cleaner"),
    r"threshold": Words("with a higher threshold", "with a lower threshold", -1),
    r"ratio": Words("with a higher ratio", "with a lower ratio"),
    r"attack": Words("with a slower attack", "with a faster attack", -1),
    r"release": Words("with a longer release", "with a shorter release", -1),
    r"rate|speed": Words("faster", "slower"),
    r"depth|intensity": Words("deeper", "shallower"),
    r"delay time|time": Words("with a longer time", "with a shorter time"),
    r"volume|output|level|output gain": _LEVEL,
}
_OWN_PATTERNS = [(re.compile(pattern), words) for pattern, words in _OWN.items()]
_FOREIGN_PATTERNS = [(re.compile(pattern), words) for pattern, words in _FOREIGN.items()]


@functools.lru_cache(4096)
def words(plugin: str, parameter: str, label: str = "") -> Words:
    """Return what this knob's directions are called."""
    for pattern, found in _OWN_PATTERNS:
        match = pattern.fullmatch(f"{plugin}.{parameter}")
        if match:
            knob = (label or parameter.replace("_", " ")).lower()
            return Words(*(match.expand(phrase).replace("{knob}", knob) for phrase in found[:2]), found.way)
    label = label or title(parameter)
    return _foreign(label) or Words(f"with {label} turned up", f"with {label} turned down", 0)


@functools.lru_cache(4096)
def way_of(plugin: str, parameter: str, label: str = "") -> int:
    """Return ``Words.way``; 1 of a stranger of which no words are certain, since most knobs turn towards more."""
    own = next((found for pattern, found in _OWN_PATTERNS if pattern.fullmatch(f"{plugin}.{parameter}")), None)
    found = own or _foreign(label or title(parameter))
    return found.way if found else 1


def title(parameter: str) -> str:
    """Return what an id without a label is called on a page."""
    return parameter.replace("_", " ").capitalize() if parameter.islower() else parameter


def noun(plugin: str) -> str:
    """Return a plugin's id as a sentence has it: "tape delay", "parametric EQ"."""
    if not re.fullmatch(r"[a-z0-9_]+", plugin):
        return plugin
    if plugin in NOUNS:
        return NOUNS[plugin]
    return " ".join(word.upper() if word in ACRONYMS else word for word in plugin.split("_"))


def _foreign(label: str) -> Words | None:
    plain = " ".join(re.findall(r"[a-z0-9]+", label.lower()))
    return next((found for pattern, found in _FOREIGN_PATTERNS if pattern.fullmatch(plain)), None)
