"""Documents of captured amplifiers with every feature, and their formulas in float64."""

import numpy as np

SAMPLE_RATE = 48000


class Pen:
    """Weights at random, in the order in which they are asked for."""

    def __init__(self, seed=5):
        self.random, self.weights = np.random.default_rng(seed), []

    def __call__(self, *shape, scale=None):
        scale = 0.7 / np.sqrt(np.prod(shape[1:])) if scale is None else scale
        values = self.random.normal(0.0, scale, shape).astype(np.float32)
        self.weights += values.ravel().tolist()
        return values.astype(np.float64)


def model(architecture, config, weights, **more):
    return {"version": "0.5.4", "architecture": architecture, "config": config, "weights": weights,
            "sample_rate": SAMPLE_RATE, **more}


def convolution(x, kernel, bias=0.0, dilation=1):
    """x [channels, frames], kernel [out, in, taps]; silence before."""
    y, taps = 0.0, kernel.shape[2]
    for tap in range(taps):
        late = dilation * (taps - 1 - tap)
        y = y + kernel[:, :, tap] @ np.pad(x, ((0, 0), (late, 0)))[:, :x.shape[1]]
    return y + np.reshape(bias, (-1, 1))


def grouped(pen, outputs, inputs, taps=1, groups=1):
    """A kernel whose groups keep to themselves."""
    kernel = np.zeros((outputs, inputs, taps))
    for group in range(groups):
        rows, columns = outputs // groups, inputs // groups
        kernel[group * rows:(group + 1) * rows, group * columns:(group + 1) * columns] = pen(rows, columns, taps)
    return kernel


FUNCTIONS = {
    "Tanh": np.tanh, "Hardtanh": lambda x: np.clip(x, -1, 1), "ReLU": lambda x: np.maximum(x, 0),
    "LeakyReLU": lambda x: np.where(x > 0, x, 0.01 * x), "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "SiLU": lambda x: x / (1 + np.exp(-x)), "Hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "Softsign": lambda x: x / (1 + np.abs(x)),
    "LeakyHardtanh": lambda x: np.where(x < -1, 0.01 * (x + 1) - 1, np.where(x > 1, 0.01 * (x - 1) + 1, x))}


def film(pen, x, condition, shift, groups=1):
    size = len(x)
    rows = (2 if shift else 1) * size
    decided = convolution(condition, grouped(pen, rows, len(condition), 1, groups), pen(rows))
    return lambda x: x * decided[:size] + (decided[size:] if shift else 0.0)


def wavenet(x, stacks, pen, condition=None):
    """What a WaveNet with these stacks makes of x [1, frames], its weights drawn with the pen."""
    condition = x if condition is None else condition
    head = None
    for stack in stacks:
        channels, bottleneck = stack["channels"], stack.get("bottleneck", stack["channels"])
        x = grouped(pen, channels, stack["input_size"])[:, :, 0] @ x
        for number, dilation in enumerate(stack["dilations"]):
            x, head = wavenet_layer(x, condition, head, stack, number, dilation, channels, bottleneck, pen)
        spec = stack.get("head") or {"out_channels": stack["head_size"], "kernel_size": 1, "bias": stack["head_bias"]}
        kernel = pen(spec["out_channels"], len(head), spec["kernel_size"])
        head = convolution(head, kernel, pen(spec["out_channels"]) if spec["bias"] else 0.0)
    return head


def wavenet_layer(x, condition, head, stack, number, dilation, channels, bottleneck, pen):
    gating = stack.get("gating_mode", ["none"] * 99)[number]
    rows = bottleneck * (1 if gating == "none" else 2)
    taps = stack.get("kernel_sizes", [stack.get("kernel_size")] * 99)[number]
    kernel, bias = grouped(pen, rows, channels, taps, stack.get("groups_input", 1)), pen(rows)
    mixin = grouped(pen, rows, len(condition), 1, stack.get("groups_input_mixin", 1))
    back, back_bias = grouped(pen, channels, bottleneck, 1, stack.get("layer1x1", {}).get("groups", 1)), pen(channels)
    side = stack.get("head1x1", {"active": False})
    if side["active"]:
        to_head, head_bias = grouped(pen, side["out_channels"], bottleneck, 1, side["groups"]), pen(side["out_channels"])
    sizes = {"conv_pre_film": channels, "conv_post_film": rows, "input_mixin_pre_film": len(condition),
             "input_mixin_post_film": rows, "activation_pre_film": rows, "activation_post_film": bottleneck,
             "layer1x1_post_film": channels, "head1x1_post_film": side.get("out_channels")}
    films = {name: film(pen, np.zeros((size, 1)), condition, stack[name]["shift"], stack[name].get("groups", 1))
             if name in stack else lambda x: x for name, size in sizes.items()}
    z = films["conv_post_film"](convolution(films["conv_pre_film"](x), kernel, bias, dilation))
    z = z + films["input_mixin_post_film"](convolution(films["input_mixin_pre_film"](condition), mixin))
    z = films["activation_pre_film"](z)
    first = FUNCTIONS[stack["activation"]]
    second = FUNCTIONS[stack.get("secondary_activation", "Sigmoid")]
    top, bottom = z[:bottleneck], z[bottleneck:]
    if gating == "gated":
        active = first(top) * second(bottom)
    elif gating == "blended":
        active = second(bottom) * first(top) + (1 - second(bottom)) * top
    else:
        active = first(top)
    active = films["activation_post_film"](active)
    given = films["head1x1_post_film"](convolution(active, to_head, head_bias)) if side["active"] else active
    change = convolution(active, back, back_bias)
    # The reference engine films here in blended layers only.
    change = films["layer1x1_post_film"](change) if gating == "blended" else change
    return x + change, given if head is None else head + given


def plain(channels, dilations=(1, 2, 4), **more):
    return {"input_size": 1, "condition_size": 1, "head_size": 1, "channels": channels, "kernel_size": 3,
            "dilations": list(dilations), "activation": "Tanh", "head_bias": True, **more}
