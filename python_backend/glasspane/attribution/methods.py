"""The method table: one row per attribution method.

Menus, forms, the command line, the documentation and the dispatcher read it.
Importing it is cheap (no torch), so a Jupyter server can serve it; the function
behind a row is imported when it is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from ..errors import GlasspaneError
from ..figures import whole_number
from ..protocol import Family, MethodOption, MethodSpec, OptionValue
from .by_inseq.inseq_table import INSEQ_ROWS, PREFIX, InseqRow

BASELINES = ("default", "mean", "zero", "pad", "mask")
"""Named baselines; any other string is a user text whose tokens stand in for the prompt's."""

REPLACEMENTS = ("default", "mask", "pad", "drop")
"""Named replacements of masked tokens; any other string is a text of one token."""


@dataclass(frozen=True)
class Method:
    """A row: what hosts see, what the result says of it, and where its function lives."""

    spec: MethodSpec
    function: str  # "module:name" relative to this package
    note: str
    paints_gradient_first: bool = False  # gradient × input may paint while this one still runs
    reads_attention: bool = False  # needs eager attention, and the memory of its weights
    moves_with_embeddings: bool = False  # a function of the embeddings: can be asked near the prompt too

    def load(self) -> Callable[..., Any]:
        module, _, name = self.function.partition(":")
        return cast(Callable[..., Any], getattr(import_module(module, __package__), name))


EVERY_FAMILY: list[Family] = ["causal_lm", "sequence_classifier", "masked_lm", "encoder_decoder"]


def _baseline(default: str = "default", choices: tuple[str, ...] = BASELINES, more: str = "") -> MethodOption:
    return MethodOption(
        name="baseline",
        label="Baseline",
        help=f"What stands for the absence of a token: {more}default (the model's mask, pad or "
        "end-of-text embedding if it is not zero, else the mean), mean, zero, pad, mask, "
        "or a text of your own.",
        type="text",
        default=default,
        choices=list(choices),
    )


def _samples(default: int, most: int, help_: str) -> MethodOption:
    return MethodOption(
        name="samples",
        label="Samples",
        help=help_,
        type="integer",
        default=default,
        minimum=2,
        maximum=most,
    )


_REPLACEMENT = MethodOption(
    name="replacement",
    label="Absent tokens",
    help="What stands for a token that is left out: default (mask token, else pad, end of text or another "
    "neutral one), mask, pad, drop (the others close up), or the text of one token.",
    type="text",
    default="default",
    choices=list(REPLACEMENTS),
)

_SEED = MethodOption(
    name="seed",
    label="Seed",
    help="The same seed gives the same numbers; another one shows how far they hang on chance.",
    type="integer",
    default=0,
    minimum=0,
    maximum=2**31 - 1,
)


def _through_inseq(row: InseqRow) -> Method:
    """A row of inseq's as one of ours; its name and label say whose it is."""
    options = []
    if row.steps is not None:
        options.append(
            MethodOption(
                name="steps",
                label="Steps",
                help="Points on the path from the baseline to the prompt.",
                type="integer",
                default=row.steps,
                minimum=3,
                maximum=1024,
            )
        )
    if row.samples is not None:
        options.append(_samples(row.samples, 4096, "Points or maskings drawn."))
    if row.random:
        options.append(_SEED)
    return Method(
        MethodSpec(
            name=f"{PREFIX}{row.name}",
            label=f"inseq: {row.label}",
            summary=row.summary,
            signed=row.signed,
            families=["causal_lm", "encoder_decoder"],
            options=options,
            debugging_aid=row.debugging_aid,
            reference=row.reference,
        ),
        ".by_inseq.inseq_engine:inseq_method",
        row.note,
        paints_gradient_first=bool(row.steps or row.samples),
        reads_attention=row.reads_attention,
    )


METHODS: dict[str, Method] = {
    row.spec.name: row
    for row in (
        Method(
            MethodSpec(
                name="input_x_gradient",
                label="Gradient × input",
                summary="First-order effect of each token's embedding: instant, local, signed.",
                signed=True,
                families=EVERY_FAMILY,
                options=[],
                debugging_aid=False,
                reference="Shrikumar et al. 2016, arXiv:1605.01713",
            ),
            ".by_gradient.gradients:input_x_gradient",
            "A local, first-order view at this prompt; the scores need not add up to the answer.",
            moves_with_embeddings=True,
        ),
        Method(
            MethodSpec(
                name="integrated_gradients",
                label="Integrated gradients",
                summary="Gradients along the path from a baseline to the prompt: signed, and they add up.",
                signed=True,
                families=EVERY_FAMILY,
                options=[
                    _baseline(),
                    MethodOption(
                        name="first_steps",
                        label="First steps",
                        help="Path points of the first round; as many as the most make exactly one round.",
                        type="integer",
                        default=4,
                        minimum=2,
                        maximum=1024,
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
            ".by_gradient.gradients:integrated_gradients",
            "Relative to its baseline: another baseline asks another question.",
            paints_gradient_first=True,
            moves_with_embeddings=True,
        ),
        Method(
            MethodSpec(
                name="deeplift",
                label="DeepLIFT",
                summary="Differences from a baseline, passed back through every operation: signed, adds up exactly.",
                signed=True,
                families=EVERY_FAMILY,
                options=[_baseline()],
                debugging_aid=False,
                reference="Shrikumar et al. 2017, arXiv:1704.02685; rescale rule, products by Shapley value",
            ),
            ".by_gradient.deeplift:deeplift",
            "Relative to its baseline, and to how the model is written: two ways of computing the same "
            "function may share it out differently.",
            paints_gradient_first=True,
            reads_attention=True,
        ),
        Method(
            MethodSpec(
                name="saliency",
                label="Saliency",
                summary="How strongly the answer reacts to each token's embedding: size only, no direction.",
                signed=False,
                families=EVERY_FAMILY,
                options=[],
                debugging_aid=False,
                reference="Simonyan et al. 2013, arXiv:1312.6034",
            ),
            ".by_gradient.gradients:saliency",
            "Sensitivity, not contribution: it says what a small change would move, not which way.",
            moves_with_embeddings=True,
        ),
        Method(
            MethodSpec(
                name="smoothgrad",
                label="SmoothGrad",
                summary="Gradient × input averaged over noisy copies of the prompt: signed, less ragged.",
                signed=True,
                families=EVERY_FAMILY,
                options=[
                    _samples(32, 4096, "Noisy copies; their spread gives each score its interval."),
                    MethodOption(
                        name="noise",
                        label="Noise",
                        help="Standard deviation of the noise, as a share of the range of the prompt's embeddings.",
                        type="number",
                        default=0.15,
                        minimum=0.0,
                        maximum=2.0,
                    ),
                    _SEED,
                ],
                debugging_aid=False,
                reference="Smilkov et al. 2017, arXiv:1706.03825",
            ),
            ".by_gradient.sampled_gradients:smoothgrad",
            "An average around the prompt; the scores need not add up to the answer.",
            paints_gradient_first=True,
            moves_with_embeddings=True,
        ),
        Method(
            MethodSpec(
                name="gradient_shap",
                label="Gradient SHAP",
                summary="Integrated gradients averaged over many baselines (expected gradients): signed.",
                signed=True,
                families=EVERY_FAMILY,
                options=[
                    _baseline(
                        "random",
                        ("random", *BASELINES),
                        "random (each sample another text of random tokens), ",
                    ),
                    _samples(64, 8192, "Baselines and path points drawn; their spread gives the intervals."),
                    _SEED,
                ],
                debugging_aid=False,
                reference="Lundberg & Lee 2017, arXiv:1705.07874; Erion et al. 2021, arXiv:1906.10670",
            ),
            ".by_gradient.sampled_gradients:gradient_shap",
            "Relative to its baselines; adds up only as far as the samples go.",
            paints_gradient_first=True,
            moves_with_embeddings=True,
        ),
        Method(
            MethodSpec(
                name="occlusion",
                label="Occlusion",
                summary="What the answer loses when a token is left out, one at a time: signed, no gradients.",
                signed=True,
                families=EVERY_FAMILY,
                options=[_REPLACEMENT],
                debugging_aid=False,
                reference="Zeiler & Fergus 2014, arXiv:1311.2901; Li et al. 2016, arXiv:1612.08220",
            ),
            ".by_masking.perturbation:occlusion",
            "One token at a time: two tokens that can stand in for each other both look unimportant.",
            paints_gradient_first=True,
        ),
        Method(
            MethodSpec(
                name="lime",
                label="LIME",
                summary="A linear stand-in for the model, fitted to many maskings: quick, local, unstable.",
                signed=True,
                families=EVERY_FAMILY,
                options=[
                    _REPLACEMENT,
                    _samples(1000, 20_000, "Maskings that the linear model is fitted to."),
                    _SEED,
                ],
                debugging_aid=False,
                reference="Ribeiro et al. 2016, arXiv:1602.04938",
            ),
            ".by_masking.perturbation:lime",
            "As good as its linear stand-in: look at R² and at the intervals before leaning on it.",
            paints_gradient_first=True,
        ),
        Method(
            MethodSpec(
                name="kernel_shap",
                label="Kernel SHAP",
                summary="Shapley values: each token's fair share over all subsets of the others. Adds up exactly.",
                signed=True,
                families=EVERY_FAMILY,
                options=[
                    _REPLACEMENT,
                    _samples(
                        1024, 65_536, "Subsets evaluated where there are too many for all (over 12 tokens)."
                    ),
                    _SEED,
                ],
                debugging_aid=False,
                reference="Lundberg & Lee 2017, arXiv:1705.07874; Musco & Witter 2024, arXiv:2410.01917; "
                "Witter, Liu & Musco 2025, arXiv:2506.11849",
            ),
            ".by_masking.shapley:kernel_shap",
            "Shares out interactions evenly; what an absent token is replaced by decides what is asked.",
            paints_gradient_first=True,
        ),
        Method(
            MethodSpec(
                name="partition_shap",
                label="Partition SHAP",
                summary="Shapley values that keep words and sentences together (Owen values): adds up exactly.",
                signed=True,
                families=EVERY_FAMILY,
                options=[
                    _REPLACEMENT,
                    _samples(
                        500, 65_536, "Most maskings evaluated; the most influential stretches go first."
                    ),
                ],
                debugging_aid=False,
                reference="Owen 1977; shap's Partition explainer",
            ),
            ".by_masking.owen:partition_shap",
            "Shares within words and sentences first; what is not split within the budget is shared evenly.",
            paints_gradient_first=True,
        ),
        Method(
            MethodSpec(
                name="attention",
                label="Attention (debugging aid)",
                summary="Where the last position looks, not what changes the answer.",
                signed=False,
                families=EVERY_FAMILY,
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
            ".by_attention.attention:attention",
            "Attention shows where the model looks, not what changes its answer.",
            reads_attention=True,
        ),
        Method(
            MethodSpec(
                name="attention_rollout",
                label="Attention rollout (debugging aid)",
                summary="Where the last position looks through all layers, not what changes the answer.",
                signed=False,
                families=["causal_lm", "sequence_classifier", "masked_lm"],
                options=[],
                debugging_aid=True,
                reference="Abnar & Zuidema 2020, arXiv:2005.00928",
            ),
            ".by_attention.attention:attention_rollout",
            "Attention shows where the model looks, not what changes its answer.",
            reads_attention=True,
        ),
        *map(_through_inseq, INSEQ_ROWS.values()),
    )
}


COMPARED = ("integrated_gradients", "deeplift", "occlusion", "attention")
"""What is compared where nobody says: a path, a rule, an intervention, and where the model looks."""


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
    return whole_number(value)


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
                f"between {low:,.10g} and {high:,.10g}"
                if low is not None and high is not None
                else f"from {low:,.10g}"
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


def within_a_sentence(label: str) -> str:
    """Small at its start, unless it begins with a name or an abbreviation: DeepLIFT, LIME, SmoothGrad."""
    first = label.split(" ")[0]
    return label if first[1:] != first[1:].lower() else label[:1].lower() + label[1:]
