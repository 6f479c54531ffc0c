"""Requests that no audit can answer: what was given beside the prompt has to be readable and to fit."""

from __future__ import annotations

from pydantic_core import PydanticSerializationError

from ..errors import GlasspaneError
from ..protocol.audit import AuditRequest
from .audited_reply import Audited, rule_of
from .consistency import reference_in


def refuse_unreadable(request: AuditRequest) -> None:
    """Before anything is sent: what is wrong with the request itself should cost nothing.

    Raises ``bad_option``.
    """
    rule_of(request)
    try:
        request.model_dump_json()
    except PydanticSerializationError:
        raise GlasspaneError(
            "bad_option",
            "The prompt, or what was given beside it, holds half of a letter (an unpaired surrogate).",
            "Write it anew: it was read in another encoding, or cut within a letter.",
        ) from None
    if request.reference is not None and reference_in(request) is None:
        raise GlasspaneError(
            "bad_option",
            f"The reference {request.reference!r} cannot be read as an answer.",
            "Give it as the model would, for example “16” or “(A)”.",
        )


def refuse_unfitting(audited: Audited) -> None:
    """Once there is a reply: passed over in silence it would seem tested. Raises ``bad_option``."""
    request, count = audited.request, len(audited.chain.steps)
    missing = [each.step for each in request.wrong if each.step > count]
    if missing:
        raise GlasspaneError(
            "bad_option",
            f"A wrong step is written for step {missing[0]}, and the chain has {count}.",
            f"Choose a step from 1 to {count}.",
        )
