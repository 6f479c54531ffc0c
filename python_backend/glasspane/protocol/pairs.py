"""Templates of prompt pairs: one pair with holes where words of a kind can change places."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from .message import Message
from .patching import PromptPair
from .subjects import AutoSubject, SubjectCard, SubjectRef


class PairTemplate(Message):
    """A pair whose holes are written as in ``str.format``; of a conversation, the text is its last message's."""

    clean: str
    corrupted: str
    right: str | None = Field(description="None: the likeliest after each clean prompt.")
    wrong: str | None = Field(description="None: the likeliest after each corrupted prompt.")
    words: dict[str, list[str]] = Field(
        description="By hole, what may stand there. No word stands in two holes of one pair."
    )


class PairTemplateRequest(Message):
    """Which words of this pair can be others, and which others does the model hold alike?"""

    kind: Literal["pair_template"] = "pair_template"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    pair: PromptPair
    words: int = Field(default=12, ge=2, le=200, description="At most so many words for each hole.")


class PairTemplateResult(Message):
    """Answer to :class:`PairTemplateRequest`."""

    kind: Literal["pair_template"] = "pair_template"
    subject: SubjectCard
    template: PairTemplate
    combinations: int = Field(description="Pairs that the words make.")
    sentence: str = Field(description="Which words became holes, and where the others come from.")
    warnings: list[str]
    request: PairTemplateRequest

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if any(not words for words in self.template.words.values()):
            raise ValueError("a hole has no words")
        return self
