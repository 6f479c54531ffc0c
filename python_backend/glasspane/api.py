"""The notebook's way in: ``gp.subject``, ``gp.explain``, ``gp.check``, ``gp.attention``, ``gp.methods``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from .attention_views import AttentionViews
from .attribution.methods import METHODS
from .errors import GlasspaneError
from .explanation import Explanation
from .faithfulness import Faithfulness
from .figures import whole_number
from .protocol import (
    AttentionRequest,
    BundledSubject,
    ChatMessage,
    CheckRequest,
    ClassTarget,
    CompletionTarget,
    ContrastTarget,
    ExplainRequest,
    FolderSubject,
    HubSubject,
    KernelSubject,
    MessagesPrompt,
    OverviewView,
    Prompt,
    ScoreFunction,
    SubjectRef,
    Target,
    TextPrompt,
    TokenTarget,
    TopTarget,
)
from .subjects import Subject
from .subjects.tokens import printable

Choice = int | str

UNASKED_WITHIN = 1.0
"""Seconds within which an explanation is checked without being asked to, where a caller leaves that open."""


def subject(model: Any, tokenizer: Any = None, *, revision: str | None = None) -> Subject:
    """A model with its tokenizer, ready to be explained.

    ``model`` is a model object (with ``tokenizer``), a transformers ``pipeline``, or a name: a
    bundled model (``"demo-lm"``), a local folder, or a hub id. Raises :class:`GlasspaneError`.
    """
    from .subjects.find import assemble, display_name
    from .subjects.load import resolve

    if isinstance(model, Subject):
        return model
    if type(model).__name__ == "EndpointSource":  # whose module need not be loaded for this
        raise GlasspaneError(
            "unsupported_model",
            f"{model.name} is an endpoint: it shows neither weights nor tokens.",
            "Ask which parts of the prompt its answer depends on: gp.explain_black_box(endpoint, prompt).",
        )
    if isinstance(model, (str, Path)):
        return resolve(ref_by_name(printable(str(model)), revision), {})
    if (
        tokenizer is None and type(model).__name__ == "TransformerBridge"
    ):  # which may have a part called model
        tokenizer = model.tokenizer
    if tokenizer is None and hasattr(model, "model") and hasattr(model, "tokenizer"):
        names = names_in_main(model)
        ref = KernelSubject(model=f"{names or 'pipe'}.model", tokenizer=f"{names or 'pipe'}.tokenizer")
        return assemble(
            model.model, model.tokenizer, ref, display_name(ref.model, model.model), "the pipeline's own"
        )
    if tokenizer is None:
        raise GlasspaneError(
            "no_tokenizer",
            f"A {type(model).__name__} came without its tokenizer.",
            "Call it as gp.subject(model, tokenizer).",
        )
    name = names_in_main(model) or "model"
    ref = KernelSubject(model=name, tokenizer=names_in_main(tokenizer) or "tokenizer")
    return assemble(model, tokenizer, ref, display_name(name, model), "given together")


def explain(
    subject_or_model: Any,
    *rest: Any,
    text: Any = None,
    method: str = "integrated_gradients",
    target: Choice | Sequence[Choice] | None = None,
    completion: str | bool | None = None,
    each: bool = False,
    new_tokens: int = 16,
    baseline: str | None = None,
    score: ScoreFunction = "logit",
    template: str = "raw",
    check: bool | Literal["auto"] = False,
    **options: bool | int | float | str,
) -> Explanation:
    """Which tokens of a prompt pushed the model towards its answer?

    Called as ``explain(subject, text)`` or ``explain(model, tokenizer, text)``; ``text`` is a
    string or a list of chat messages. ``target`` is None (the likeliest next token or class), a
    token or class by text or id, or a pair "A rather than B"; ``completion`` scores a whole
    continuation instead (True: what the model itself would say, at most ``new_tokens`` tokens), with
    ``each`` every token of it in a row of its own. ``baseline`` is ``"zero" | "pad" | "mask" | "mean"`` or a text;
    ``template="chat"`` sends a string through the chat template. Further options are the method's
    own (see ``gp.methods()``). ``check=True`` adds the figures of :func:`check` as ``.faithfulness``,
    which may cost several times the explanation; ``"auto"`` does where they are estimated to take less
    than a second. Raises :class:`GlasspaneError` with a sentence and a next step.
    """
    from .attribution.explain import explain as run
    from .display.progress import shown_progress

    if not isinstance(check, bool) and not (isinstance(check, str) and check == "auto"):
        raise GlasspaneError("bad_option", f"check cannot be {check!r}.", 'Give True, False or "auto".')
    found, text = subject_and_text("explain", [subject_or_model, *rest], text)
    if baseline is not None:
        options["baseline"] = baseline
    request = build_request(
        found.ref,
        text,
        method=method,
        target=resolve_target(found, target, completion, each=each, new_tokens=new_tokens),
        score=score,
        template=template,
        options=options,
    )
    with shown_progress() as report:
        explanation = Explanation(run(found, request, report), found)
    if check is True or (check == "auto" and _quick_to_check(explanation)):
        explanation.check()
    return explanation


def check(
    subject_or_model: Any,
    *rest: Any,
    replacement: str = "default",
    seed: int = 0,
    rankings: int = 40,
) -> Faithfulness:
    """How far does an explanation say what the model does? Its figures beside those of random rankings.

    Called as ``check(subject, explanation)`` or ``check(model, tokenizer, explanation)``; in the process
    that made it, ``explanation.check()`` does the same. ``replacement`` stands for tokens left out:
    ``"default"`` (mask token, else pad, end of text or another neutral one), ``"mask"``, ``"pad"``, ``"drop"``
    or the text of one token. ``rankings`` random rankings (at least 40) are drawn from ``seed``. The result
    also becomes ``explanation.faithfulness``. Raises :class:`GlasspaneError`.
    """
    from .attribution.trust.faithfulness import check as run
    from .display.progress import shown_progress

    *holder, explanation = subject_or_model, *rest
    if not 1 <= len(holder) <= 2 or not isinstance(explanation, Explanation):
        raise TypeError("check() takes (subject, explanation) or (model, tokenizer, explanation)")
    try:
        request = CheckRequest(
            explain=explanation.data.request, replacement=replacement, seed=seed, rankings=rankings
        )
    except ValidationError as problem:
        raise GlasspaneError(
            "bad_option",
            "The check cannot be made as asked.",
            "Give a replacement as text, a seed from 0 and 40 to 1000 rankings.",
            detail=str(problem),
        ) from problem
    with shown_progress() as report:
        found = run(subject(*holder), request, explanation.data, report)
    explanation.faithfulness = Faithfulness(found)
    return explanation.faithfulness


def _quick_to_check(explanation: Explanation) -> bool:
    seconds = explanation.data.checks.check_seconds
    return seconds is not None and seconds < UNASKED_WITHIN


def attention(
    subject_or_model: Any,
    *rest: Any,
    text: Any = None,
    target: Choice | Sequence[Choice] | None = None,
    completion: str | bool | None = None,
    score: ScoreFunction = "logit",
    template: str = "raw",
) -> AttentionViews:
    """Where does the model look? One head at a time, so that thousands of tokens stay affordable.

    Called as ``attention(subject, text)`` or ``attention(model, tokenizer, text)``. The views of what it
    gives run the model when they are asked for: ``.overview()`` (every head in figures), ``.head(layer,
    head)``, ``.rollout()``, ``.residual()``. ``target`` and ``score`` say what the overview's gradient check
    explains, as in :func:`explain`; a ``completion`` is read behind the prompt. Raises
    :class:`GlasspaneError` with a sentence and a next step.
    """
    found, text = subject_and_text("attention", [subject_or_model, *rest], text)
    request = AttentionRequest.model_construct(
        kind="attention",
        subject=found.ref,
        prompt=as_prompt(text, template),
        view=OverviewView(),
        target=resolve_target(found, target, completion),
        score=_checked_score(score),
        job=None,
    )
    return AttentionViews(found, request)


def subject_and_text(name: str, given: list[Any], text: Any) -> tuple[Subject, Any]:
    """(subject, text) or (model, tokenizer, text), the text last or by its name."""
    if text is None:
        text = given.pop()
    if not 1 <= len(given) <= 2:
        raise TypeError(f"{name}() takes (subject, text) or (model, tokenizer, text)")
    return subject(*given), text


def methods() -> list[str]:
    """Names of the attribution methods; ``glasspane methods`` and docs/methods.md say more of each."""
    return list(METHODS)


def resolve_target(
    found: Subject,
    target: Choice | Sequence[Choice] | None,
    completion: str | bool | None,
    *,
    each: bool = False,
    new_tokens: int = 16,
) -> Target:
    """The typed target that the short forms of :func:`explain` stand for; raises ``unknown_target``."""
    if not isinstance(each, bool):
        raise GlasspaneError("bad_option", f"each cannot be {each!r}.", "Give True or False.")
    if completion is not None and completion is not False:
        if completion is not True and (not isinstance(completion, str) or not completion):
            raise GlasspaneError(
                "unknown_target",
                "The completion is empty or no text.",
                "Give the text to score, or True for what the model itself would say.",
            )
        if target is not None:
            raise GlasspaneError(
                "unknown_target", "Both a target and a completion are given.", "Choose one of them."
            )
        most = whole_number(new_tokens)
        if most is None or not 1 <= most <= 256:
            raise GlasspaneError(
                "bad_option", f"{new_tokens} tokens cannot be generated.", "Ask for 1 to 256 of them."
            )
        said = None if completion is True else printable(completion)
        return CompletionTarget(text=said, each=each, tokens=most)
    if each:
        raise GlasspaneError(
            "bad_option", "Only a completion has tokens to explain each by itself.", "Give one: completion=…"
        )
    if target is None:
        return TopTarget()
    if isinstance(target, (list, tuple)):
        if len(target) != 2:
            raise GlasspaneError(
                "unknown_target", f"A contrast names two answers, not {len(target)}.", 'Give (" A", " B").'
            )
        return ContrastTarget(token=as_choice(target[0]), versus=as_choice(target[1]))
    choice = as_choice(target)
    return ClassTarget(label=choice) if found.family == "sequence_classifier" else TokenTarget(token=choice)


def as_choice(given: Any) -> Choice:
    """One answer: a text, or any whole number (numpy's and torch's too, but no bool)."""
    if isinstance(given, str):
        return printable(given)
    number = whole_number(given)
    if number is not None:
        return number
    raise GlasspaneError(
        "unknown_target",
        f"{given!r} names no token and no class.",
        'Give its text or its id, or a pair (" A", " B") for one rather than the other.',
    )


def build_request(
    ref: SubjectRef,
    text: Any,
    *,
    method: str,
    target: Target,
    score: ScoreFunction,
    template: str,
    options: Mapping[str, bool | int | float | str],
) -> ExplainRequest:
    """An :class:`ExplainRequest` of loose Python values; raises ``bad_request`` naming what is wrong."""
    return ExplainRequest.model_construct(
        kind="explain",
        subject=ref,
        prompt=as_prompt(text, template),
        method=method,
        options={name: printable(v) if isinstance(v, str) else v for name, v in options.items()},
        target=target,
        score=_checked_score(score),
        job=None,
    )


def as_prompt(text: Any, template: str) -> Prompt:
    try:
        if isinstance(text, str):
            # Not validated: half a surrogate pair is replaced, with a warning, when the prompt is read.
            chosen = _checked_template(template)
            return TextPrompt.model_construct(form="text", text=text, template=chosen)
        return MessagesPrompt(
            messages=[ChatMessage(role=m["role"], content=printable(m["content"])) for m in text]
        )
    except (ValidationError, TypeError, LookupError) as problem:
        raise GlasspaneError(
            "bad_request",
            "The prompt is neither a string nor a list of chat messages.",
            'Give "…" or [{"role": "user", "content": "…"}].',
            detail=str(problem),
        ) from problem


def _checked_template(template: str) -> Literal["ask", "chat", "raw"]:
    if not isinstance(template, str) or template not in ("ask", "chat", "raw"):
        raise GlasspaneError(
            "bad_option", f"There is no template choice {template!r}.", "Choose raw, chat or ask."
        )
    return template  # type: ignore[return-value]


def _checked_score(score: str) -> ScoreFunction:
    if not isinstance(score, str) or score not in ("logit", "log_prob", "prob"):
        raise GlasspaneError(
            "bad_option", f"There is no score function {score!r}.", "Choose logit, log_prob or prob."
        )
    return score  # type: ignore[return-value]


def ref_by_name(name: str, revision: str | None) -> SubjectRef:
    """What a model's name stands for: bundled, then a local folder, else a hub id."""
    from .subjects.load import catalogue, is_model_folder

    if name in {model.name for model in catalogue()}:
        return BundledSubject(name=name)
    if is_model_folder(name) or name.startswith((".", "/", "~")):
        return FolderSubject(path=name)
    return HubSubject(id=name, revision=revision)


def names_in_main(value: Any) -> str | None:
    """What the caller's top level calls this object, for the reproducing call."""
    main = vars(sys.modules["__main__"])
    return next(
        (name for name, held in list(main.items()) if held is value and not name.startswith("_")), None
    )
