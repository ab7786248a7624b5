"""Writes docs/effects.md, the reference of all effects, from their declarations.

    .venv/bin/python docs/reference.py
"""

from pathlib import Path

from dsp import effects
from firmware.commands.effects import latency_ms, range_of

HEAD = """# The effects

Every effect with its parameters, as `loopmind effects` lists them. A parameter is turned by an encoder, stands in a
preset among the `values`, and in a chain on the command line as `parameter=value`. Its tag is what it is about in
music: with it the trainer carries what it learnt from one effect to another. An option is what only a new chain can
change: it stands in a preset among the `options`, and on the command line beside the parameters. How to write a preset:
[presets.md](presets.md). Written by `docs/reference.py`.
"""


def reference():
    """The whole page, in Markdown."""
    return HEAD + "".join(section(effects.load(id)) for id in effects.names())


def section(effect):
    lines = [f"\n## {effect.id}\n", f"{effect.about}\n"]
    if effect.parameters:
        lines += ["| parameter | label | range | default | taper | tag |", "|---|---|---|---|---|---|"]
    lines += [f"| `{parameter.id}` | {parameter.label} | {range_of(parameter)} | "
              f"{parameter.format(parameter.to_raw(parameter.default))} | {parameter.taper} | {parameter.tag} |"
              for parameter in effect.parameters]
    if effect.options:
        lines += ["", "| option | what it is | default |", "|---|---|---|"]
    lines += [f"| `{option.id}` | {option.about} ({option.allowed}) | {option.default_text} |"
              for option in effect.options]
    if late := latency_ms(effect):
        lines += ["", f"Its sound comes {late:.1f} ms later."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("effects.md").write_text(reference(), encoding="utf-8")
