"""Which model is explained, and what a person needs to know of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from .message import Message


class KernelSubject(Message):
    """A model (and tokenizer) the user already holds, named by Python expressions.

    ``model`` and ``tokenizer`` are dotted/indexed names in the user's namespace as
    reported by a :class:`SubjectsResult`, e.g. ``"pipe.model"``; never arbitrary code.
    """

    source: Literal["kernel"] = "kernel"
    model: str
    tokenizer: str | None = None


class BundledSubject(Message):
    """A model that ships with Glasspane (``demo-lm``, ``demo-lm-posthoc``, ``demo-sentiment``)."""

    source: Literal["bundled"] = "bundled"
    name: str


class FolderSubject(Message):
    """A local folder in the Hugging Face layout (config, safetensors, tokenizer)."""

    source: Literal["folder"] = "folder"
    path: str


class HubSubject(Message):
    """A model id on the Hugging Face hub, loaded in the kernel with safetensors only."""

    source: Literal["hub"] = "hub"
    id: str
    revision: str | None = None


class AutoSubject(Message):
    """Whatever single model/tokenizer pair the user's namespace holds."""

    source: Literal["auto"] = "auto"


SubjectRef = TypeAliasType(
    "SubjectRef",
    Annotated[
        KernelSubject | BundledSubject | FolderSubject | HubSubject | AutoSubject,
        Field(discriminator="source"),
    ],
)


Family = TypeAliasType("Family", Literal["causal_lm", "sequence_classifier", "masked_lm", "encoder_decoder"])


class SubjectCard(Message):
    """What a person needs to know about the model that was explained."""

    name: str
    ref: SubjectRef
    family: Family
    architecture: str = Field(description='Class of the model, e.g. "GPT2LMHeadModel".')
    parameters: int = Field(description="Number of parameters, tied ones once.")
    device: str = Field(description='"cpu", "cuda:0", "mps"; several joined by ", ".')
    dtype: str = Field(description='"float32", "bfloat16", …')
    context_length: int | None = Field(description="Longest prompt in tokens, if bounded.")
    vocabulary_size: int
    chat_template: bool
    wrappers: list[str] = Field(
        default_factory=list, description='Wrappers explained through, outermost first, e.g. ["PeftModel"].'
    )
    tokenizer_match: str = Field(description="How the tokenizer was paired with the model, as a phrase.")
    labels: list[str] = Field(default_factory=list, description="Class names of a classifier.")
    weights: str = Field(description="Fingerprint of the weights; changes when they do.")


class SubjectCandidate(Message):
    """A model found in the user's namespace, and how its tokenizer was matched."""

    ref: KernelSubject
    label: str
    architecture: str
    family: Family | None = Field(description="None: found, but not a kind that can be explained.")
    parameters: int
    device: str
    dtype: str
    tokenizer_match: str | None = Field(description="None: no tokenizer is certain; the person must choose.")
    tokenizers: list[str] = Field(description="Tokenizer expressions to choose from.")
