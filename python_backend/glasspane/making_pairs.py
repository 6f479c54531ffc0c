"""Many pairs of prompts from one, from Python: ``gp.pairs_like``."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from .api import as_choice, as_prompt, subject
from .errors import GlasspaneError
from .figures import whole_number
from .intervening import Answer
from .pair_templates import pairs
from .protocol import MessagesPrompt, PairTemplateRequest, Prompt, PromptPair


def pairs_like(
    subject_or_model: Any,
    *rest: Any,
    clean: Any = None,
    corrupted: Any = None,
    answer: Answer = None,
    count: int = 32,
    words: int = 12,
    seed: int = 0,
    template: str = "raw",
) -> list[tuple[Any, Any, str | None, str | None]]:
    """``count`` pairs like one: the words that differ, and the answers', give way to others that the model holds alike.

    Called as ``pairs_like(subject, clean, corrupted)`` or ``pairs_like(model, tokenizer, clean, corrupted)``; the
    prompts are strings, or lists of chat messages of which the last differs. ``answer`` is ``(right, wrong)``, each
    one token; None: what the model says after each. Every hole has at most ``words`` words, nearest in the model's
    input embeddings; all prompts have as many tokens as the given ones. Gives ``(clean, corrupted, right, wrong)`` as
    ``gp.pairs`` does, for ``gp.circuit``; an answer that stands in no prompt is None: what the model says there.
    Fewer than ``count`` come where the words make no more. Raises :class:`GlasspaneError` with a sentence and a next
    step.
    """
    from .causal.pair_template import pair_template

    given = [subject_or_model, *rest]
    if corrupted is None and len(given) > 1:
        corrupted = given.pop()
    if clean is None and len(given) > 1:
        clean = given.pop()
    if clean is None or corrupted is None or len(given) > 2:
        raise TypeError(
            "pairs_like() takes (subject, clean, corrupted) or (model, tokenizer, clean, corrupted)"
        )
    number = whole_number(count)
    if number is None or number < 1:
        raise GlasspaneError("bad_option", f"count cannot be {count!r}.", "Give how many pairs, from 1.")
    prompts = as_prompt(clean, template), as_prompt(corrupted, template)
    found = subject(*given)
    try:
        request = PairTemplateRequest(
            subject=found.ref,
            pair=PromptPair.model_construct(clean=prompts[0], corrupted=prompts[1], **_named(answer)),
            words=words,
        )
    except ValidationError as problem:
        raise GlasspaneError(
            "bad_option",
            f"words cannot be {words!r}.",
            "Give a whole number from 2 to 200.",
            detail=str(problem),
        ) from problem
    made = pair_template(found, request).template
    rows = pairs(
        made.clean, made.corrupted, made.right or "", made.wrong or "", count=number, seed=seed, **made.words
    )
    return [
        (_as_given(prompts[0], one), _as_given(prompts[1], other), right or None, wrong or None)
        for one, other, right, wrong in rows
    ]


def _named(answer: Answer) -> dict[str, Any]:
    """The answers by their names. Raises ``unknown_target`` for more than two."""
    given: list[Any] = list(answer) if isinstance(answer, (list, tuple)) else [answer]
    if not 1 <= len(given) <= 2:
        raise GlasspaneError(
            "unknown_target", f"{len(given)} answers are given.", 'Give (" right", " wrong"), or one.'
        )
    chosen = [None if each is None else as_choice(each) for each in given]
    return dict(zip(("right", "wrong"), [*chosen, None], strict=False))


def _as_given(prompt: Prompt, text: str) -> Any:
    """The text as it was given: a string, or the messages with another last one."""
    if not isinstance(prompt, MessagesPrompt):
        return text
    *before, last = prompt.messages
    return [
        *({"role": each.role, "content": each.content} for each in before),
        {"role": last.role, "content": text},
    ]
