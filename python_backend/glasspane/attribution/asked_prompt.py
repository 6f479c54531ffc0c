"""A prompt that was read inside the guard, and the exact views of its attention."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..errors import GlasspaneError
from ..figures import whole_number
from ..kernel.progress import Report, silent
from ..protocol import AttentionRequest, Token
from ..subjects import Subject
from ..subjects.architecture import Meter
from ..subjects.guard import unharmed
from ..subjects.prompt import ReadPrompt
from .by_attention.attention_heads import HeadWeights, Rollout, head_weights, rollout_matrix
from .by_attention.residual_stream import Stream, residual_stream
from .evaluation import refuse_non_finite
from .explain import IN_TRAINING, read_asked
from .memory import refuse_if_too_large


@dataclass
class AskedPrompt:
    """What is looked at, and what looking has cost so far. The methods' tensors are exact."""

    subject: Subject
    request: AttentionRequest
    read: ReadPrompt
    report: Report
    warnings: list[str]
    meter: Meter = field(default_factory=Meter)

    @property
    def tokens(self) -> list[Token]:
        """What the rows and columns of attention stand for; of encoder–decoders, what the encoder reads."""
        given = self.read.given
        return self.read.tokens[: given.length - given.decoded]

    def head(self, layer: int, head: int) -> HeadWeights:
        """Weights [query, key] of one head; raises ``bad_option`` for one that is not there."""
        layer, head = _counted(layer, "layer"), _counted(head, "head")
        self._refuse_too_long(3, "One head's attention")
        found = head_weights(self.subject, self.read, layer, head, self.report, self.meter)
        refuse_non_finite(found.weights, "attention weights")
        return found

    def rollout(self) -> Rollout:
        """Rollout [query, token] over all layers."""
        self._refuse_too_long(5, "The rollout")
        found = rollout_matrix(self.subject, self.read, self.report, self.meter)
        refuse_non_finite(found.shares, "attention weights")
        return found

    def residual(self, lines: int) -> Stream:
        """Sizes of the residual stream, and the ``lines`` strongest contributions of each layer."""
        if whole_number(lines) is None or lines < 0:
            raise GlasspaneError("bad_option", f"{lines} lines cannot be drawn.", "Ask for 0 or more.")
        found = residual_stream(self.subject, self.read, lines, self.report, self.meter)
        refuse_non_finite(found.stream, "hidden states")
        return found

    def _refuse_too_long(self, matrices: int, what: str) -> None:
        count = len(self.tokens)
        refuse_if_too_large(self.subject, matrices * 4 * count * count, f"{what} at {count:,} tokens")


def _counted(value: int, what: str) -> int:
    number = whole_number(value)
    if number is None:
        raise GlasspaneError(
            "bad_option", f"There is no {what} {value!r}.", "Give its number; the first is 0."
        )
    return number


@contextmanager
def asked(subject: Subject, request: AttentionRequest, report: Report = silent) -> Iterator[AskedPrompt]:
    """The prompt of ``request``, read; the user's model is as before once this is left."""
    with unharmed(subject) as was_training:
        read = read_asked(subject, request, report)
        warnings = [*read.warnings, *([IN_TRAINING] if was_training else [])]
        yield AskedPrompt(subject, request, read, report, warnings)
