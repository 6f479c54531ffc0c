"""The model and tokenizer being explained: found, loaded, read and guarded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..protocol import Family, SubjectCard, SubjectRef

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Subject:
    """A model with the tokenizer that belongs to it.

    ``model`` is the object as its owner holds it, wrappers included; its own forward pass is
    what gets explained. ``core`` is the Hugging Face model inside the wrappers (the same object
    when there are none); configuration and the embedding layer are read from it.
    """

    model: Any
    tokenizer: Any
    name: str
    ref: SubjectRef
    family: Family
    core: Any
    wrappers: tuple[str, ...] = ()
    tokenizer_match: str = "given together"
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def embedding(self) -> nn.Module:
        """The layer that turns token ids into vectors as of now: adapters wrap it, resizing replaces it."""
        from .architecture import input_embedding

        return input_embedding(self)

    def weights(self) -> str:
        """Fingerprint of the weights as they are now; see :func:`fingerprint.weights_fingerprint`."""
        from .fingerprint import weights_fingerprint

        return weights_fingerprint(self.model)

    @property
    def labels(self) -> list[str]:
        """Class names of a classifier, in index order; empty for a language model."""
        from .architecture import class_labels

        return class_labels(self) if self.family == "sequence_classifier" else []

    @property
    def has_chat_template(self) -> bool:
        return self.family == "causal_lm" and bool(getattr(self.tokenizer, "chat_template", None))

    def card(self) -> SubjectCard:
        """What hosts show of this subject."""
        from .architecture import describe

        return describe(self)

    def __repr__(self) -> str:
        return f"<glasspane subject {self.name!r}: {type(self.core).__name__}>"
