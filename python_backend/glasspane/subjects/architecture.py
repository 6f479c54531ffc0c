"""What has to be known about a Hugging Face model to explain it, and nothing more.

The model is always called the way its owner calls it, with token ids. Where a method needs
other embeddings than the prompt's, :func:`run` puts them in by a forward hook on the
embedding layer for the length of that one call, so that everything around it (position
ids, adapters, embedding scales, virtual tokens) stays the model's own.
"""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..errors import GlasspaneError
from ..protocol import Family, SubjectCard
from .tokens import printable

if TYPE_CHECKING:
    from . import Subject

_ENCODERS = {
    "bert", "bert-generation", "big_bird", "camembert", "data2vec-text", "electra", "ernie", "megatron-bert",
    "rembert", "roberta", "roberta-prelayernorm", "roformer", "xlm-roberta", "xlm-roberta-xl", "xmod",
}  # fmt: skip
"""Model types whose ``…ForCausalLM`` looks both ways unless ``is_decoder`` is set."""


def family_of(core: Any) -> Family | None:
    """Which kind of subject a Hugging Face model is; None if it is none we explain (yet)."""
    name = type(core).__name__
    config = getattr(core, "config", None)
    if config is None:
        return None
    if name.endswith("ForSequenceClassification"):
        return "sequence_classifier" if not getattr(config, "is_encoder_decoder", False) else None
    if name.endswith("ForMaskedLM"):
        return "masked_lm"
    if getattr(config, "is_encoder_decoder", False):
        # Speech, image and retrieval models are built alike, but read no prompt or more than one.
        return "encoder_decoder" if name.endswith("ForConditionalGeneration") and _reads_text(core) else None
    bidirectional = config.model_type in _ENCODERS and not config.is_decoder
    try:
        unembeds = core.get_output_embeddings() is not None
    except (NotImplementedError, AttributeError):
        unembeds = False
    can_speak = callable(getattr(core, "generate", None)) and unembeds
    return "causal_lm" if can_speak and not bidirectional else None


def _reads_text(core: Any) -> bool:
    return getattr(core, "main_input_name", "") == "input_ids" and callable(
        getattr(core, "get_decoder", None)
    )


def input_embedding(subject: Subject) -> nn.Module:
    """The token embedding layer, as reached through the wrappers where they know it better.

    Of encoder–decoders, the encoder's: the layer that both share may never be called itself.
    """
    owners = (subject.model, subject.core)
    if subject.family == "encoder_decoder":
        owners = (subject.core.get_encoder(), subject.core)
    for owner in owners:
        getter = getattr(owner, "get_input_embeddings", None)
        if getter is None:
            continue
        try:
            layer = getter()
        except (NotImplementedError, AttributeError):
            continue
        if isinstance(layer, nn.Module):
            return layer
    raise GlasspaneError(
        "unsupported_model",
        f"{type(subject.core).__name__} does not say which layer embeds its tokens.",
        "Implement get_input_embeddings() on it, as Hugging Face models do.",
    )


def class_labels(subject: Subject) -> list[str]:
    config = subject.core.config
    names = getattr(config, "id2label", None) or {}
    count = int(getattr(config, "num_labels", len(names)))
    return [printable(str(names.get(index, f"LABEL_{index}"))) for index in range(count)]


def context_length(config: Any) -> int | None:
    """Most tokens a prompt may have, or None where the model sets no bound."""
    text_config = config.get_text_config() if hasattr(config, "get_text_config") else config
    for key in ("n_positions", "max_position_embeddings", "n_ctx"):
        value = getattr(text_config, key, None)
        if isinstance(value, int) and value > 0:
            # RoBERTa-like models spend the first positions on padding.
            offset = 2 if getattr(config, "model_type", "") in ("roberta", "xlm-roberta", "camembert") else 0
            return value - offset
    return None


def virtual_tokens(subject: Subject) -> int:
    """Positions that a prompt- or prefix-tuning adapter takes in front of every prompt."""
    if not any(name.startswith("PeftModel") for name in subject.wrappers):
        return 0
    return int(getattr(subject.model.active_peft_config, "num_virtual_tokens", None) or 0)


def describe(subject: Subject) -> SubjectCard:
    core = subject.core
    parameters = list(core.parameters())
    devices = dict.fromkeys(str(p.device) for p in parameters)
    dtypes = dict.fromkeys(str(p.dtype).removeprefix("torch.") for p in parameters if p.is_floating_point())
    return SubjectCard(
        name=subject.name,
        ref=subject.ref,
        family=subject.family,
        architecture=type(core).__name__,
        parameters=sum(p.numel() for p in parameters),
        device=", ".join(devices) or "cpu",
        dtype=", ".join(dtypes) or "float32",
        context_length=context_length(core.config),
        vocabulary_size=embedding_rows(subject),
        chat_template=subject.has_chat_template,
        wrappers=list(subject.wrappers),
        tokenizer_match=subject.tokenizer_match,
        labels=subject.labels,
        weights=subject.weights(),
    )


def embedding_rows(subject: Subject) -> int:
    """How many token ids the embedding layer knows."""
    weight = getattr(subject.embedding, "weight", None)
    if isinstance(weight, Tensor):
        return int(weight.shape[0])
    return int(getattr(subject.core.config, "vocab_size", len(subject.tokenizer)))


@dataclass
class Meter:
    """Counts rows pushed through the model, for the result's cost."""

    forwards: int = 0
    backwards: int = 0


@dataclass(frozen=True)
class ModelInput:
    """Tokenised input: ``ids`` of shape [row, token] and what else the model takes beside it, [1 or row, …].

    The last ``decoded`` tokens are read by an encoder–decoder's decoder, the others by its encoder.
    """

    ids: Tensor
    extra: dict[str, Tensor]
    decoded: int = 0

    @property
    def rows(self) -> int:
        return int(self.ids.shape[0])

    @property
    def length(self) -> int:
        return int(self.ids.shape[1])

    def with_ids(self, ids: Tensor) -> ModelInput:
        return replace(self, ids=ids)


class Embeddings:
    """Watches, and on request replaces, what an embedding layer makes of ``ids`` during one call."""

    def __init__(self, layer: nn.Module, ids: Tensor, replacement: Tensor | None) -> None:
        self._layer = layer
        self._ids = ids
        self._replacement = replacement
        self.seen: Tensor | None = None

    def _hook(self, _layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> Any:
        if not isinstance(output, Tensor) or output.shape[:2] != self._ids.shape:
            return None  # e.g. virtual prompt tokens of an adapter
        if inputs and not self._are_ours(inputs[0]):
            return None  # GPT-2 and CTRL embed token types by the same layer
        # Copies: CTRL scales what it embedded in place.
        self.seen = output.detach().clone()
        if self._replacement is None:
            return None
        return self._replacement.to(device=output.device, dtype=output.dtype, copy=True)

    def _are_ours(self, embedded: Any) -> bool:
        return isinstance(embedded, Tensor) and torch.equal(embedded.to(self._ids.device), self._ids)

    def __enter__(self) -> Embeddings:
        self._handle = self._layer.register_forward_hook(self._hook)
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.remove()


@dataclass(frozen=True)
class Forward:
    """Outcome of :func:`run`: ``logits`` [row, kept position, vocabulary] or [row, class]."""

    logits: Tensor
    embeddings: Tensor  # [row, token, dimension], as the embedding layer gave them
    attentions: tuple[Tensor, ...] = ()  # per layer [row, head, query, key]


def run(
    subject: Subject,
    given: ModelInput,
    *,
    embeddings: Tensor | None = None,
    keep: int = 1,
    attentions: bool = False,
    meter: Meter | None = None,
) -> Forward:
    """Call the subject on ``given``, a single row of ids repeated to the rows of ``embeddings`` [row, token, dim].

    ``keep`` is how many of the last positions go through the unembedding (language models).
    Logits come back in float32 or wider. Runs under whatever grad mode the caller chose.
    """
    rows = given.rows if embeddings is None else int(embeddings.shape[0])
    ids = given.ids.expand(rows, -1)
    arguments: dict[str, Any] = {name: value.expand(rows, -1) for name, value in given.extra.items()}
    accepted = forward_parameters(subject.core)
    if "use_cache" in accepted:
        arguments["use_cache"] = False
    # Adapters that prepend virtual tokens and bridges count positions themselves: slice after the call.
    plain = subject.model is subject.core
    if subject.family == "causal_lm" and plain and "logits_to_keep" in accepted:
        arguments["logits_to_keep"] = keep
    if attentions:
        arguments["output_attentions"] = True
    encoded = given.length - given.decoded
    parts = [(subject.embedding, slice(0, encoded))]
    if given.decoded:
        arguments["decoder_input_ids"] = ids[:, encoded:]
        parts.append((_decoder_embedding(subject), slice(encoded, None)))
    with ExitStack() as stack:
        watched = [
            stack.enter_context(
                Embeddings(layer, ids[:, part], None if embeddings is None else embeddings[:, part])
            )
            for layer, part in parts
        ]
        output = subject.model(ids[:, :encoded], **_call_form(subject, arguments))
    if meter is not None:
        meter.forwards += rows
    logits = output if isinstance(output, Tensor) else output.logits
    if logits.ndim == 3:
        logits = logits[:, -keep:]
    seen = [each.seen for each in watched]
    if any(each is None for each in seen):
        raise GlasspaneError(
            "unsupported_model",
            f"The embedding layer of {type(subject.core).__name__} is not used when the model runs.",
            "Check that get_input_embeddings() returns the layer that embeds input ids.",
        )
    return Forward(
        logits if logits.dtype == torch.float64 else logits.float(),
        torch.cat([each for each in seen if each is not None], dim=1),
        _maps(output) if attentions else (),
    )


def _maps(output: Any) -> tuple[Tensor, ...]:
    """Attention weights per layer; of encoder–decoders those of the decoder over what the encoder read."""
    for name in ("cross_attentions", "attentions"):
        if getattr(output, name, None):
            return tuple(getattr(output, name))
    return ()


def _decoder_embedding(subject: Subject) -> nn.Module:
    layer = subject.core.get_decoder().get_input_embeddings()
    assert isinstance(layer, nn.Module)
    return layer


def _call_form(subject: Subject, arguments: dict[str, Any]) -> dict[str, Any]:
    if "TransformerBridge" in subject.wrappers:
        # A bridge returns bare logits and manages its own cache.
        return {"return_type": "logits", "attention_mask": arguments["attention_mask"]}
    return arguments


def forward_parameters(core: Any) -> frozenset[str]:
    """Names of what a model's forward pass takes."""
    return frozenset(inspect.signature(core.forward).parameters)


def device_of(subject: Subject) -> torch.device:
    """Where token ids have to be: the device of the embedding layer. Raises ``unsupported_model``."""
    offloaded = getattr(getattr(subject.embedding, "_hf_hook", None), "execution_device", None)
    if offloaded is not None:  # accelerate keeps such weights elsewhere until they are needed
        return torch.device(offloaded)
    for parameter in subject.embedding.parameters():
        if parameter.is_meta:
            raise GlasspaneError(
                "unsupported_model",
                f"{subject.name} has no weights yet: it lies on the device meta.",
                "Load its weights, e.g. with from_pretrained().",
            )
        return parameter.device
    return torch.device("cpu")
