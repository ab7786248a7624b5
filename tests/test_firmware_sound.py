"""The control side of the sound, over the real rack: what is set is what is heard."""

import numpy as np
import pytest

from dsp import effects
from dsp.chain import Block
from dsp.effects import tuner
from dsp.rack import PLAYING, RINGING, Rack
from firmware.preset import Preset
from firmware.sound import GLIDE_S, Sound
from tests.stage import RATE

FRAMES = 480
GAIN = (0, "gain_db")


def boost(gain_db=0.0):
    effect = effects.load("boost")
    return Preset("Boost", [Block(effect, {"gain_db": effect.parameter("gain_db").to_raw(gain_db)})])


def echo(feedback=0.5):
    effect = effects.load("delay")
    values = {"time_ms": 100.0, "feedback": feedback, "mix": 0.5, "mod": 0.0}
    return Preset("Echo", [Block(effect, {id: effect.parameter(id).to_raw(value) for id, value in values.items()})])


def positions(preset):
    return {(index, parameter.id): block.raw_of(parameter) for index, block in enumerate(preset.blocks)
            for parameter in block.effect.parameters}


class Room:
    """A rack with somebody who plays a steady tone through it, and the sound's control side."""

    def __init__(self):
        self.memory = np.zeros(Rack.size(), np.uint8)
        self.rack = Rack(RATE, self.memory)
        self.sound = Sound(self.rack)
        self._player = self.rack.player("FLOAT_LE", 1, 0, "FLOAT_LE", 2)
        self._played = 0

    def play(self, preset):
        self.sound.play(preset, positions(preset))

    def hear(self, seconds, level=0.1):
        pieces = []
        for _ in range(round(seconds * RATE / FRAMES)):
            time = (self._played + np.arange(FRAMES)) / RATE
            x = (level * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
            y = np.zeros((FRAMES, 2), np.float32)
            self._player(x.view(np.uint8), y.reshape(-1).view(np.uint8), FRAMES)
            self._played += FRAMES
            pieces.append(y)
        return np.concatenate(pieces)

    def level(self, seconds=0.05, level=0.1):
        return float(np.abs(self.hear(seconds, level)).max())


@pytest.fixture
def room(machine_code):
    return Room()


@pytest.fixture
def playing(room):
    """0 dB, past its fade-in."""
    room.play(boost())
    room.hear(0.1)
    return room


def test_a_preset_is_heard_as_it_is_given(room):
    room.play(boost(6.0))
    room.hear(0.1)
    assert room.level() == pytest.approx(0.1 * 10 ** (6 / 20), rel=0.01)


def test_the_knobs_given_beside_a_preset_win_over_its_own(room):
    preset = boost(12.0)
    room.sound.play(preset, {GAIN: 0.5})
    room.hear(0.1)
    assert room.level() == pytest.approx(0.1, rel=0.01)
    assert preset == boost(12.0), "the preset itself stays as it is in its file"


def test_a_knob_is_set_at_once(playing):
    playing.sound.set(GAIN, 0.25)
    assert playing.sound.raw[GAIN] == 0.25
    playing.hear(0.08)
    assert playing.level() == pytest.approx(0.1 * 10 ** (-12 / 20), rel=0.01)


def test_a_glide_takes_200_ms_and_goes_straight(playing):
    sound = playing.sound
    sound.glide({GAIN: 0.9}, 0.0)
    assert sound.gliding and sound.raw[GAIN] == 0.5
    for share in (0.25, 0.5, 0.75, 1.0):
        assert sound.tick(share * GLIDE_S)
        assert sound.raw[GAIN] == pytest.approx(0.5 + share * 0.4)
    assert GLIDE_S == 0.2
    assert not sound.gliding and not sound.tick(0.3)
    playing.hear(0.08)
    assert playing.level() == pytest.approx(0.1 * 10 ** (19.2 / 20), rel=0.01)


def test_a_choice_is_there_at_once():
    """A voice that glided from a fifth to an octave would play every note between them."""
    room, steps = Room(), (0, "steps_1")
    preset = Preset("Voices", [Block(effects.load("pitch_shifter"))])
    room.play(preset)
    room.sound.glide({steps: 36 / 48, (0, "dry"): 0.2}, 0.0)
    assert room.sound.raw[steps] == 36 / 48 and room.sound.raw[0, "dry"] == 1.0
    room.sound.tick(0.1)
    assert room.sound.raw[steps] == 36 / 48 and room.sound.raw[0, "dry"] == pytest.approx(0.6)


def test_a_glide_makes_no_click(playing):
    """A block's step at the glide's coarsest tick is no steeper than the tone itself allows."""
    sound, heard = playing.sound, []
    sound.glide({GAIN: 0.25}, 0.0)
    for step in range(1, 31):
        sound.tick(step * 0.01)
        heard.append(playing.hear(0.01))
    steps = np.abs(np.diff(np.concatenate(heard)[:, 0]))
    assert steps.max() <= 0.1 * 2 * np.pi * 200 / RATE * 1.05


def test_a_late_tick_ends_the_glide_where_it_was_going(playing):
    playing.sound.glide({GAIN: 0.9}, 0.0)
    playing.sound.tick(5.0)
    assert playing.sound.raw[GAIN] == pytest.approx(0.9) and not playing.sound.gliding


def test_a_hand_ends_the_glide_of_its_knob_and_of_no_other(room):
    preset = Preset("Two", [*boost().blocks, *boost().blocks])
    room.play(preset)
    room.sound.glide({(0, "gain_db"): 0.9, (1, "gain_db"): 0.9}, 0.0)
    room.sound.tick(0.1)
    room.sound.set((0, "gain_db"), 0.6)
    room.sound.tick(0.2)
    assert room.sound.raw == {(0, "gain_db"): 0.6, (1, "gain_db"): pytest.approx(0.9)}


def test_a_new_glide_starts_where_the_old_one_is(playing):
    sound = playing.sound
    sound.glide({GAIN: 0.9}, 0.0)
    sound.tick(0.1)
    sound.glide({GAIN: 0.5}, 0.1)
    sound.tick(0.1)
    assert sound.raw[GAIN] == pytest.approx(0.7)
    sound.tick(0.3)
    assert sound.raw[GAIN] == pytest.approx(0.5)


def test_turning_back_where_a_knob_stands_ends_its_glide_there(playing):
    """The selector passes an emotion and comes back: what glides must turn round, not travel on."""
    sound = playing.sound
    sound.glide({GAIN: 0.9}, 0.0)
    sound.glide({GAIN: 0.5}, 0.0)
    sound.tick(1.0)
    assert sound.raw[GAIN] == pytest.approx(0.5)


def test_a_glide_to_where_a_knob_stands_is_none(playing):
    playing.sound.glide({GAIN: 0.5}, 0.0)
    assert not playing.sound.gliding and not playing.sound.tick(0.1)


def test_effects_go_out_and_in(room):
    room.play(boost(12.0))
    room.sound.set_on(0, False)
    room.hear(0.1)
    assert room.level() == pytest.approx(0.1, rel=0.01)
    room.sound.set_on(0, True)
    room.hear(0.1)
    assert room.level() == pytest.approx(0.1 * 10 ** (12 / 20), rel=0.01)


def test_an_old_chain_rings_on_while_the_new_one_plays(room):
    room.play(echo())
    room.hear(0.5)
    room.play(boost())
    room.hear(0.05)
    tail = [room.level(0.1, level=0.0) for _ in range(6)]
    assert tail[0] > 0.02, "the echoes of what was played before are still heard"
    assert all(later < earlier for earlier, later in zip(tail, tail[1:])), "and fade"
    assert room.level(level=0.1) < 0.13, "while the old chain gets nothing new"


def test_a_change_makes_no_gap(room):
    room.play(boost())
    room.hear(0.1)
    room.play(boost())
    heard = np.abs(room.hear(0.1)[:, 0]).reshape(-1, RATE // 200).max(axis=1)
    assert heard == pytest.approx(0.1, rel=0.02), "every period of the tone, through the fade, is as loud"


def test_of_changes_while_one_is_under_way_the_last_is_played(playing):
    """The audio process has not taken the first order yet: the others wait, and only the newest is built."""
    playing.play(boost(-6.0))
    playing.play(boost(-12.0))
    playing.play(boost(6.0))
    for step in range(10):
        playing.hear(0.01)
        playing.sound.tick(step)
    assert playing.level() == pytest.approx(0.1 * 10 ** (6 / 20), rel=0.01)


def test_a_chain_without_effects_waits_its_turn_as_well(playing):
    playing.play(boost(-6.0))
    playing.play(Preset("Nothing", []))
    playing.hear(0.05)
    playing.sound.tick(0.0)
    playing.hear(0.1)
    assert playing.level() == pytest.approx(0.1, rel=0.01)


def test_knobs_turned_while_a_change_waits_are_in_it(playing):
    playing.play(boost(-6.0))
    playing.play(boost(-12.0))
    playing.sound.set(GAIN, 0.75)
    playing.sound.set_on(0, True)
    playing.hear(0.05)
    playing.sound.tick(0.0)
    playing.hear(0.1)
    assert playing.level() == pytest.approx(0.1 * 10 ** (12 / 20), rel=0.01)


def test_an_effect_switched_out_while_a_change_waits_is_out(playing):
    playing.play(boost(-6.0))
    playing.play(boost(12.0))
    playing.sound.set_on(0, False)
    playing.hear(0.05)
    playing.sound.tick(0.0)
    playing.hear(0.1)
    assert playing.level() == pytest.approx(0.1, rel=0.01)


def test_a_preset_change_ends_every_glide(playing):
    playing.sound.glide({GAIN: 0.9}, 0.0)
    playing.play(boost())
    assert not playing.sound.gliding
    playing.sound.tick(1.0)
    assert playing.sound.raw[GAIN] == 0.5


def test_a_third_change_lets_the_oldest_tail_go_without_a_click(room):
    for preset in (echo(0.9), boost(), echo(0.0), boost()):
        room.play(preset)
        heard = room.hear(0.05)
        assert np.isfinite(heard).all()
    assert room.rack.words[PLAYING] != room.rack.words[RINGING]
    steps = np.abs(np.diff(room.hear(0.2, level=0.0)[:, 0]))[1:]
    assert steps.max() < 0.03


def test_a_second_control_process_finds_the_knobs_it_sets(playing):
    """The panel fell and is started again: its sound joins the rack that plays, and fades over to its own chain."""
    again = Sound(Rack(RATE, playing.memory, fresh=False))
    again.play(boost(), positions(boost()))
    playing.hear(0.1)
    again.set(GAIN, 0.75)
    playing.hear(0.1)
    assert playing.level() == pytest.approx(0.1 * 10 ** (12 / 20), rel=0.01)


# The tuner

def test_the_tuner_is_mute_and_reads_the_note(playing):
    playing.sound.tune(True)
    playing.hear(0.6)
    assert playing.level() == 0.0
    assert tuner.read(playing.sound.tuner_state).hz == pytest.approx(200.0, abs=0.05)
    playing.sound.tune(False)
    playing.hear(0.1)
    assert playing.level() == pytest.approx(0.1, rel=0.01)
    assert playing.sound.tuner_state is None


def test_what_happens_while_the_box_is_tuned_is_heard_afterwards(playing):
    playing.sound.tune(True)
    playing.sound.set(GAIN, 0.25)
    playing.sound.tick(0.0)
    playing.hear(0.3)
    playing.sound.tune(False)
    playing.hear(0.1)
    assert playing.level() == pytest.approx(0.1 * 10 ** (-12 / 20), rel=0.01)


def test_a_preset_that_is_called_while_the_box_is_tuned_waits(playing):
    playing.sound.tune(True)
    playing.hear(0.3)
    playing.play(boost(6.0))
    playing.sound.tick(0.0)
    playing.hear(0.1)
    assert playing.level() == 0.0
    playing.sound.tune(False)
    playing.hear(0.1)
    assert playing.level() == pytest.approx(0.1 * 10 ** (6 / 20), rel=0.01)


def test_tuning_begins_and_ends_though_a_change_of_chains_is_under_way(playing):
    for on in (True, False, True):
        playing.sound.tune(on)      # no block has been played in between
    assert playing.sound.tuner_state is None or playing.sound.tuning
    for _ in range(3):
        playing.hear(0.1)
        playing.sound.tick(0.0)
    assert playing.level() == 0.0
    playing.sound.tune(False)
    for _ in range(3):
        playing.hear(0.1)
        playing.sound.tick(0.0)
    assert playing.level() == pytest.approx(0.1, rel=0.01)
