"""The room as a whole: it imports on any machine, and its errors are one family."""

import subprocess
import sys
from pathlib import Path

from hw import errors

ROOT = Path(__file__).parents[1]
VENDORS = ("RPi", "lgpio", "luma", "alsaaudio", "smbus2", "spidev")


def test_importing_the_room_imports_no_vendor_library():
    """In a process of its own, where nobody else has imported them."""
    modules = ", ".join(f"hw.{path.stem}" for path in sorted((ROOT / "hw").glob("*.py")))
    script = f"import sys, {modules}; print(*[name for name in {VENDORS} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_every_error_is_an_hw_error_and_is_drawn_in_the_family_tree():
    kin = [it for it in vars(errors).values() if isinstance(it, type)]
    assert all(issubclass(it, errors.HwError) and issubclass(it, OSError) for it in kin)
    assert all(it.__name__ in errors.__doc__ for it in kin)
