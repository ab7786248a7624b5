"""WaveNet: stacks of layers that look back in growing strides, each adding to the sound and to the head.

A layer is a dilated convolution of what came before, plus a 1x1 of the condition (the input itself, or
what another net makes of it), an activation, and a 1x1 back onto its input; what the activation gave also
adds up in the stack's head (van den Oord et al., "WaveNet", 2016; Rethage, Pons and Serra, "A WaveNet for
Speech Denoising", 2018). Files of generation A1 use that much; A2 adds gates, blends, bottlenecks, heads
with taps, and scales and shifts out of the condition (FiLM, Perez et al., 2018). One builder serves all.

A slimmable net carries several widths in one set of weights: the narrower ones take the first channels of
every matrix.
"""

from dataclasses import dataclass

import numpy as np

from dsp.nam import activations, layers
from dsp.nam.document import Section
from dsp.nam.program import NOTHING

MOST_ARRAYS, MOST_CHANNELS = 32, 512
NONE, GATED, BLENDED = "none", "gated", "blended"
SLIMMING = "slice_channels_uniform"
FILMS = ("conv_pre_film", "conv_post_film", "input_mixin_pre_film", "input_mixin_post_film",
         "activation_pre_film", "activation_post_film", "layer1x1_post_film", "head1x1_post_film")
(CONV_PRE, CONV_POST, MIXIN_PRE, MIXIN_POST, ACTIVATION_PRE, ACTIVATION_POST, BACK_POST, HEAD_POST) = FILMS


# --- What the file says -------------------------------------------------------------------------

@dataclass(frozen=True)
class Width:
    """How many channels there are at each place of a stack."""

    inputs: int
    channels: int
    bottleneck: int
    head: int           # of what each layer gives to the head
    outputs: int        # of what the head makes of it


@dataclass(frozen=True)
class Film:
    """A scale, and perhaps a shift, that the condition decides."""

    shift: bool
    groups: int


@dataclass(frozen=True)
class Layer:
    taps: int
    dilation: int
    activation: activations.Activation
    gating: str
    gate: activations.Activation | None

    @property
    def lookback(self):
        return self.dilation * (self.taps - 1)


class Stack:
    """One entry of `layers`: a stack of layers of one width, checked."""

    def __init__(self, section, condition):
        self.section = section
        self.condition = section.integer("condition_size", condition, condition)
        channels = section.integer("channels", 1, MOST_CHANNELS)
        bottleneck = section.integer("bottleneck", 1, MOST_CHANNELS, channels)
        self.groups = section.integer("groups_input", 1, channels, 1)
        self.mixin_groups = section.integer("groups_input_mixin", 1, MOST_CHANNELS, 1)
        self.back, self.back_groups, _ = self._one_by_one("layer1x1", True)
        self.side, self.side_groups, side = self._one_by_one("head1x1", False)
        self._read_head()
        self.full = Width(section.integer("input_size", 1, MOST_CHANNELS), channels, bottleneck,
                          side if self.side else bottleneck, self.outputs)
        self.films = {name: film for name in FILMS if (film := self._film(name))}
        self.layers = self._layers(channels, bottleneck)
        self._check()

    def slimmed(self, quality):
        """Its channels at a quality from 0 to 1."""
        if not isinstance(self.section.content.get("slimmable"), dict):
            return self.full.channels
        slimmable = self.section.section("slimmable")
        slimmable.choice("method", (SLIMMING,))
        widths = list(range(1, self.full.channels + 1))
        if slimmable.has("kwargs") and slimmable.section("kwargs").has("allowed_channels"):
            widths = slimmable.section("kwargs").integers("allowed_channels", 1, self.full.channels, MOST_CHANNELS)
        if widths != sorted(set(widths)) or widths[-1] != self.full.channels:
            slimmable.refuse("kwargs.allowed_channels", f"a rising list that ends with {self.full.channels}")
        return widths[min(int(quality * len(widths)), len(widths) - 1)]

    def _one_by_one(self, key, default):
        if not self.section.has(key):
            return default, 1, 0
        section = self.section.section(key)
        return (section.switch("active"), section.integer("groups", 1, MOST_CHANNELS, 1),
                section.integer("out_channels", 1, MOST_CHANNELS, 1))

    def _read_head(self):
        if self.section.has("head"):
            head = self.section.section("head")
            self.outputs = head.integer("out_channels", 1, MOST_CHANNELS)
            self.head_taps = head.integer("kernel_size", 1, layers.MOST_TAPS)
            self.head_dilation = head.integer("head_dilation", 1, layers.MOST_DILATION, 1)
            self.head_bias = head.switch("bias")
        else:
            self.outputs = self.section.integer("head_size", 1, MOST_CHANNELS)
            self.head_taps = self.head_dilation = 1
            self.head_bias = self.section.switch("head_bias")

    def _film(self, key):
        if self.section.content.get(key) in (None, False):
            return None
        section = self.section.section(key)
        film = Film(section.switch("shift", True), section.integer("groups", 1, MOST_CHANNELS, 1))
        return film if section.switch("active", True) else None

    def _layers(self, channels, bottleneck):
        section = self.section
        dilations = section.integers("dilations", 1, layers.MOST_DILATION, layers.MOST_LAYERS)
        if section.has("kernel_size") and section.has("kernel_sizes"):
            section.refuse("kernel_size", "together with kernel_sizes")
        taps = (self._each("kernel_sizes", None, len(dilations)) if section.has("kernel_sizes") else
                [section.integer("kernel_size", 1, layers.MOST_TAPS)] * len(dilations))
        taps = [section.checked_integer("kernel_sizes", count, 1, layers.MOST_TAPS) for count in taps]
        gated = GATED if section.switch("gated", False) else NONE
        gatings = [section.checked_choice("gating_mode", gating, (NONE, GATED, BLENDED))
                   for gating in self._each("gating_mode", gated, len(dilations))]
        names = self._each("activation", None, len(dilations))
        gates = self._each("secondary_activation", "Sigmoid", len(dilations))
        return [Layer(taps[number], dilation,
                      activations.parse(section, "activation", names[number], bottleneck), gatings[number],
                      None if gatings[number] == NONE else
                      activations.parse(section, "secondary_activation", gates[number] or "Sigmoid", bottleneck))
                for number, dilation in enumerate(dilations)]

    def _each(self, key, default, count):
        """A value for each layer, of a list or of one value for all."""
        given = self.section.content.get(key)
        if not isinstance(given, list):
            return [default if given is None else given] * count
        if len(given) != count:
            self.section.refuse(key, f"a list of {count}, as dilations is")
        return given

    def _check(self):
        if not self.back and self.full.bottleneck != self.full.channels:
            self.section.refuse("bottleneck", f"{self.full.channels}, as channels is, without layer1x1")
        if not self.back and BACK_POST in self.films:
            self.section.refuse(BACK_POST, "possible without layer1x1")
        if not self.side and HEAD_POST in self.films:
            self.section.refuse(HEAD_POST, "possible without head1x1")


def widths_of(stacks, quality):
    """Each stack's Width at this quality."""
    channels = [stack.slimmed(quality) for stack in stacks]
    widths = []
    for number, stack in enumerate(stacks):
        full = stack.full
        if channels == [other.full.channels for other in stacks]:
            widths.append(full)
            continue
        if stack.head_taps > 1 or stack.groups * stack.mixin_groups * stack.back_groups * stack.side_groups > 1:
            stack.section.refuse("slimmable", "possible with groups or with a head of several taps")
        bottleneck = max(1, full.bottleneck * channels[number] // full.channels) if stack.back else channels[number]
        widths.append(Width(channels[number - 1] if number else full.inputs, channels[number], bottleneck,
                            full.head if stack.side else bottleneck,
                            channels[number + 1] if number + 1 < len(stacks) else full.outputs))
    return widths


# --- The steps ----------------------------------------------------------------------------------

def compile(model, weights, program, x):
    """Add a model's steps to a program; returns the signal that it gives for x."""
    config = model.section.section("config")
    config.integer("in_channels", x.channels, x.channels, x.channels)
    condition = x
    if config.has("condition_dsp"):
        condition = model.inner(config.section("condition_dsp")).compile(program, x)
    stacks = [Stack(Section(entry, f"{config.name}.layers[{number}]"), condition.channels)
              for number, entry in enumerate(config.list("layers", MOST_ARRAYS))]
    builder = None
    for stack, width in zip(stacks, widths_of(stacks, model.quality)):
        builder = StackBuilder(program, weights, stack, width, condition, builder)
        x = builder.build(x, stack is stacks[-1])
    post = PostHead(config.section("head"), weights, builder.width.outputs) if config.has("head") else None
    y = builder.build_head(weights.take(1))
    program.warm_frames += 1
    return post.build(program, y) if post else y


class StackBuilder:
    """Turns one stack into steps.

    previous : the builder of the stack before, whose head this one's head goes on from.
    """

    def __init__(self, program, weights, stack, width, condition, previous):
        self.program, self.weights, self.stack, self.width = program, weights, stack, width
        self.condition, self.section = condition, stack.section
        self.total, self.begun = None, previous is not None
        if previous:
            if previous.width.outputs != width.head:
                self.section.refuse("channels", f"{previous.width.outputs}, as the head of the stack before is")
            self.total = previous.build_head()
        else:
            self.total = program.buffer(width.head)

    def build(self, x, last):
        """The layers; returns what they make of x, which after the last stack nobody needs."""
        stack, width, full = self.stack, self.width, self.stack.full
        if width.inputs != x.channels:
            self.section.refuse("input_size", f"{x.channels}, as what comes in has", width.inputs)
        y = self._input_of(0)
        self.program.convolve(y, x, self._matrix(width.channels, width.inputs, full.channels, full.inputs))
        for number, layer in enumerate(stack.layers):
            after = None if last and layer is stack.layers[-1] else self._input_of(number + 1)
            self._build_layer(layer, y, after)
            y = after
        self.head = self._matrix(width.outputs, width.head, full.outputs, full.head, 1, stack.head_taps)
        self.head_bias = self._bias(width.outputs, full.outputs) if stack.head_bias else np.zeros(width.outputs)
        self.program.warm_frames += stack.head_dilation * (stack.head_taps - 1)
        return y

    def build_head(self, scale=1.0):
        """What the head makes of everything that the layers gave to it."""
        stack, program = self.stack, self.program
        past = self.total
        if stack.head_taps > 1:
            past = program.ring(self.width.head, stack.head_dilation * (stack.head_taps - 1))
            program.copy(past, self.total)
        y = program.buffer(self.width.outputs)
        program.convolve(y, past, self.head * scale, self.head_bias * scale, stack.head_dilation)
        return y

    def _input_of(self, number):
        """Room for what goes into a layer, or comes out of the last."""
        layers = self.stack.layers
        looks_back = number < len(layers) and CONV_PRE not in self.stack.films
        return self.program.ring(self.width.channels, layers[number].lookback if looks_back else 0)

    def _build_layer(self, layer, x, after):
        program, stack, width, full = self.program, self.stack, self.width, self.stack.full
        double = 1 if layer.gating == NONE else 2
        rows, full_rows = double * width.bottleneck, double * full.bottleneck
        kernel = self._matrix(rows, width.channels, full_rows, full.channels, stack.groups, layer.taps)
        bias = self._bias(rows, full_rows)
        mixin = self._matrix(rows, stack.condition, full_rows, stack.condition, stack.mixin_groups)
        back = side = None
        if stack.back:
            back = (self._matrix(width.channels, width.bottleneck, full.channels, full.bottleneck, stack.back_groups),
                    self._bias(width.channels, full.channels))
        if stack.side:
            side = (self._matrix(width.head, width.bottleneck, full.head, full.bottleneck, stack.side_groups),
                    self._bias(width.head, full.head))
        films = self._take_films(rows, full_rows)

        past = x
        if CONV_PRE in films:
            past = program.ring(width.channels, layer.lookback)
            self._film(films[CONV_PRE], past, x)
        z = program.buffer(rows)
        if films.keys() & {CONV_POST, MIXIN_PRE, MIXIN_POST}:
            self._mix_apart(films, z, past, kernel, bias, mixin, layer.dilation)
        else:
            program.convolve(z, past, kernel, bias, layer.dilation, self.condition, mixin[:, :, 0])
        if ACTIVATION_PRE in films:
            self._film(films[ACTIVATION_PRE], z, z)
        whole = side is None and layer.gating == NONE and ACTIVATION_POST not in films
        active = self._activate(layer, z, self.total if whole else NOTHING)
        if ACTIVATION_POST in films:
            self._film(films[ACTIVATION_POST], active, active)
        if side:
            self._build_side(films, active, side)
        elif not whole:
            self._add(active)
        self.begun = True
        program.warm_frames += layer.lookback
        if after:
            self._build_back(layer, films, active, x, after, back)

    def _mix_apart(self, films, z, past, kernel, bias, mixin, dilation):
        """z = convolution + mixed in condition, where films come between."""
        program, mixed, condition = self.program, self.program.buffer(z.channels), self.condition
        program.convolve(z, past, kernel, bias, dilation)
        if CONV_POST in films:
            self._film(films[CONV_POST], z, z)
        if MIXIN_PRE in films:
            condition = program.buffer(condition.channels)
            self._film(films[MIXIN_PRE], condition, self.condition)
        program.convolve(mixed, condition, mixin)
        if MIXIN_POST in films:
            self._film(films[MIXIN_POST], mixed, mixed)
        program.copy(z, z, mixed)

    def _activate(self, layer, z, total):
        """Activate z in place; returns the rows that hold the result."""
        program, count = self.program, self.width.bottleneck
        if layer.gating == NONE:
            program.activate(z, z, layer.activation, total, not self.begun)
            return z
        top, bottom = z.rows(0, count), z.rows(count, count)
        active = top if layer.gating == GATED else program.buffer(count)
        program.activate(active, top, layer.activation)
        program.activate(bottom, bottom, layer.gate)
        if layer.gating == GATED:
            program.multiply(top, active, bottom)
        else:
            program.blend(top, active, top, bottom)
        return top

    def _build_side(self, films, active, side):
        given = self.program.buffer(self.width.head)
        self.program.convolve(given, active, *side)
        if HEAD_POST in films:
            self._film(films[HEAD_POST], given, given)
        self._add(given)

    def _add(self, given):
        """Add what a layer gives to the head's total."""
        self.program.copy(self.total, given, self.total if self.begun else NOTHING)

    def _build_back(self, layer, films, active, x, after, back):
        """What goes on to the next layer: the input, and on top what the layer made of it."""
        program = self.program
        if back is None:
            program.copy(after, x)
        # NeuralAmpModelerCore films here in blended layers only, and so do the files' listeners.
        elif BACK_POST in films and layer.gating == BLENDED:
            change = program.buffer(self.width.channels)
            program.convolve(change, active, *back)
            self._film(films[BACK_POST], change, change)
            program.copy(after, change, x)
        else:
            program.convolve(after, active, *back, plus=x)

    # --- Weights

    def _matrix(self, outputs, inputs, full_outputs, full_inputs, groups=1, taps=1):
        """The next weights, cut to the width: [outputs, inputs, taps]."""
        kernel = layers.take_kernel(self.section, self.weights, full_inputs, full_outputs, taps, groups)
        return kernel[:outputs, :inputs]

    def _bias(self, count, full_count):
        return self.weights.take(full_count)[:count]

    def _take_films(self, rows, full_rows):
        """{name: (film, matrix, bias)} of those that there are, in the file's order."""
        width, full, condition = self.width, self.stack.full, self.stack.condition
        sizes = {CONV_PRE: (width.channels, full.channels), CONV_POST: (rows, full_rows),
                 MIXIN_PRE: (condition, condition), MIXIN_POST: (rows, full_rows), ACTIVATION_PRE: (rows, full_rows),
                 ACTIVATION_POST: (width.bottleneck, full.bottleneck), BACK_POST: (width.channels, full.channels),
                 HEAD_POST: (width.head, full.head)}
        taken = {}
        for name, film in self.stack.films.items():
            count, full_count = ((2 if film.shift else 1) * size for size in sizes[name])
            taken[name] = (self._matrix(count, condition, full_count, condition, film.groups),
                           self._bias(count, full_count))
        return taken

    def _film(self, film, to, x):
        """to = x scaled, and perhaps shifted, as the condition says."""
        matrix, bias = film
        decided = self.program.buffer(len(matrix))
        self.program.convolve(decided, self.condition, matrix, bias)
        shift = decided.rows(to.channels, to.channels) if len(matrix) > to.channels else NOTHING
        self.program.multiply(to, x, decided.rows(0, to.channels), shift)


class PostHead:
    """Convolutions behind all stacks, each behind an activation."""

    def __init__(self, section, weights, inputs):
        channels = section.integer("channels", 1, MOST_CHANNELS)
        outputs = section.integer("out_channels", 1, MOST_CHANNELS)
        section.integer("in_channels", inputs, inputs, inputs)
        self.taps = section.integers("kernel_sizes", 1, layers.MOST_TAPS, layers.MOST_LAYERS)
        self.parts = []
        for number, taps in enumerate(self.taps):
            count = outputs if number + 1 == len(self.taps) else channels
            activation = activations.parse(section, "activation", section.content.get("activation"), inputs)
            self.parts.append((activation, layers.take_kernel(section, weights, inputs, count, taps, 1),
                               weights.take(count)))
            inputs = count

    def build(self, program, x):
        for activation, kernel, bias in self.parts:
            count, inputs, taps = kernel.shape
            past = program.ring(inputs, taps - 1)
            program.activate(past, x, activation)
            x = program.buffer(count)
            program.convolve(x, past, kernel, bias)
            program.warm_frames += taps - 1
        return x
