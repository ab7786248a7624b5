"""How many lines a second `loopmind trainer` answers, beside a program that only reads and writes JSON.

Each row is one run of the program in its own process, everything sent at once, start and end included; processor
time, the best of three. The peer parses each line and answers `{"ok":true}`: nothing that speaks this protocol in
Python can be quicker.

    python benchmarks/service.py
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

LINES = 20_000
RUNS = 3
EMOTIONS = ("calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy")
PLUGINS, PARAMETERS = 12, 8
PEER = """
import json, sys
for line in sys.stdin.buffer:
    json.loads(line)
    sys.stdout.buffer.write(json.dumps({"ok": True}).encode() + b"\\n")
    sys.stdout.buffer.flush()
"""


def declared():
    return [{"op": "plugin", "plugin": f"P{plugin}", "parameters": [
        {"id": f"q{n}", "default": 0.5, "label": f"Knob {n}"} for n in range(PARAMETERS)]} for plugin in range(PLUGINS)]


def observed(n):
    return {"op": "observe", "plugin": f"P{n % PLUGINS}", "parameter": f"q{n // PLUGINS % PARAMETERS}", "old": 0.5,
            "new": n * 37 % 100 / 100, "emotion": EMOTIONS[n // 7 % len(EMOTIONS)], "time": n * 10.0, "settled": True}


def asked(n):
    return {"op": "suggest", "plugin": f"P{n % PLUGINS}", "emotion": EMOTIONS[n // 5 % len(EMOTIONS)]}


STREAMS = {
    "observe, settled by the host": lambda n: observed(n),
    "observe, a hand in motion": lambda n: {**observed(n), "settled": False, "time": n * 0.02},
    "suggest, nothing new learnt": asked,
    "one observe to nine suggests": lambda n: asked(n) if n % 10 else observed(n),
    "observe and suggest by turns": lambda n: asked(n) if n % 2 else observed(n),
    "a session of twenty lines, ended": lambda n: observed(n) if n % 20 else {"op": "session", "action": "end", "time": n * 10.0},
}


def rate(command, text):
    """Lines a second of processor time, so that a busy machine changes little."""
    best = float("inf")
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        answers = subprocess.run(command, input=text, capture_output=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        assert answers.count(b"\n") == text.count(b"\n") and b'"ok":false' not in answers
    return text.count(b"\n") / best


def main():
    print(f"{'':34}{'trainer':>10}{'peer':>10}{'ratio':>8}   (lines a second; {PLUGINS} plugins with {PARAMETERS} parameters)")
    for name, make in STREAMS.items():
        text = b"".join(json.dumps(line).encode() + b"\n" for line in [*declared(), *map(make, range(LINES))])
        with tempfile.TemporaryDirectory() as folder:
            trainer = rate([sys.executable, "-P", "-m", "firmware", "trainer", "--profile", str(Path(folder) / "me.json")], text)
        peer = rate([sys.executable, "-c", PEER], text)
        print(f"{name:34}{trainer:10.0f}{peer:10.0f}{trainer / peer:8.2f}")


if __name__ == "__main__":
    main()
