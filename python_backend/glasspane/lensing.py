"""What each layer would say, from Python: ``gp.lens``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .api import Choice, as_prompt, resolve_target, subject_and_text
from .errors import GlasspaneError
from .figures import whole_number
from .lens_reading import LensReading
from .protocol import LensRequest


def lens(
    subject_or_model: Any,
    *rest: Any,
    text: Any = None,
    target: Choice | Sequence[Choice] | None = None,
    position: int = -1,
    last: int | None = None,
    top: int = 5,
    direct: bool = True,
    template: str = "raw",
) -> LensReading:
    """From which layer on does the model know its answer, and which of its parts say it?

    Called as ``lens(subject, text)`` or ``lens(model, tokenizer, text)``; ``text`` is a string or a list of chat
    messages. Every layer's residual stream is read through the model's own final norm and unembedding (the logit
    lens), at every position or the ``last`` so many, with the ``top`` likeliest tokens each. ``target`` is None (what
    the model says next), a token by text or id, or a pair "A rather than B"; the answer is read after the token at
    ``position``. With ``direct`` its logit, or the difference of two, is also given as a sum over embedding,
    attention layers, MLPs and heads, the final norm frozen. Raises :class:`GlasspaneError` with a sentence and a
    next step.
    """
    from .causal.lens import lens as run
    from .display.progress import shown_progress

    found, text = subject_and_text("lens", [subject_or_model, *rest], text)
    request = LensRequest.model_construct(
        kind="lens",
        subject=found.ref,
        prompt=as_prompt(text, template),
        target=resolve_target(found, target, None),
        position=_number("position", position),
        last=None if last is None else _number("last", last, least=1),
        top=_number("top", top, least=1, most=20),
        direct=bool(direct),
        job=None,
    )
    with shown_progress() as report:
        return LensReading(run(found, request, report))


def _number(name: str, given: Any, least: int | None = None, most: int | None = None) -> int:
    number = whole_number(given)
    if number is None or (least is not None and number < least) or (most is not None and number > most):
        between = "" if least is None else f" from {least}" + ("" if most is None else f" to {most}")
        raise GlasspaneError("bad_option", f"{name} cannot be {given!r}.", f"Give a whole number{between}.")
    return number
