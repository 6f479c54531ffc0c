"""One run of the subject with everything kept that can be patched: per layer the stream, heads and writes.

Queries and keys are kept as attention takes them, positions already rotated in: at one position both runs are
rotated alike, so patching them there is patching them before.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import GlasspaneError
from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput, run, virtual_tokens
from ..subjects.attention_functions import NoEagerFunction, own_function
from ..subjects.blocks import layers_of, part
from ..subjects.guard import AttentionFunction, attention_through


@dataclass
class LayerRecord:
    """What one layer did; T tokens of one prompt.

    ``resid_pre``, ``attn_out``, ``mlp_out``, ``resid_post`` [T, dim]; ``query`` [head, T, dim], ``key`` and
    ``value`` [key-value head, T, dim]; ``z`` [T, head, dim]. ``seen`` are the tensors as they passed, [1, …], and
    hang together under grad mode. ``mask`` [1, 1, T, T] is added to attention scores, ``options`` are the scale, the
    window and whatever else this model's attention takes. ``arguments`` and ``named`` are what the layer was called
    with beside the stream, ``attention_rest`` what its attention gave beside its output.
    """

    arguments: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)
    stream_by_name: bool = False
    attention_rest: tuple[Any, ...] | None = None
    seen: dict[str, Tensor] = field(default_factory=dict)
    mask: Tensor | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """By site, without the axis of the batch."""
        return {name: tensor[0] for name, tensor in self.seen.items()}

    @property
    def resid_pre(self) -> Tensor:
        return self.seen["resid_pre"][0]

    @property
    def attn_out(self) -> Tensor:
        return self.seen["attn_out"][0]

    @property
    def mlp_out(self) -> Tensor:
        return self.seen["mlp_out"][0]

    @property
    def resid_post(self) -> Tensor:
        return self.seen["resid_post"][0]

    @property
    def query(self) -> Tensor:
        return self.seen["q"][0]

    @property
    def key(self) -> Tensor:
        return self.seen["k"][0]

    @property
    def value(self) -> Tensor:
        return self.seen["v"][0]

    @property
    def z(self) -> Tensor:
        return self.seen["z"][0]

    def detached(self) -> LayerRecord:
        """The same numbers without the graph that made them."""
        return LayerRecord(
            self.arguments,
            self.named,
            self.stream_by_name,
            self.attention_rest,
            {name: tensor.detach() for name, tensor in self.seen.items()},
            self.mask,
            self.options,
        )


@dataclass(frozen=True)
class Recording:
    """One run: its layers, first one first, and the ``logits`` [kept position, vocabulary] of its last positions."""

    given: ModelInput
    layers: list[LayerRecord]
    logits: Tensor

    @property
    def tokens(self) -> int:
        return self.given.length

    def detached(self) -> Recording:
        return Recording(self.given, [layer.detached() for layer in self.layers], self.logits.detach())


class Anatomy:
    """The subject's layers and the parts of them that patching touches.

    Raises ``unsupported_model`` where they cannot be read.
    """

    def __init__(self, subject: Subject) -> None:
        if virtual_tokens(subject):
            raise GlasspaneError(
                "unsupported_model",
                f"{subject.name} puts virtual tokens before every prompt, which shifts what can be patched.",
                "Explain the model without this adapter.",
            )
        self.subject = subject
        self.layers, self.names = layers_of(subject)
        if self.names.norms is not None:
            raise _unreadable(subject)
        self.attentions = [_part(layer, self.names.attention) for layer in self.layers]
        self.place = {id(module): index for index, module in enumerate(self.attentions)}
        # As of now: while attention runs through a function of ours, the configuration says something else.
        try:
            self.functions: list[AttentionFunction] | None = [own_function(m) for m in self.attentions]
        except NoEagerFunction:
            self.functions = None

    @property
    def heads(self) -> int:
        """How many heads the configuration says each layer has."""
        config = self.subject.core.config
        config = config.get_text_config() if hasattr(config, "get_text_config") else config
        return int(config.num_attention_heads)

    @property
    def count(self) -> int:
        return len(self.layers)

    def projection(self, layer: int) -> nn.Module:
        return _part(self.layers[layer], self.names.projection)

    def attention_write(self, layer: int) -> nn.Module:
        return _part(self.layers[layer], self.names.attention_write)

    def mlp_write(self, layer: int) -> nn.Module:
        return _part(self.layers[layer], self.names.mlp_write)

    def mlp(self, layer: int) -> nn.Module | None:
        """The MLP without a norm behind it, where it goes by the usual name."""
        return part(self.layers[layer], "mlp")

    @property
    def post_normed(self) -> bool:
        """Whether attention's output passes another module before it is added to the stream (Gemma 2)."""
        return self.names.attention_write != self.names.attention

    def writes(self, layer: int, z: Tensor) -> Tensor:
        """What attention adds to the stream for head outputs ``z`` [token, head, dim] → [token, dim]."""
        written: Tensor = self.projection(layer)(z.flatten(1)[None])
        if self.post_normed:
            written = self.attention_write(layer)(written)
        return written[0]


def _part(layer: nn.Module, path: str) -> nn.Module:
    found = part(layer, path)
    assert found is not None
    return found


def _unreadable(subject: Subject) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        f"The layers of {type(subject.core).__name__} are built in a way that cannot be patched yet.",
        "Use a causal language model of the GPT-2, Llama, Mistral, Qwen, GPT-NeoX or Gemma families.",
    )


def record(anatomy: Anatomy, given: ModelInput, keep: int = 1, meter: Meter | None = None) -> Recording:
    """Run the subject on ``given`` (one row) and keep its activations.

    Under grad mode they hang together, so that gradients by any of them can be asked for. Raises
    ``unsupported_model`` where the layers do not call attention in a way that can be watched.
    """
    records = [LayerRecord() for _ in anatomy.layers]
    with ExitStack() as stack:
        for index, record_ in enumerate(records):
            for handle in _watch(anatomy, index, record_):
                stack.callback(handle.remove)
        if anatomy.functions is not None:
            stack.enter_context(attention_through(anatomy.subject, _recorder(anatomy, records)))
        forward = run(anatomy.subject, given, keep=keep, meter=meter)
    expected = {"resid_pre", "attn_out", "mlp_out", "resid_post"}
    if not all(expected <= record_.seen.keys() and _adds_up(record_) for record_ in records):
        raise _unreadable(anatomy.subject)
    return Recording(given, records, forward.logits[0])


def _adds_up(kept: LayerRecord) -> bool:
    """Whether the layer's output is its input plus what was written, up to what half precision rounds away.

    It is not where a block scales its writes on the way, or adds in place to what was kept.
    """
    with torch.no_grad():
        whole = kept.resid_post.float()
        parts = kept.resid_pre.float() + kept.attn_out.float() + kept.mlp_out.float()
        return bool((whole - parts).norm() <= 0.02 * whole.norm()) or not bool(torch.isfinite(whole).all())


def _recorder(anatomy: Anatomy, records: list[LayerRecord]) -> AttentionFunction:
    functions = anatomy.functions
    assert functions is not None

    def attend(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any, **options: Any
    ) -> tuple[Tensor, None]:
        layer = anatomy.place.get(id(module))
        if layer is None:
            return own_function(module)(module, query, key, value, mask, **options)[0], None
        z = functions[layer](module, query, key, value, mask, **options)[0]
        kept = records[layer]
        kept.seen |= {"q": query, "k": key, "v": value, "z": z}
        kept.mask, kept.options = mask, options
        return z, None

    return attend


def _watch(anatomy: Anatomy, index: int, kept: LayerRecord) -> list[Any]:
    layer = anatomy.layers[index]

    def entering(_module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        kept.stream_by_name = not arguments
        stream = named["hidden_states"] if kept.stream_by_name else arguments[0]
        kept.arguments = arguments[1:]
        kept.named = {name: value for name, value in named.items() if name != "hidden_states"}
        if index == 0 and torch.is_grad_enabled():  # gradients go back to here, and no further
            stream = stream.detach().requires_grad_()
        kept.seen["resid_pre"] = stream
        return (
            ((), {**named, "hidden_states": stream})
            if kept.stream_by_name
            else ((stream, *arguments[1:]), named)
        )

    def left(_module: nn.Module, _arguments: Any, output: Any) -> None:
        kept.seen["resid_post"] = first_of(output)

    def attended(_module: nn.Module, _arguments: Any, output: Any) -> None:
        kept.attention_rest = tuple(output[1:]) if isinstance(output, tuple) else None

    def projecting(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
        kept.seen["z"] = arguments[0].unflatten(-1, (anatomy.heads, -1))

    handles = []
    if anatomy.functions is None:
        handles.append(anatomy.projection(index).register_forward_pre_hook(projecting))
    return [
        *handles,
        layer.register_forward_pre_hook(entering, with_kwargs=True),
        layer.register_forward_hook(left),
        anatomy.attentions[index].register_forward_hook(attended),
        anatomy.attention_write(index).register_forward_hook(_keeper(kept, "attn_out")),
        anatomy.mlp_write(index).register_forward_hook(_keeper(kept, "mlp_out")),
    ]


def _keeper(kept: LayerRecord, name: str) -> Callable[[nn.Module, Any, Any], None]:
    def keep(_module: nn.Module, _arguments: Any, output: Any) -> None:
        kept.seen[name] = first_of(output)

    return keep


def first_of(output: Any) -> Tensor:
    """The hidden states of a module's output, which may be a tuple."""
    tensor = output[0] if isinstance(output, (tuple, list)) else output
    assert isinstance(tensor, Tensor)
    return tensor
