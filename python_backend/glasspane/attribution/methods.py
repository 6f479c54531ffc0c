"""The method table: one row per attribution method.

Menus, forms, the command line, the documentation and the dispatcher read it.
Importing it is cheap (no torch), so a Jupyter server can serve it; the function
behind a row is imported when it is called.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from ..errors import GlasspaneError
from ..protocol import MethodOption, MethodSpec, OptionValue

BASELINES = ("default", "mean", "zero", "pad", "mask")
"""Named baselines; any other string is a user text whose tokens stand in for the prompt's."""


@dataclass(frozen=True)
class Method:
    """A row: what hosts see, what the result says of it, and where its function lives."""

    spec: MethodSpec
    function: str  # "module:name" relative to this package
    note: str
    refines_gradient: bool = False  # gradient × input may paint while this one still runs
    reads_attention: bool = False  # needs eager attention, and the memory of its weights

    def load(self) -> Callable[..., Any]:
        module, _, name = self.function.partition(":")
        return cast(Callable[..., Any], getattr(import_module(module, __package__), name))


METHODS: dict[str, Method] = {
    row.spec.name: row
    for row in (
        Method(
            MethodSpec(
                name="input_x_gradient",
                label="Gradient × input",
                summary="First-order effect of each token's embedding: instant, local, signed.",
                signed=True,
                families=["causal_lm", "sequence_classifier"],
                options=[],
                debugging_aid=False,
                reference="Shrikumar et al. 2016, arXiv:1605.01713",
            ),
            ".gradients:input_x_gradient",
            "A local, first-order view at this prompt; the scores need not add up to the answer.",
        ),
        Method(
            MethodSpec(
                name="integrated_gradients",
                label="Integrated gradients",
                summary="Gradients along the path from a baseline to the prompt: signed, and they add up.",
                signed=True,
                families=["causal_lm", "sequence_classifier"],
                options=[
                    MethodOption(
                        name="baseline",
                        label="Baseline",
                        help="What stands for the absence of a token: default (the model's mask, pad or "
                        "end-of-text embedding if it is not zero, else the mean), mean, zero, pad, mask, "
                        "or a text of your own.",
                        type="text",
                        default="default",
                        choices=list(BASELINES),
                    ),
                    MethodOption(
                        name="max_steps",
                        label="Most steps",
                        help="Path points are doubled until the scores add up within 1 % and stand still, "
                        "but never beyond this number.",
                        type="integer",
                        default=256,
                        minimum=2,
                        maximum=1024,
                    ),
                ],
                debugging_aid=False,
                reference="Sundararajan et al. 2017, arXiv:1703.01365; Gauss–Legendre nodes",
            ),
            ".gradients:integrated_gradients",
            "Relative to its baseline: another baseline asks another question.",
            refines_gradient=True,
        ),
        Method(
            MethodSpec(
                name="attention",
                label="Attention (debugging aid)",
                summary="Where the last position looks, not what changes the answer.",
                signed=False,
                families=["causal_lm", "sequence_classifier"],
                options=[
                    MethodOption(
                        name="layer",
                        label="Layer",
                        help="-1 averages all layers.",
                        type="integer",
                        default=-1,
                        minimum=-1,
                    ),
                    MethodOption(
                        name="head",
                        label="Head",
                        help="-1 averages all heads.",
                        type="integer",
                        default=-1,
                        minimum=-1,
                    ),
                ],
                debugging_aid=True,
                reference="Jain & Wallace 2019, arXiv:1902.10186 (why not to lean on it)",
            ),
            ".attention:attention",
            "Attention shows where the model looks, not what changes its answer.",
            reads_attention=True,
        ),
    )
}


def method(name: str) -> Method:
    """The row called ``name``; raises ``unknown_method`` naming those that exist."""
    try:
        return METHODS[name]
    except (KeyError, TypeError):
        raise GlasspaneError(
            "unknown_method",
            f"There is no attribution method called {name!r}.",
            f"Choose one of: {', '.join(METHODS)}.",
        ) from None


def resolve_options(row: Method, given: dict[str, OptionValue]) -> dict[str, OptionValue]:
    """Every option of ``row`` with a value of its type and range; raises ``bad_option``."""
    options = {option.name: option for option in row.spec.options}
    for name in given:
        if name not in options:
            known = ", ".join(options) or "none"
            raise GlasspaneError(
                "bad_option",
                f"{row.spec.label} has no option called {name!r}.",
                f"Its options: {known}.",
            )
    return {name: _checked(option, given.get(name, option.default)) for name, option in options.items()}


def _number(value: object) -> int | float | None:
    """Any finite number, numpy's too; None for bools and everything else."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    try:
        return None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def _checked(option: MethodOption, value: OptionValue) -> OptionValue:
    def refuse(wanted: str) -> GlasspaneError:
        return GlasspaneError(
            "bad_option", f"{option.label} ({option.name}) cannot be {value!r}.", f"Give {wanted}."
        )

    if option.type in ("integer", "number"):
        whole = option.type == "integer"
        number = _number(value)
        if number is None or (whole and number != int(number)):
            raise refuse("a whole number" if whole else "a number")
        value = number
        low, high = option.minimum, option.maximum
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            span = (
                f"between {low:g} and {high:g}" if low is not None and high is not None else f"from {low:g}"
            )
            raise refuse(f"a number {span}")
        return int(value) if whole else float(value)
    if option.type == "boolean":
        if not isinstance(value, bool):
            raise refuse("true or false")
        return value
    if not isinstance(value, str):
        raise refuse("text")
    if option.type == "choice" and value not in option.choices:
        raise refuse(f"one of: {', '.join(option.choices)}")
    return value
