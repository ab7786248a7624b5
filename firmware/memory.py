"""What the box comes up with after the power was off: as it was left."""

import json
import logging

from firmware import preset as presets
from firmware.errors import PresetError
from profiles import atomic, checks
from profiles.errors import ProfileError

WAIT_S = 1.0            # a sweep of a knob is written once, at its end, and not for every detent
FORMAT, VERSION = "loopmind-state", 1

logger = logging.getLogger(__name__)


class Memory:
    """Writes the panel's state a moment after it has changed.

    path : of the state file.
    disk : what does the writing, see `firmware.disk`.
    """

    def __init__(self, path, disk, clock):
        self._path = path
        self._disk = disk
        self._clock = clock
        self._due = None

    def changed(self):
        """The panel is not what it was."""
        self._due = self._clock() + WAIT_S

    def tick(self, now, panel):
        """Write what is due."""
        if self._due is not None and now >= self._due:
            self.write(panel)

    def write(self, panel):
        """Write now."""
        self._due = None
        self._disk.do(save, self._path, to_document(panel))

    def restore(self, panel):
        """Set the panel as it was left; False when there is nothing to go by."""
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            from_document(document, panel, str(self._path))
            return True
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            logger.warning("%s cannot be used, the box starts afresh: %s", self._path, error)
            return False


def to_document(panel):
    return {"format": FORMAT, "version": VERSION, "preset": presets.to_document(panel.preset), "scene": panel.scene,
            "touches": listed(panel.touches),
            "applied": listed(panel.applied), "edited": panel.edited, "amount": panel.amount,
            "learning": panel.learns, "frozen": panel.frozen, "guest": panel.guest, "blend": panel.blend}


def from_document(document, panel, where):
    if document["format"] != FORMAT or document["version"] != VERSION:
        raise PresetError(f"{where} is not a state this box wrote")
    preset = presets.from_document(document["preset"], where)
    keys = {(index, parameter.id) for index, block in enumerate(preset.blocks) for parameter in block.effect.parameters}
    panel.restore(preset, bool(document["edited"]), float(document["amount"]), bool(document["learning"]),
                  bool(document.get("frozen", False)), places_in(document["touches"], keys),
                  places_in(document.get("applied", {}), keys), checks.label(document.get("guest", ""), "guest"),
                  checks.raw(document.get("blend", 0.0), "blend"), int(document.get("scene", 0)))


def listed(places):
    return {emotion: [[*key, raw] for key, raw in knobs.items()] for emotion, knobs in places.items()}


def places_in(lists, keys):
    """{emotion: {key: raw}}, without knobs that this box does not have."""
    return {emotion: {(index, parameter): raw for index, parameter, raw in knobs if (index, parameter) in keys}
            for emotion, knobs in lists.items()}


def save(path, document):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, json.dumps(document, ensure_ascii=False).encode())
    except (OSError, ProfileError) as error:
        logger.error("the state cannot be kept: %s", error)
