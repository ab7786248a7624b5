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
    a hash of every file in dsp/ but the effects: they call no other effect, so numba's stamp does.
    """
    root = Path(os.environ.get("LOOPMIND_CACHE") or default_root())
    path = root / fingerprint(Path(__file__).parent)
    if not path.exists():
        remove_oldest(root)
    path.mkdir(parents=True, exist_ok=True)
    return path


def is_warm(names):
    """Whether the effects of these names, and all they call, have been compiled as they stand now."""
    mark = folder() / MARK
    return mark.exists() and mark.read_text().split() == stamps(names)


def mark_warm(names):
    """Say that they have been compiled."""
    (folder() / MARK).write_text("\n".join(stamps(names)))


def stamps(names):
    """What numba looks at: each effect's file, its time and size."""
    states = ((name, (Path(__file__).parent / "effects" / f"{name}.py").stat()) for name in names)
    return [f"{name}:{state.st_mtime_ns}:{state.st_size}" for name, state in states]


def default_root():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "loopmind"


def fingerprint(package):
    """A short hash over the names and contents of a package's Python files, its effects left out."""
    digest = hashlib.sha256()
    for path in sorted(set(package.rglob("*.py")) - set(package.glob("effects/*.py"))):
        digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def remove_oldest(root):
    folders = sorted((p for p in root.glob("*") if p.is_dir()), key=lambda p: p.stat().st_mtime)
    for path in folders[:-KEEP]:
        shutil.rmtree(path, ignore_errors=True)
