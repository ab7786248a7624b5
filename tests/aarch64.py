"""The kernels as a Raspberry Pi would run them, made and read on any machine.

numba asks llvmlite what it compiles for; in a process of its own (`assemblies`) the answer is one of the
Pi's processors, and the machine code is never called. What comes out is read as text: functions, their
basic blocks, their loops.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TRIPLE = "aarch64-unknown-linux-gnu"
BRANCH = re.compile(r"(b(\.\w+)?|br|ret|cbn?z|tbn?z)(\s|$)")


def assemblies(cpu, ids, folder):
    """Compile for a processor; {id: [Code, ...]}, one for each kernel of an effect's file, or of PROBES.

    In a process for each of this machine's cores: it takes a processor minutes.
    """
    count = min(os.cpu_count(), len(ids))
    at_work = [subprocess.Popen([sys.executable, "-m", "tests.aarch64", cpu, str(folder), *ids[number::count]],
                                cwd=Path(__file__).parents[1]) for number in range(count)]
    assert not any([process.wait() for process in at_work])
    return {id: [Code.read(path.read_text()) for path in sorted(folder.glob(f"{id}.*.s"))] for id in ids}


@dataclass
class Code:
    """A compiled module: {name: Function}, and the name of the kernel among them."""

    functions: dict
    kernel: str

    @classmethod
    def read(cls, text):
        kernel, _, body = text.partition("\n")
        found = re.finditer(r"^([^\s.:]+):(?:\s*//.*)?$(.*?)^\.Lfunc_end", body, re.M | re.S)
        return cls({match[1]: Function(match[2]) for match in found}, kernel)

    def reached(self):
        """The kernel and every function of the module that it may call, by name."""
        found, waiting = {}, [self.kernel]
        while waiting:
            name = waiting.pop()
            if name in self.functions and name not in found:
                found[name] = self.functions[name]
                waiting += found[name].calls()
        return found


class Function:
    """A function's instructions in basic blocks.

    blocks : {label: instructions}, in the order of the text; what follows a branch has a number for a label.
    """

    def __init__(self, text):
        self.blocks = {0: []}
        here = 0
        for line in text.splitlines():
            line = line.split("//")[0].strip()
            if line.endswith(":"):
                here = line[:-1]
                self.blocks[here] = []
            elif line and line[0] != ".":
                self.blocks[here].append(line)
                if re.match(BRANCH, line):
                    here = len(self.blocks)
                    self.blocks[here] = []
        self.instructions = [line for lines in self.blocks.values() for line in lines]

    def graph(self):
        """{label: labels of the blocks that it goes on to}."""
        names, result = list(self.blocks), {}
        for name, following in zip(names, [*names[1:], None]):
            last = self.blocks[name][-1] if self.blocks[name] else ""
            kind, _, operands = last.partition("\t")
            on = [operands.split()[-1]] if re.match(BRANCH, last) and kind not in ("ret", "br") else []
            if kind == "br":
                on = names              # through a table: it may be anywhere
            elif kind not in ("b", "ret"):
                on.append(following)
            result[name] = [to for to in on if to in self.blocks]
        return result

    def calls(self):
        """The names of what it calls."""
        return calls(self.instructions)

    def inner_loops(self):
        """The instructions of every loop that holds no other loop."""
        return [[line for name, lines in self.blocks.items() if name in loop for line in lines]
                for loop in innermost(self.graph())]


def calls(instructions):
    return [line.split()[1] for line in instructions if re.match(r"(bl|blr)\s", line)]


def innermost(graph):
    """The sets of nodes of the loops of {node: followers} that hold no other loop."""
    loops = []
    for part in components(graph):
        if len(part) == 1 and not part & set(graph[next(iter(part))]):
            continue
        entered = [to for name, on in graph.items() if name not in part for to in on if to in part]
        head = entered[0] if entered else next(iter(part))
        inside = {name: [to for to in graph[name] if to in part and to != head] for name in part if name != head}
        loops += innermost(inside) or [part]
    return loops


def components(graph):
    """The strongly connected parts of {node: followers} (Kosaraju)."""
    order, seen = [], set()
    for name in graph:
        visit(graph, name, seen, order)
    back = {name: [] for name in graph}
    for name, on in graph.items():
        for to in on:
            back[to].append(name)
    parts, seen = [], set()
    for name in reversed(order):
        if name not in seen:
            part = []
            visit(back, name, seen, part)
            parts.append(set(part))
    return parts


def visit(graph, start, seen, order):
    """Add what is reached from a node to `order`, each behind what it leads to."""
    waiting = [(start, False)]
    while waiting:
        name, done = waiting.pop()
        if done:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            waiting += [(name, True), *((to, False) for to in graph[name])]


# --- In the process that takes itself for a Pi --------------------------------------------------

class NoFeatures(dict):
    """What numba adds to a processor's name: nothing, LLVM knows it by its name."""

    def flatten(self, sort=True):
        return ""


def pretend(cpu):
    import llvmlite.binding as llvm
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    llvm.get_process_triple = llvm.get_default_triple = lambda: TRIPLE
    llvm.get_host_cpu_name = lambda: cpu
    llvm.get_host_cpu_features = NoFeatures


def main(cpu, folder, *ids):
    pretend(cpu)
    for id in ids:
        for number, compiled in enumerate(PROBES[id]() if id in PROBES else kernels(id)):
            [overload] = compiled.overloads.values()
            # The module for linking, not the final one: a library from numba's cache has no other.
            module = overload.library._get_module_for_linking()
            code = overload.library.codegen._tm.emit_assembly(module)
            Path(folder, f"{id}.{number}.s").write_text(f"{overload.fndesc.llvm_func_name}\n{code}")


def kernels(id):
    """All of an effect's file."""
    from dsp import effects
    from dsp.native import KERNEL
    effects.load(id)
    return [value for value in vars(sys.modules[f"dsp.effects.{id}"]).values()
            if KERNEL.args in getattr(value, "overloads", ())]


def float_mode():
    from numba import njit, types
    from dsp.native import flushing_denormals, get_float_mode, set_float_mode

    @njit(types.void())
    def flush():
        set_float_mode(flushing_denormals(get_float_mode()))

    return [flush]


def division():
    from numba import njit, types
    from dsp.primitives.reciprocals import reciprocal, root

    @njit(types.void(types.float32[::1]), error_model="numpy")
    def divide(x):
        for i in range(len(x)):
            x[i] = reciprocal(x[i]) + root(x[i])

    return [divide]


def rack():
    """The audio loop's one call, with the chain's walk in it."""
    from dsp.rack import LOOP, run_rack
    run_rack.compile(LOOP)
    return [run_rack]


PROBES = {"float_mode": float_mode, "division": division, "rack": rack}

if __name__ == "__main__":
    main(*sys.argv[1:])
