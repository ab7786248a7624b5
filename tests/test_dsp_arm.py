"""The kernels' machine code for the Pi's processors, read without a Pi (see tests/aarch64.py).

What is asked of the loops that hold no other loop, where the time goes: no division or square root, which
take tens of cycles; no call into a library, and no counting of references, frame by frame; and in the kernels
that are no recursions from frame to frame, vectors of four float32, multiplied and added in one.
"""

import re

import pytest

from dsp import effects
from tests.aarch64 import Function, assemblies, calls

PIS = {"cortex-a53": "Zero 2 W", "cortex-a72": "4", "cortex-a76": "5"}
# Split and branch have nothing to do themselves; the rack is the loop around the effects.
ALL = [*(id for id in effects.names() if id not in ("split", "branch")), "rack"]
SOME = {"cortex-a72": [], "cortex-a76": ["overdrive"]}      # the code hardly differs, compiling takes long
CASES = [(cpu, id) for cpu in PIS for id in SOME.get(cpu, ALL)]
# Sums that wait for the frame before: filters, oscillators and followers, in float64.
RECURSIONS = {"auto_wah", "cabinet", "eq", "flanger", "graphic_eq", "merge", "parametric_eq", "phaser", "pitch_shifter",
              "ring_mod", "rotary", "tremolo", "tuner", "vibrato", "volume", "wah"}
NO_SUMS = {"gate"}          # compares and multiplies
# Loops over sliders, when one is turned, and over a curve's peaks, once in 43 ms: they may divide, and call for a cosine.
SELDOM = {"graphic_eq", "pitch_shifter", "tuner"}
ROWS = {"memset"}           # of a row as a whole, where an effect is broken or a chain is dropped
REFERENCES = {"NRT_incref", "NRT_decref"}


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """(processor, id) -> what `assemblies` gives."""
    made = {}

    def of(cpu, id):
        if cpu not in made:
            made[cpu] = assemblies(cpu, [*SOME.get(cpu, ALL), "float_mode", "division"], tmp_path_factory.mktemp(cpu))
        return made[cpu][id]

    return of


def working_loops(code):
    """The instructions of each loop that goes over frames: one that holds no other, nor calls one that does."""
    functions = code.reached()
    for function in functions.values():
        for loop in function.inner_loops():
            if not any(functions[name].inner_loops() for name in calls(loop) if name in functions):
                yield loop


def instructions(loops):
    return {line.split()[0] for loop in loops for line in loop}


def each_kernel(but):
    """Every kernel but those of some effects."""
    cases = [(cpu, id) for cpu, id in CASES if id not in but]
    return pytest.mark.parametrize("cpu, id", cases, ids=[f"{id} on a Pi {PIS[cpu]}" for cpu, id in cases])


@each_kernel(but=SELDOM)
def test_no_loop_divides(code, cpu, id):
    for kernel in code(cpu, id):
        assert not {"fdiv", "fsqrt"} & instructions(working_loops(kernel))


@each_kernel(but=SELDOM)
def test_no_loop_calls(code, cpu, id):
    for kernel in code(cpu, id):
        own = set(kernel.functions) - REFERENCES
        for loop in working_loops(kernel):
            called = set(calls(loop)) - (ROWS if id == "rack" else set())
            assert called <= own | REFERENCES, f"calls {called - own} in a loop"
            assert called & own or not called, "counts references in a loop"


@each_kernel(but=NO_SUMS)
def test_loops_multiply_and_add_in_one(code, cpu, id):
    for kernel in code(cpu, id):
        lines = [line for loop in working_loops(kernel) for line in loop]
        wanted = r"fml[as]\s+v\d+\.4s" if id not in RECURSIONS else r"fml[as]\s+v|fn?m(add|sub)\s"
        assert any(re.match(wanted, line) for line in lines)


@pytest.mark.parametrize("cpu", PIS)
def test_denormals_are_flushed_by_arms_own_register(code, cpu):
    [probe] = code(cpu, "float_mode")
    lines = "\n".join(line for function in probe.reached().values() for line in function.instructions).upper()
    assert re.search(r"MRS\s+X\d+, FPCR", lines) and re.search(r"MSR\s+FPCR, X", lines)
    assert re.search(r"ORR\s+X\d+, X\d+, #0X1000000$", lines, re.M)      # bit 24


@pytest.mark.parametrize("cpu", PIS)
def test_division_is_made_of_multiplications_in_vectors(code, cpu):
    [probe] = code(cpu, "division")
    loops = list(working_loops(probe))
    assert any(re.search(r"v\d+\.4s", line) for loop in loops for line in loop)
    assert not {"fdiv", "fsqrt", "bl"} & instructions(loops)


# --- The reader ---------------------------------------------------------------------------------

NESTED = """
	cmp	x0, #1
	b.lt	.LBB0_4
.LBB0_1:
	fmul	d0, d0, d1
.LBB0_2:                              // inner
	fadd	d0, d0, d1
	subs	x1, x1, #1
	b.ne	.LBB0_2
	bl	pow
	cbnz	x0, .LBB0_1
.LBB0_3:
	fdiv	d0, d0, d1
	tbz	w0, #0, .LBB0_3
.LBB0_4:
	ret
"""


def test_the_reader_finds_the_loops_that_hold_no_other():
    function = Function(NESTED)
    found = [{line.split()[0] for line in loop} for loop in function.inner_loops()]
    assert sorted(found, key=min) == [{"fadd", "subs", "b.ne"}, {"fdiv", "tbz"}]
    assert function.calls() == ["pow"]
