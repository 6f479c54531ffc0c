"""Asking why by intervention, from Python: ``gp.patch``, ``gp.circuit``, ``gp.bridge``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from .api import Choice, as_choice, as_prompt, subject
from .causal.metrics import UserMetric
from .causal.sites import SITES
from .circuits import Circuit
from .errors import GlasspaneError
from .figures import whole_number
from .patch_maps import PatchMaps
from .protocol import (
    Ablation,
    CircuitRequest,
    Direction,
    GridName,
    MetricName,
    PatchRequest,
    PatchSite,
    PromptPair,
)
from .subjects import Subject

Answer = Choice | Sequence[Choice] | None
"""The right answer, or (right, wrong), as texts of one token or as ids; None: what the model says after each prompt."""


def patch(
    subject_or_model: Any,
    *rest: Any,
    clean: Any = None,
    corrupted: Any = None,
    answer: Answer = None,
    pairs: Sequence[Sequence[Any]] | None = None,
    site: str | Sequence[str] = "resid_pre",
    by: GridName | None = None,
    direction: Direction = "denoising",
    metric: MetricName | UserMetric = "logit_difference",
    layers: Sequence[int] | None = None,
    heads: Sequence[int] | None = None,
    exact: float = 1.0,
    seed: int = 0,
    template: str = "raw",
) -> PatchMaps:
    """Which activations carry the difference between two prompts? Each is put into the other run, and the answer read.

    Called as ``patch(subject, clean, corrupted)`` or ``patch(model, tokenizer, clean, corrupted)``; the prompts
    are strings or lists of chat messages with equally many tokens. ``pairs`` in their place are several
    ``(clean, corrupted, right, wrong)``, of which means and 95 % intervals are given. ``site`` is one or several of
    resid_pre, attn_out, mlp_out, z, q, k, v, pattern; ``by`` is ``"position"``, ``"head"`` or ``"head_position"``.
    ``direction``: ``"denoising"`` puts clean activations into the corrupted run, ``"noising"`` the reverse.
    ``metric``: ``"logit_difference"``, ``"log_prob"``, ``"prob"``, ``"kl"``, ``"loss"``, or a function of logits
    [1, position, vocabulary] that gives one number. With ``exact`` below 1, that share of the cells is computed
    exactly, strongest estimates first, and the others are first-order estimates. Raises :class:`GlasspaneError`
    with a sentence and a next step.
    """
    from .causal.patch import patch as run
    from .display.progress import shown_progress

    given = [subject_or_model, *rest]
    if pairs is None:
        pairs = [_one_pair(given, clean, corrupted, answer)]
    elif clean is not None or corrupted is not None or answer is not None:
        raise TypeError("patch() takes clean and corrupted with an answer, or pairs, not both")
    elif not pairs:
        raise GlasspaneError(
            "bad_option", "There are no pairs.", "Give (clean, corrupted, right, wrong), or more."
        )
    found, prompts = _subject_and_pairs("patch", given[0], given[1:], pairs, template)
    sites = [site] if isinstance(site, str) else list(site)
    user = metric if callable(metric) else None
    try:
        request = PatchRequest(
            subject=found.ref,
            pairs=prompts,
            sites=[PatchSite.model_validate({"site": _known_site(name), "grid": by}) for name in sites],
            direction=direction,
            metric="logit_difference" if callable(metric) else metric,
            layers=_whole_numbers("layers", layers),
            heads=_whole_numbers("heads", heads),
            exact=exact,
            seed=seed,
        )
    except ValidationError as problem:
        raise _not_as_asked(problem, "patch") from problem
    with shown_progress() as report:
        return PatchMaps(run(found, request, report, user))


def bridge(subject_or_model: Any, tokenizer: Any = None) -> Any:
    """A TransformerLens ``TransformerBridge`` of a subject, or of a model with its tokenizer.

    It stands over a copy of the model's structure that shares the weights' storage: no weight is held twice (but for
    joined projections, which a bridge splits), and the object that was given stays as it is. Raises
    :class:`GlasspaneError` where transformer_lens is missing or does not know the architecture.
    """
    from .subjects.lens_bridge import bridge as build

    return build(subject(subject_or_model, tokenizer))


def _whole_numbers(name: str, given: Sequence[int] | None) -> list[int] | None:
    if given is None:
        return None
    numbers = [whole_number(each) for each in given]
    if None in numbers:
        raise GlasspaneError(
            "bad_option", f"{name} are {list(given)!r}.", "Give whole numbers, counted from 0."
        )
    return [number for number in numbers if number is not None]


def _known_site(name: Any) -> str:
    if name in SITES:
        return str(name)
    raise GlasspaneError("bad_option", f"There is no site {name!r}.", f"Choose one of {', '.join(SITES)}.")


def circuit(
    subject_or_model: Any,
    *rest: Any,
    pairs: Sequence[Sequence[Any]],
    held_out: Sequence[Sequence[Any]] = (),
    ablation: Ablation = "resample",
    enough: float = 0.9,
    steps: int = 5,
    random_sets: int = 50,
    sets: Sequence[Sequence[str]] = (),
    seed: int = 0,
    template: str = "raw",
) -> Circuit:
    """Which heads and MLPs carry a behaviour, how are they wired, and does that hold on other prompts?

    Called as ``circuit(subject, pairs=…)`` or ``circuit(model, tokenizer, pairs=…)``. ``pairs`` are ``(clean,
    corrupted, right, wrong)``, all prompts equally many tokens; ``held_out`` more of them, of other templates or words,
    on which the circuit is validated. It is the smallest set found that by itself carries at least ``enough`` of
    the logit difference while every other node is ablated: ``"resample"`` (what it writes for the corrupted
    prompt) or ``"mean"``. ``sets`` are further nodes to ablate together, such as ``[["9.9", "9.6"]]``. Raises
    :class:`GlasspaneError` with a sentence and a next step.
    """
    from .causal.circuit import circuit as run
    from .display.progress import shown_progress

    found, prompts = _subject_and_pairs("circuit", subject_or_model, rest, pairs, template)
    _, others = _subject_and_pairs("circuit", subject_or_model, rest, held_out, template)
    try:
        request = CircuitRequest(
            subject=found.ref,
            pairs=prompts,
            held_out=others,
            ablation=ablation,
            enough=enough,
            steps=steps,
            random_sets=random_sets,
            sets=[[names] if isinstance(names, str) else list(names) for names in sets],
            seed=seed,
        )
    except ValidationError as problem:
        raise _not_as_asked(problem, "circuit") from problem
    with shown_progress() as report:
        return Circuit(run(found, request, report))


def _not_as_asked(problem: ValidationError, name: str) -> GlasspaneError:
    wrong = problem.errors()[0]
    return GlasspaneError(
        "bad_option",
        f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg']}.",
        f"See gp.{name}'s help for what can be asked.",
        detail=str(problem),
    )


def _subject_and_pairs(
    name: str, first: Any, rest: Sequence[Any], pairs: Sequence[Sequence[Any]], template: str
) -> tuple[Subject, list[PromptPair]]:
    """(subject or (model, tokenizer)) and rows of prompts with their answers."""
    if len(rest) > 1:
        raise TypeError(f"{name}() takes a subject, or a model and its tokenizer, and pairs by name")
    given = [pairs] if not isinstance(pairs, Sequence) or isinstance(pairs, str) else list(pairs)
    if any(not isinstance(row, (list, tuple)) or len(row) not in (2, 3, 4) for row in given):
        raise GlasspaneError(
            "bad_option",
            "The pairs are no rows of prompts and answers.",
            "Give [(clean, corrupted, right, wrong), …]; gp.pairs makes them from templates.",
        )
    rows = [tuple(row) for row in given]
    return subject(first, *rest), [
        PromptPair.model_construct(
            clean=as_prompt(row[0], template),
            corrupted=as_prompt(row[1], template),
            right=as_choice(row[2]) if len(row) > 2 and row[2] is not None else None,
            wrong=as_choice(row[3]) if len(row) > 3 and row[3] is not None else None,
        )
        for row in rows
    ]


def _one_pair(given: list[Any], clean: Any, corrupted: Any, answer: Answer) -> tuple[Any, ...]:
    """The prompts behind the subject, or by their names, with the answer; takes them off ``given``."""
    if corrupted is None and given:
        corrupted = given.pop()
    if clean is None and given:
        clean = given.pop()
    if not 1 <= len(given) <= 2:
        raise TypeError("patch() takes (subject, clean, corrupted) or (model, tokenizer, clean, corrupted)")
    return (clean, corrupted, *_answers(answer))


def _answers(answer: Answer) -> tuple[Any, ...]:
    if answer is None:
        return ()
    if isinstance(answer, (list, tuple)):
        if not 1 <= len(answer) <= 2:
            raise GlasspaneError(
                "unknown_target", f"{len(answer)} answers are given.", 'Give (" right", " wrong"), or one.'
            )
        return tuple(answer)
    return (answer,)
