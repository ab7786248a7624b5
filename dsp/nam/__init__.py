"""Captures of amplifiers as Neural Amp Modeler stores them (.nam): read, checked, and made into programs.

`load.read` gives a capture. Each architecture's file turns its part of the document into steps of a
`program.Program`; `machine.run` plays any program, so one kernel serves every model there is and loading
one compiles nothing. The format and the order of the weights are those of NeuralAmpModelerCore; the nets
are from Wright, Damskägg, Juvela and Välimäki, "Real-Time Guitar Amplifier Emulation with Deep Learning",
Applied Sciences 10(3), 2020.
"""
