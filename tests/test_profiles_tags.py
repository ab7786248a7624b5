"""What a stranger's parameter does, guessed from names as plug-ins really give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp import effects
from profiles.emotions import TAGS
from profiles.tags import tag_of

# Names as seen in reverbs, delays, compressors, equalisers, amp simulations, modulators and synths.
NAMES = {
    "space": """
        Decay, RT60, Room Size, roomsize, Reverb Time, Dry/Wet, dryWet, wet, Wet Level, Mix, mixLevel, Early/Late Mix,
        ER Level, Diffusion, Input Diffusion 1, density, fdbk, Feedback, Fb, Regen, Repeats, Delay Mix, Echo Level,
        Stereo Width, spread, Pan, Reverb Amount, Hall Decay, ReverbDecay, Decay Time, decay_s, Distance, Ambience,
        Effect Level, FX Level, Plate Size, Delay Send, Spring Reverb, Blend, Tail Length, Cross Feedback, reverbMix,
        Raumgröße, Nachhallzeit, Rückkopplung, Taille de salle, Mélange, Tamaño de sala, Mezcla, Realimentación,
        Stereobreite|Breite, depth_of_room|Room""",
    "brightness": """
        HF Damp, Damping, hfDamp, presence, Presence, Treble, High Cut, hi_cut_hz, LPF, Low Pass, lowpassFreq, Cutoff,
        Filter Cutoff, filterFreq, Tone, TONE_KNOB, High Gain, High Freq, Hi Shelf Gain, Air, Brightness, Brilliance,
        Tilt, High Decay, hf_ratio, Feedback Tone, Color, Sparkle, Band 5 Gain, 4kHz, 8k, gain_4000hz, 10 kHz, Treble Decay,
        Höhen, Klangfarbe, Aigus, Agudos, Brillo, Amortissement, Mic Position, topEnd|Top, Pulse Width, Filter Env Amount""",
    "body": """
        Low Cut, lowCut, hpf, High Pass, Bass, BASS, Low Gain, Mid Freq, Mids, Middle, Q, Resonance, reso, filterQ, Body,
        band3_freq, Band 1 Gain, Band2Q, 125 Hz, 250, gain_500_db, Low Shelf Freq, Contour, Sub Level, Bass Mult,
        LF Decay, Thickness, Warmth, Bandwidth, Tight, Tiefen, Mitten, Bässe, Graves, Médiums, Medios, lo_mid_gain""",
    "drive": """
        Drive, driveDb, Gain, Distortion, Dist Amount, Overdrive, Fuzz, Saturation, saturate, Tube Bias, Bits, Bit Depth,
        Crush, Clipping, Preamp Gain, preGain, Input Gain, Crunch, Dirt, Heat, Sample Rate, Downsample, Harmonics,
        Verzerrung, Sättigung, Distorsion, Ganancia, Saturación""",
    "movement": """
        LFO Rate, lfo1_depth, Rate, rateHz, Speed, Mod Depth, modRate, Modulation, Vibrato, Tremolo Depth, Chorus Rate,
        Flanger Depth, Wow, Flutter, Depth, Wander, Sweep, Delay Mod, lfoSpeed, Intensity, Rotary Speed, LFO Attack,
        Geschwindigkeit, Vitesse, Profondeur, Velocidad, Profundidad, Phaser Rate, Drift, Mod Wheel""",
    "dynamics": """
        Threshold, thresh_db, Ratio, Attack, attackTime, Release, rel, Knee, Sustain, Noise Gate, gateThreshold,
        Sidechain HPF|Sidechain, Sensitivity, Compression, Ducking, Hysteresis, Hold, Peak Reduction, Low Threshold,
        High Ratio, Amp Env Decay, Envelope Attack, Sag, Lookahead, Noise Reduction, De-Ess, Amp Attack, Range,
        Schwelle, Verhältnis, Seuil, Attaque, Umbral, Ataque, Relación""",
    "level": """
        Output Level, output, Out, Volume, masterVol, Level, lvl, Makeup, Make-Up Gain, makeUpGain, Output Gain, Trim,
        Master, Ceiling, Dry Level, dry, Input Level, Osc 1 Level, Auto Gain, Post Gain, Loudness, Noise Level,
        Lautstärke, Pegel, Niveau, Sortie, Volumen, Nivel, Salida""",
    "time": """
        predelay, Pre-Delay, preDelayMs, Delay Time, delayTime, Time, Time L, Tempo, BPM, Sync, Division, delay_left,
        Left Time, Tap 1, Initial Delay, Zeit, Temps, Retard, Tiempo, Vorverzögerung, Taps""",
    "pitch": """
        Pitch, Osc 2 Detune, Transpose, semitones, Octave, Coarse, Fine Tune, Cents, Osc1Tune, Tuning, Glide, Portamento,
        Formant, Key, Scale, Shift, pitchBend, Shimmer, Frequency Shift, Vibrato Depth, Stimmung, Harmony""",
    "": """
        Bypass, On/Off, enabled, Type, Mode, Program, Amount, Macro 3, Param 17, Oversampling, Preset, Algorithm,
        Reverb Type, LFO Wave Mode|Mode, Value, X, Reserved, Delay On, MIDI Channel, Quality""",
}
TABLE = [(name.strip(), tag) for tag, names in NAMES.items() for name in names.split(",")]


def test_names_that_plug_ins_really_use_are_understood():
    wrong = {name: (tag_of(*name.split("|")), tag) for name, tag in TABLE if tag_of(*name.split("|")) != tag}
    assert len(TABLE) >= 250
    assert len(wrong) <= 0.02 * len(TABLE), wrong


@pytest.mark.parametrize("name", ["Operate", "Grateful", "Submarine", "Highlander", "Hallmark", "Airport", "Subtle"])
def test_a_word_inside_another_does_not_count(name):
    assert tag_of(name) == ""
    assert tag_of("saturate") == "drive", "no rate in it"


@pytest.mark.parametrize("names", [("hfDamp", "HF_DAMP", "Hf-Damp", "hf.damp", "HFDamp", "HF Damp 2", "hfdamp"),
                                   ("roomSize", "ROOM_SIZE", "roomsize", "Room size (m)", "Roomsize1"),
                                   ("osc2Detune", "OSC 2 DETUNE", "osc2_detune", "Osc2-Detune")])
def test_spelling_does_not_matter(names):
    tags = {name: tag_of(name) for name in names}
    assert len(set(tags.values())) == 1 and "" not in tags.values(), tags


def test_the_id_helps_where_the_label_says_nothing():
    assert tag_of("p17", "Decay") == tag_of("decay", "Knob 1") == "space"
    assert tag_of("p17", "Knob 1") == ""


def test_a_band_of_an_equaliser_is_known_by_its_frequency():
    assert [tag_of(f"gain_{hz}_db", hz) for hz in ("31", "125", "1k", "2k", "16k")] == ["body"] * 3 + ["brightness"] * 2
    assert tag_of("Delay 100 ms") == "time", "not every number is a frequency"
    assert tag_of("7") == "", "too low to be one"


def test_the_boxs_own_effects_are_understood():
    tags = [(parameter.tag, tag_of(parameter.id, parameter.label))
            for id in effects.names() for parameter in effects.load(id).parameters]
    assert sum(declared == guessed for declared, guessed in tags) / len(tags) >= 0.85


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_name_has_one_of_the_tags_or_none(id, label):
    assert tag_of(id, label) in (*TAGS, "")
