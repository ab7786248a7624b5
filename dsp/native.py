"""The seam to machine code: how a kernel is compiled, found and called.

Every effect's kernel has one signature, so a chain is a table of addresses that one compiled loop
walks: the cost of a call is the same for one effect and for sixteen, and a new effect or preset
compiles nothing else.
"""

from llvmlite import ir
from numba import config, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from dsp import cache

config.CACHE_DIR = str(cache.folder())

# knobs[parameter, start | end of block], state, memory, cursors, tables, io[channel, frame], frames, sample_rate
KERNEL = types.void(
    types.float32[:, ::1], types.float64[::1], types.float32[::1], types.int64[::1],
    types.float32[::1], types.float32[:, ::1], types.int64, types.float64)

# No reassoc: it breaks the recursions of filters apart and makes them slower (gate 5.3 -> 3.6 ns
# without). No nnan or ninf: the guards must still see what is not finite.
FAST = {"contract", "nsz", "arcp", "afn"}


def kernel(function):
    """Compile an effect's kernel, from the cache on disk where it is warm.

    The function takes, in place of `self`, everything it may touch:

    knobs : float32 [parameters, 2], each parameter's value at the block's start and at its end.
    state : float64, filters, envelopes, phases; all zero is a fresh effect.
    memory : float32, delay lines; all zero is a fresh effect.
    cursors : int64, positions in memory; all zero is a fresh effect.
    tables : float32, read only, made by the effect's `tables` when the chain was built.
    io : float32 [channels, at least frames], the sound, changed in place.
    frames : how many of io's frames this block has, from 1.
    sample_rate : Hz.
    """
    return njit(KERNEL, cache=True, nogil=True, error_model="numpy", fastmath=FAST)(function)


def helper(function):
    """Compile a function that kernels call; it is inlined where that pays."""
    return njit(nogil=True, error_model="numpy", fastmath=FAST)(function)


def inlined(function):
    """Compile a function that becomes part of its caller, however long it is: vectors must not leave registers."""
    return njit(nogil=True, error_model="numpy", fastmath=FAST, forceinline=True)(function)


def apart(function):
    """Compile a function that stays out of its callers where they are inlined: what is rare takes no registers there."""
    return njit(nogil=True, error_model="numpy", fastmath=FAST, forceinline=False)(function)


def entry(function):
    """Compile a function that Python calls, from the cache on disk where it is warm."""
    return njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)(function)


def brief_entry(function):
    """Compile a function that Python calls and that keeps the interpreter's lock, since handing it over and back takes
    35 ns; one that may take long calls `let_go` and `take_back` itself.
    """
    return njit(cache=True, error_model="numpy", fastmath=FAST)(function)


def direct(compiled, signature):
    """An entry for one signature, as Python calls it soonest: looking up the arguments' types takes 130 ns a call.

    Whoever calls it vouches for the types, and for arrays that lie in one piece.
    """
    compiled.compile(signature)
    return compiled.overloads[signature.args].entry_point


def address(compiled):
    """Where a compiled kernel's machine code lies in this process, and in those forked from it."""
    overload = compiled.overloads[KERNEL.args]
    return overload.library.get_pointer_to_function(overload.fndesc.llvm_func_name)


@intrinsic
def call_kernel(typing, address, knobs, state, memory, cursors, tables, io, frames, sample_rate):
    """Call the kernel at an address with the arguments of KERNEL."""

    def generate(context, builder, signature, arguments):
        function = context.call_conv.get_function_type(types.void, KERNEL.args)
        callee = builder.inttoptr(arguments[0], function.as_pointer())
        context.call_conv.call_function(builder, callee, types.void, KERNEL.args, arguments[1:])
        return context.get_dummy_value()

    return types.void(types.int64, *KERNEL.args), generate


@intrinsic
def borrow(typing, array):
    """The same array without the count of who holds it.

    Slices of what a kernel was given cost an atomic increment and decrement each; slices of a borrowed
    array cost nothing. The caller keeps what it lent until the kernel is through.
    """

    def generate(context, builder, signature, arguments):
        view = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        return view._getvalue()

    return array(array), generate


@intrinsic
def pointer(typing, address):
    """An address as `numba.carray` takes it."""

    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


I32, I64 = ir.IntType(32), ir.IntType(64)
POINTER = ir.IntType(8).as_pointer()


@intrinsic
def let_go(typing):
    """Let other threads of Python run; what it returns is for `take_back`, before going back to Python."""

    def generate(context, builder, signature, arguments):
        return builder.ptrtoint(context.get_python_api(builder).save_thread(), I64)

    return types.int64(), generate


@intrinsic
def take_back(typing, thread):
    """Wait for the interpreter's lock that `let_go` gave away."""

    def generate(context, builder, signature, arguments):
        context.get_python_api(builder).restore_thread(builder.inttoptr(arguments[0], POINTER))
        return context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic
def get_float_mode(typing):
    """This thread's floating-point control register (MXCSR, or FPCR on ARM)."""

    def generate(context, builder, signature, arguments):
        if is_arm(builder):
            read = declare(builder, "llvm.aarch64.get.fpcr", I64, [])
            return builder.call(read, [])
        slot = cgutils.alloca_once(builder, I32)
        store = declare(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), [POINTER])
        builder.call(store, [builder.bitcast(slot, POINTER)])
        return builder.zext(builder.load(slot), I64)

    return types.int64(), generate


@intrinsic
def set_float_mode(typing, mode):
    """Put a value that `get_float_mode` gave, with other bits set or not, back into the register."""

    def generate(context, builder, signature, arguments):
        if is_arm(builder):
            write = declare(builder, "llvm.aarch64.set.fpcr", ir.VoidType(), [I64])
            builder.call(write, arguments)
            return context.get_dummy_value()
        slot = cgutils.alloca_once_value(builder, builder.trunc(arguments[0], I32))
        load = declare(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [POINTER])
        builder.call(load, [builder.bitcast(slot, POINTER)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic
def fence(typing):
    """Everything stored before is seen before anything stored after, by every processor."""

    def generate(context, builder, signature, arguments):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


@helper
def flushing_denormals(mode):
    """A value of `get_float_mode` with denormals switched off: they are as slow as 100 cycles each."""
    # ARM has one bit for both; x86 has flush-to-zero and denormals-are-zero.
    return mode | (1 << 24 if on_arm() else 1 << 15 | 1 << 6)


@intrinsic
def on_arm(typing):
    """Whether the code is made for 64-bit ARM; a constant in it, so that a branch on it leaves no trace."""

    def generate(context, builder, signature, arguments):
        return context.get_constant(types.boolean, is_arm(builder))

    return types.boolean(), generate


def is_arm(builder):
    """Whether a module is made for 64-bit ARM, wherever it is made."""
    return builder.module.triple.startswith("aarch64")


def declare(builder, name, returns, arguments):
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(returns, arguments), name)
