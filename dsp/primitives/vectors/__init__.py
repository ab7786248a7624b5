"""Several numbers side by side in a register, by name: what loops over arrays cannot say.

LLVM makes vectors of a plain loop where every frame stands alone. A register tile (one load for many sums), a
Fourier transform or the sections of a filter bank side by side it does not find by itself; here they are
written out. All of it is LLVM's portable vector code: one kernel becomes zmm, ymm or q registers, whatever the
machine has, and a vector wider than the machine's becomes several.

A vector lives in registers only. It knows + - * / with vectors of its kind and with one number for all lanes;
`load` and `store` move it from and to memory, which is an array or a pointer. Pointers, which `start_of` gives
for arrays, cost neither the counted reference that each function and slice takes of an array, 5 ns each, nor
its eight words, and their indices are neither checked nor wrapped.
"""
