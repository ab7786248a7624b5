"""From what the tuner reads to what its page shows."""

from dsp.effects import tuner
from firmware.view import NoteView

STEP_CENTS = 0.5        # finer, the needle would be redrawn for what nobody sees


def note_view(state, a4_hz):
    """The note in a tuner's share of a chain's state, or None where none is heard; state may be None."""
    hz = tuner.read(state).hz if state is not None else 0.0
    if hz <= 0.0:
        return None
    note = tuner.name_note(hz, a4_hz)
    return NoteView(note.name, note.octave, STEP_CENTS * round(note.cents / STEP_CENTS), round(hz, 1))
