"""Which method answers which question, and why: rules of the field as a table.

A recommendation follows from what is asked, of whom the model can be asked (its weights, or an API),
who reads the answer, and how long it may take. What no API can be asked is said, not left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import get_args

from .attribution.methods import METHODS
from .errors import GlasspaneError
from .protocol import Access, Advice, Audience, Goal

GOALS: dict[Goal, str] = {
    "why_this_answer": "which tokens pushed for this answer",
    "report": "an account that others will hold you to",
    "quick_look": "a first impression",
    "debugging": "what the model reads while it answers",
    "cause": "what inside the model causes the answer",
    "represented": "whether the model represents something at all",
    "reasoning": "whether its written reasoning carries the answer",
}

SLOW_BELOW = 5.0
"""Seconds under which methods that evaluate hundreds of maskings are not the first choice."""


def advise(
    goal: Goal = "why_this_answer",
    *,
    access: Access = "weights",
    audience: Audience = "data_scientist",
    seconds: float = 30.0,
) -> list[Advice]:
    """Recommendations, the first one first. Raises ``bad_option`` naming what there is to choose from."""
    _refuse_unknown("goal", goal, get_args(Goal))
    _refuse_unknown("access", access, get_args(Access))
    _refuse_unknown("audience", audience, get_args(Audience))
    if not isinstance(seconds, Real) or not seconds > 0:
        raise GlasspaneError("bad_option", f"{seconds} seconds are no time.", "Give a positive number.")
    if access == "api":
        return _by_api(goal, audience, seconds)
    if goal == "represented":
        return [_by_probes()]
    if goal == "cause":
        return [_by_patching(), _by_leaving_out()]
    if goal == "reasoning":
        return [_by_audit("model, tokenizer")]
    return [_finished(*each, audience) for each in _by_weights(goal, audience, seconds)]


def _by_weights(goal: Goal, audience: Audience, seconds: float) -> list[tuple[str, str]]:
    gradients = (
        "integrated_gradients",
        "Signed, per token, and it adds up: how far is printed beside it, with the baseline it is relative to.",
    )
    deeplift = (
        "deeplift",
        "Signed and complete in two passes, where integrated gradients would take too long.",
    )
    shap = (
        "kernel_shap",
        "Shapley values: the one way of sharing out that treats equal tokens alike and adds up exactly; each has "
        "an interval.",
    )
    words = (
        "partition_shap",
        "Adds up exactly and keeps words and sentences together, so long prompts stay affordable.",
    )
    if goal == "debugging":
        return [
            (
                "attention",
                "Where the model looks. For debugging only: it is no account of what changes the answer.",
            ),
            gradients,
        ]
    if goal == "quick_look":
        return [
            (
                "input_x_gradient",
                "One pass: there before you let go of the mouse. Local, and it need not add up.",
            ),
            ("lime", "A quick local picture without gradients; look at its R² and its spread over seeds."),
        ]
    if goal == "report" or audience == "regulator":
        return [shap, words, gradients] if seconds >= SLOW_BELOW else [deeplift, gradients, words]
    if seconds < SLOW_BELOW:
        return [deeplift, gradients]
    occlusion = (
        "occlusion",
        "Needs no gradients and no theory: what the answer loses without each token, one at a time.",
    )
    return [gradients, occlusion if audience == "end_user" else shap]


def _finished(name: str, why: str, audience: Audience) -> Advice:
    spec = METHODS[name].spec
    beside = ["a check that it is better than random scores: result.check(), or the pane's Trust"]
    if spec.debugging_aid:
        beside.insert(0, "a gradient method on the same prompt, and the rank correlation of the two")
    if audience == "end_user":
        beside.append(
            "words instead of tokens, and the model's own confidence: a good story may be about a wrong answer"
        )
    if audience == "safety_researcher":
        beside.append("a second method: where two disagree, neither is evidence by itself")
    return _advice(name, spec.label, why, beside, f'gp.explain(model, tokenizer, "…", method="{name}")')


def _by_patching() -> Advice:
    return _advice(
        None,
        "Activation patching",
        "Attributions say what the answer leans on, not what causes it inside. Patching puts activations of one "
        "prompt into the run of another, and reads what becomes of the answer.",
        [
            "several pairs of prompts: what one pair shows may be its own",
            "both directions: what restores the answer need not be what breaks it",
        ],
        'gp.patch(model, tokenizer, "The capital of France is", "The capital of Italy is", '
        'answer=(" Paris", " Rome"))',
    )


def _by_leaving_out() -> Advice:
    """The nearest attribution to a cause inside, named as that."""
    why = "The nearest thing of one prompt alone: an intervention on what is read instead of on the inside."
    call = 'gp.explain(model, tokenizer, "…", method="occlusion")'
    return _advice("occlusion", METHODS["occlusion"].spec.label, why, call=call)


def _by_audit(whose: str) -> Advice:
    """``whose``: the first arguments of the call."""
    return _advice(
        None,
        "An audit of the chain of thought",
        "Written reasoning is no evidence of the cause: its steps are replaced by wrong ones, beside harmless texts, "
        "and the answer is watched. A preview tells what that costs first.",
        ["your own wrong steps where they are prose: rules make them of arithmetic, dates and options only"],
        f'gp.audit({whose}, "… Answer step by step.")',
    )


def _by_probes() -> Advice:
    return _advice(
        None,
        "Probes, layer by layer",
        "Whether something is represented is asked by a probe with a control task, not by an attribution: can a linear "
        "classifier read it off the activations of words that it was not fitted on?",
        [
            "the control task and its selectivity",
            "a causal test of the layer: what can be read need not be used",
        ],
        'gp.probe(model, tokenizer, "part_of_speech")',
    )


_WEIGHTS_NEEDED: dict[str, str] = {
    "cause": "What causes the answer inside takes patching of activations: that needs the weights, which no API "
    "gives. The nearest thing is an intervention on the prompt.",
    "represented": "That takes a probe of the activations: that needs the weights, which no API gives.",
}

_NO_WEIGHTS = (
    "Gradients, attention and patching need the weights, which no API gives: what is left is to leave parts of the "
    "prompt out and to look for the answer again."
)


def _by_api(goal: Goal, audience: Audience, seconds: float) -> list[Advice]:
    if goal in _WEIGHTS_NEEDED:
        said = _advice(None, GOALS[goal], _WEIGHTS_NEEDED[goal])
        return [said] if goal == "represented" else [said, _asked("occlusion", _NO_WEIGHTS)]
    if goal == "reasoning":
        return [_by_audit("gp.endpoint(url, name)")]
    shap = _asked(
        "partition_shap",
        f"{_NO_WEIGHTS} It adds up to the whole prompt's effect and shares out what pieces do together. Costs up to 64 "
        "versions of the prompt, times 20 replies where no log-probability is told.",
    )
    lime = _asked(
        "lime",
        f"{_NO_WEIGHTS} As many versions as you allow, however long the prompt; look at its R². Costs up to 64 "
        "versions of the prompt, times 20 replies where no log-probability is told.",
    )
    occlusion = _asked(
        "occlusion",
        f"{_NO_WEIGHTS} The cheapest: one version for each piece and the whole prompt, times 20 replies where no "
        "log-probability is told. Two pieces that each do alone look as if neither mattered.",
    )
    if goal == "report" or audience == "regulator":
        return [shap, occlusion]
    if goal == "quick_look" or seconds < SLOW_BELOW:
        return [occlusion, lime]
    return [occlusion, shap, lime]


def _asked(method: str, why: str) -> Advice:
    """``method`` is none of the method table: pieces are asked about, not tokens."""
    return _advice(
        None,
        f"{_ASKED[method]} over words, sentences or messages, by asking alone",
        why,
        [
            "a preview of what it costs: preview=True, and a budget that is never exceeded",
            "the interval of each score: a piece that is no better than noise says nothing",
        ],
        f'gp.explain_black_box(gp.endpoint(url, name), "…", method="{method}")',
    )


_ASKED = {"occlusion": "Occlusion", "lime": "LIME", "partition_shap": "Partition SHAP"}


def _advice(
    method: str | None, label: str, why: str, with_it: Sequence[str] = (), call: str | None = None
) -> Advice:
    return Advice(method=method, label=label, why=why, with_it=list(with_it), call=call)


def _refuse_unknown(what: str, given: str, known: tuple[str, ...]) -> None:
    if not isinstance(given, str) or given not in known:
        raise GlasspaneError(
            "bad_option", f"There is no {what} called {given!r}.", f"Choose one of: {', '.join(known)}."
        )
