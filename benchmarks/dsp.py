"""Our sound beside pedalboard's, in one run: effects, chains, what a call costs, amp captures.

    python benchmarks/dsp.py [--json FILE] [--quick] [--only WORD]

Both sides play the same guitar, in turns, in one thread of their own; a ratio is the median of the turns' ratios.
Whole calls are timed, from Python and back, on the thread's own clock: what other programs take does not count.
See benchmarks/README.md for how to read it.
"""

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from statistics import median
from time import thread_time

sys.path[0] = str(Path(__file__).parents[1])     # or this file would stand for the room of its name

import numpy as np
import soundfile
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.peak import multiply_adds_per_second
from benchmarks.peers import block, pairs
from dsp.chain import Chain
from dsp.rack import Rack
from dsp.riff import riff
from firmware import captures
from firmware.load import machine

SAMPLE_RATE, PERIOD = 48000, 64
LONG = 1 << 16              # frames of a long buffer
TURN_S = 0.03               # what one turn of one side takes, about
TURNS = 11
LENGTHS = (0, 1, 2, 4, 8, 16, 24)
LONGEST_S = 10              # an impulse response with partitions of all sizes, up to 4096 frames: 64 blocks


class Player:
    """One side of a comparison.

    turn : plays pieces of the guitar, one call each. frames : in a piece.
    """

    def __init__(self, turn, pieces, frames):
        self._turn, self._pieces, self.frames = turn, pieces, frames
        self._at = 0

    def run(self, calls):
        """Seconds a frame."""
        pieces = [self._pieces[(self._at + call) % len(self._pieces)] for call in range(calls)]
        self._at += calls
        begin = thread_time()
        self._turn(pieces)
        return (thread_time() - begin) / (calls * self.frames)


def ours(blocks, channels, frames):
    """A chain, called as a host calls it: one native call for any number of frames, its buffers bound beforehand."""
    chain, out = Chain(blocks, SAMPLE_RATE), np.empty((2, frames), np.float32)

    def turn(players):
        for play in players:
            play()

    return Player(turn, [chain.player(x, out) for x in pieces(channels, frames)], frames)


def theirs(plugin, channels, frames):
    """pedalboard's; a new one for each length, since a Convolution that has heard long buffers stays slow."""
    process, buffer = plugin.process, min(frames, 8192)

    def turn(pieces):
        for x in pieces:
            process(x, SAMPLE_RATE, buffer, False)

    return Player(turn, pieces(channels, frames), frames)


def on_stage(blocks, frames):
    """A chain as the audio loop calls it, from the sound card's bytes to its bytes, with meters and limiter."""
    rack, out = Rack(SAMPLE_RATE), np.empty(8 * frames, np.uint8)
    rack.begin(blocks)
    play = rack.player("S32_LE", 2, 0, "S32_LE", 2)

    def turn(pieces):
        for pcm in pieces:
            play(pcm, out, frames)

    bytes_of = (np.repeat((x[0] * 2.0 ** 31).astype(np.int32), 2).view(np.uint8) for x in pieces(1, frames))
    return Player(turn, list(bytes_of), frames)


def pieces(channels, frames):
    """The guitar, cut into pieces, float32 [channels, frames] each."""
    x = np.repeat(guitar()[None], channels, axis=0)
    return [np.ascontiguousarray(piece) for piece in np.split(x, LONG // frames, axis=1)]


@cache
def guitar():
    """The built-in riff, as long as a long buffer."""
    return np.ascontiguousarray(riff(SAMPLE_RATE)[:LONG, 0])


def calls_for(player, turn_s):
    """How many calls make a turn."""
    player.run(3)
    return max(1, int(turn_s / (player.run(4) * player.frames)))


def in_turns(players, turns, turn_s):
    """Let each play in turn; [[seconds a frame of each player] for each turn]."""
    calls = [calls_for(player, turn_s) for player in players]
    return [[player.run(count) for player, count in zip(players, calls)] for _ in range(turns)]


def compare(pair, turns, turn_s):
    """{"short": ..., "long": ...}, each with both sides' ns a frame and their ratio."""
    players = [player for frames in (PERIOD, LONG) for player in (ours(pair.ours(), pair.channels, frames),
                                                                  theirs(pair.theirs(), pair.their_channels, frames))]
    rows = in_turns(players, turns, turn_s)
    return {name: {"ours_ns": 1e9 * median(row[at] for row in rows),
                   "theirs_ns": 1e9 * median(row[at + 1] for row in rows),
                   "ratio": median(row[at + 1] / row[at] for row in rows), "goal": goal}
            for name, at, goal in (("short", 0, pair.short), ("long", 2, pair.long))}


def call_costs(turns, turn_s):
    """{number of effects: ns a block}, of a chain of gains."""
    players = [on_stage([block("boost", gain_db=1.0) for _ in range(length)], PERIOD) for length in LENGTHS]
    rows = in_turns(players, turns, turn_s / 3)
    return {length: 1e9 * PERIOD * median(row[at] for row in rows) for at, length in enumerate(LENGTHS)}


def blocks_of_a_period(folder, turns, turn_s):
    """The least us that each of the blocks takes in which the longest partitions are worked off, with a tail of 10 s."""
    path = impulse(folder / "tail.wav", LONGEST_S * SAMPLE_RATE)
    players = ours([block("ir", {"file": str(path), "trim": False})], 1, PERIOD)
    rows = [[players.run(1) for _ in range(4096 // PERIOD)] for _ in range(2 + 2 * turns)]
    return [1e6 * PERIOD * min(times) for times in zip(*rows[2:])]


def models(folder, turns, turn_s):
    """What amp captures cost, beside what the core can do at most."""
    names, weights, players = captures.NAMES, [], [ours([], 1, PERIOD)]
    for number, name in enumerate(names):
        path = folder / f"{number}.nam"
        weights.append(captures.write(name, path))
        players.append(ours([block("nam", {"model": str(path), "raw": True})], 1, PERIOD))
    rows = in_turns(players, turns, turn_s)
    peak = multiply_adds_per_second()
    result = {}
    for at, (name, count) in enumerate(zip(names, weights), 1):
        ns = 1e9 * median(row[at] - row[0] for row in rows)
        result[name] = {"ns_per_sample": ns, "weights": count, "share_of_peak": count / (1e-9 * ns * peak)}
    return {"multiply_adds_per_s": peak, "sizes": result}


def impulse(path, frames):
    """Noise that dies by 60 dB, as a file."""
    h = np.random.default_rng(4).normal(0.0, 0.1, frames) * 10.0 ** (-3.0 * np.arange(frames) / frames)
    soundfile.write(path, h.astype(np.float32), SAMPLE_RATE, "FLOAT")
    return path


def measure(only, turns, turn_s, bar):
    """Everything, as data."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as thread:
        folder = Path(name)
        chosen = [pair for pair in pairs(impulse(folder / "cab.wav", 2048), impulse(folder / "room.wav", SAMPLE_RATE))
                  if only.lower() in pair.name.lower()]
        task = bar.add_task("", total=len(chosen) + 3)
        found = []

        def step(what, function, *arguments):
            bar.update(task, description=what, refresh=True)
            result = thread.submit(function, *arguments, turns, turn_s).result()
            bar.advance(task)
            return result

        for pair in chosen:
            found.append({"name": pair.name, "note": pair.note, **step(pair.name, compare, pair)})
        return {"machine": machine(), "sample_rate": SAMPLE_RATE, "period": PERIOD, "long": LONG, "pairs": found,
                "ns_per_block_by_effects": step("chain length", call_costs),
                "us_per_block_of_10_s_tail": step("a tail of 10 s", blocks_of_a_period, folder),
                "models": step("amp captures", models, folder)}


def tell(console, report):
    console.print(f"{report['machine']}; {report['sample_rate']} Hz; ns a frame, median of the turns")
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    for heading in ("pedalboard's", "64: ours", "theirs", "ratio", "goal", "long: ours", "theirs", "ratio", "goal", ""):
        table.add_column(heading, justify="left" if heading in ("pedalboard's", "") else "right")
    for pair in report["pairs"]:
        table.add_row(pair["name"], *cells(pair["short"]), *cells(pair["long"]), pair["note"])
    console.print(table)
    console.print("A call a block with so many gains in the chain: "
                  + ", ".join(f"{length}: {ns / 1000:.2f} us" for length, ns in report["ns_per_block_by_effects"].items()))
    tail = report["us_per_block_of_10_s_tail"]
    console.print(f"A tail of 10 s, block by block: {median(tail):.1f} us, the dearest {max(tail):.1f}, "
                  f"{max(tail) / median(tail):.2f} times as much")
    console.print(f"\nThis core multiplies and adds {report['models']['multiply_adds_per_s'] / 1e9:.1f} thousand "
                  "million times a second. Amp captures:")
    for name, figures in report["models"]["sizes"].items():
        console.print(f"  {name:10} {figures['ns_per_sample']:7.1f} ns a sample, "
                      f"{100 * figures['share_of_peak']:.0f} % of that peak")


def cells(side):
    met = side["ratio"] >= side["goal"]
    return (f"{side['ours_ns']:.1f}", f"{side['theirs_ns']:.1f}", f"[{'green' if met else 'red'}]{side['ratio']:.1f}[/]",
            f"{side['goal']:g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", type=Path, help="the figures as data")
    parser.add_argument("--quick", action="store_true", help="fewer turns: a first look")
    parser.add_argument("--only", metavar="WORD", default="", help="only comparisons with this in their name")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    turns, turn_s = (5, TURN_S / 3) if arguments.quick else (TURNS, TURN_S)
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        report = measure(arguments.only, turns, turn_s, bar)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    tell(console, report)


if __name__ == "__main__":
    main()
