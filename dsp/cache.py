"""Where compiled machine code is kept between starts."""

import hashlib
import os
import shutil
from pathlib import Path

KEEP = 3        # folders of earlier states of dsp/, for going back and forth between versions
MARK = "warm"   # the file that says: everything is compiled


def folder():
    """The cache folder for dsp/ as it stands now.

    numba's own stamp covers only the file that defines a kernel, not the helpers it calls, so after
    an edit of a helper it would go on running the old machine code. The folder's name therefore holds
    a hash of every file in dsp/.
    """
    root = Path(os.environ.get("LOOPMIND_CACHE") or default_root())
    path = root / fingerprint(Path(__file__).parent)
    if not path.exists():
        remove_oldest(root)
    path.mkdir(parents=True, exist_ok=True)
    return path


def is_warm():
    """Whether everything has been compiled for dsp/ as it stands now."""
    return (folder() / MARK).exists()


def mark_warm():
    """Say that everything has been compiled."""
    (folder() / MARK).touch()


def default_root():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "loopmind"


def fingerprint(package):
    """A short hash over the names and contents of a package's Python files."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def remove_oldest(root):
    folders = sorted((p for p in root.glob("*") if p.is_dir()), key=lambda p: p.stat().st_mtime)
    for path in folders[:-KEEP]:
        shutil.rmtree(path, ignore_errors=True)
