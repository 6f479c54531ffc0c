"""The method table as a page: ``python -m glasspane.attribution.methods_page > docs/methods.md``."""

from __future__ import annotations

from ..protocol import MethodOption
from .methods import METHODS, Method

_KINDS = {
    "causal_lm": "language models",
    "sequence_classifier": "classifiers",
    "masked_lm": "masked language models",
    "encoder_decoder": "encoder–decoders",
}


def page() -> str:
    """Markdown of every row; a test holds ``docs/methods.md`` to it."""
    return "# Attribution methods\n\nMade from the method table; do not edit by hand.\n\n" + "\n".join(
        _section(row) for row in METHODS.values()
    )


def _section(row: Method) -> str:
    spec = row.spec
    lines = [
        f"## `{spec.name}`: {spec.label}",
        "",
        spec.summary,
        "",
        f"- Scores: {'signed' if spec.signed else 'unsigned'}; for {', '.join(_KINDS[f] for f in spec.families)}.",
        f"- {row.note}",
        f"- Source: {spec.reference}.",
    ]
    if spec.debugging_aid:
        lines.append("- A debugging aid: never the answer by itself, so it comes with a gradient check.")
    if spec.options:
        lines += [
            "",
            "| option | default | meaning |",
            "|---|---|---|",
            *(_row(option) for option in spec.options),
        ]
    return "\n".join([*lines, ""])


def _row(option: MethodOption) -> str:
    return f"| `{option.name}` | `{option.default}` | {option.help} |"


if __name__ == "__main__":
    print(page(), end="")
