"""Explanations beside one another: ``gp.compare`` (methods) and ``gp.diff`` (prompts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .api import Choice, build_request, resolve_target, subject, subject_and_text
from .attribution.methods import COMPARED
from .comparison import Comparison
from .errors import GlasspaneError
from .explanation import Explanation
from .prompt_diff import PromptDiff
from .protocol import CompareRequest, DiffRequest, MethodChoice, OptionValue, ScoreFunction

MethodRow = str | tuple[str, Mapping[str, OptionValue]]
"""A method by name, or its name and its options."""


def compare(
    subject_or_model: Any,
    *rest: Any,
    text: Any = None,
    methods: Sequence[MethodRow] = COMPARED,
    target: Choice | Sequence[Choice] | None = None,
    completion: str | bool | None = None,
    each: bool = False,
    new_tokens: int = 16,
    score: ScoreFunction = "logit",
    template: str = "raw",
) -> Comparison:
    """Do several methods say the same of one prompt?

    Called as ``compare(subject, text)`` or ``compare(model, tokenizer, text)``. ``methods`` names 2 to 8 of
    :func:`glasspane.methods`; with options, a pair of the name and them: ``("integrated_gradients",
    {"baseline": "zero"})``. The rest is as in :func:`glasspane.explain`. A method that refuses keeps its row,
    with its sentence. Raises :class:`GlasspaneError` with a sentence and a next step.
    """
    from .attribution.comparing.compare import compare as run
    from .display.progress import shown_progress

    if not isinstance(methods, Sequence):
        raise GlasspaneError(
            "bad_option", f"{methods!r} names no methods.", "Give a list of 2 to 8 of gp.methods()."
        )
    rows = [_row(given) for given in ([methods] if isinstance(methods, str) else methods)]
    if not 2 <= len(rows) <= 8:
        raise GlasspaneError(
            "bad_option",
            f"{len(rows)} {'method is' if len(rows) == 1 else 'methods are'} given to compare.",
            "Name 2 to 8 of them.",
        )
    found, text = subject_and_text("compare", [subject_or_model, *rest], text)
    goal = resolve_target(found, target, completion, each=each, new_tokens=new_tokens)
    first, *others = (
        build_request(
            found.ref, text, method=name, target=goal, score=score, template=template, options=options
        )
        for name, options in rows
    )
    request = CompareRequest.model_construct(
        kind="compare",
        explain=first,
        methods=[
            MethodChoice.model_construct(method=other.method, options=other.options) for other in others
        ],
        job=None,
    )
    with shown_progress() as report:
        return Comparison(run(found, request, report))


def diff(
    *given: Any,
    method: str = "integrated_gradients",
    target: Choice | Sequence[Choice] | None = None,
    completion: str | bool | None = None,
    each: bool = False,
    new_tokens: int = 16,
    baseline: str | None = None,
    score: ScoreFunction = "logit",
    template: str = "raw",
    same_target: bool = True,
    **options: bool | int | float | str,
) -> PromptDiff:
    """How does an edit of the prompt change the answer, and which tokens carry the change?

    Called as ``diff(explanation_before, explanation_after)`` (then without options), or with both prompts as
    ``diff(subject, before, after)`` or ``diff(model, tokenizer, before, after)``, which explains both; options
    are those of :func:`glasspane.explain`. Where the target is left open, what the first prompt answers is
    explained in both, so that the scores are of one thing; ``same_target=False`` explains each prompt's own
    answer. Raises :class:`GlasspaneError` with a sentence and a next step.
    """
    from .attribution.comparing.prompt_diff import difference, explain_both
    from .attribution.explain import explain

    if len(given) == 2 and all(isinstance(one, Explanation) for one in given):
        before, after = given
        if options or target is not None or completion is not None or baseline is not None:
            raise GlasspaneError(
                "bad_option",
                "Explanations are compared as they are, without options.",
                "Explain anew with the options you mean, or give the two prompts.",
            )
        return PromptDiff(difference(before.data, after.data), before, after)
    if not 3 <= len(given) <= 4:
        raise TypeError(
            "diff() takes (explanation, explanation), (subject, before, after) or (model, tokenizer, before, after)"
        )
    if not isinstance(same_target, bool):
        raise GlasspaneError("bad_option", f"same_target cannot be {same_target!r}.", "Give True or False.")
    *holder, old, new = given
    found = subject(*holder)
    if baseline is not None:
        options["baseline"] = baseline
    goal = resolve_target(found, target, completion, each=each, new_tokens=new_tokens)
    requests = [
        build_request(
            found.ref, text, method=method, target=goal, score=score, template=template, options=options
        )
        for text in (old, new)
    ]
    asked = DiffRequest.model_construct(
        kind="diff", before=requests[0], after=requests[1], same_target=same_target, job=None
    )
    result = explain_both((found, found), asked, explain)
    return PromptDiff(result, Explanation(result.before, found), Explanation(result.after, found))


def _row(given: MethodRow) -> tuple[str, Mapping[str, OptionValue]]:
    if isinstance(given, str):
        return given, {}
    match given:
        case [str(name), Mapping() as options]:
            return name, options
    raise GlasspaneError(
        "bad_option",
        f"{given!r} names no method.",
        'Give a name, or a pair of a name and its options: ("lime", {"samples": 500}).',
    )
