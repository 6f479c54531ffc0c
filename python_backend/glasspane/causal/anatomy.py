"""The parts of a subject's layers that patching touches, whatever they are called."""

from __future__ import annotations

from contextlib import suppress

from torch import Tensor, nn

from ..errors import GlasspaneError
from ..subjects import Subject
from ..subjects.architecture import virtual_tokens
from ..subjects.attention_functions import NoEagerFunction, eager_function, own_function
from ..subjects.blocks import layers_of, part
from ..subjects.guard import AttentionFunction
from .bridge_runs import is_bridge


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
        self.functions: list[AttentionFunction] | None = None
        self.layers: list[nn.Module] = []
        self.attentions: list[nn.Module] = []
        if is_bridge(subject):
            self.count = int(subject.model.cfg.n_layers)
            return
        try:
            self.layers, self.names = layers_of(subject)
        except GlasspaneError as problem:
            raise unpatchable(subject) from problem
        self.count = len(self.layers)
        if self.names.norms is not None:
            raise unpatchable(subject)
        self.attentions = [_part(layer, self.names.attention) for layer in self.layers]
        self.place = {id(module): index for index, module in enumerate(self.attentions)}
        # As of now: while attention runs through a function of ours, the configuration says something else.
        with suppress(NoEagerFunction):
            for module in self.attentions:
                eager_function(
                    module
                )  # Where the file has none, attention is not called by name at all (Falcon).
            self.functions = [own_function(m) for m in self.attentions]

    @property
    def heads(self) -> int:
        """How many heads the configuration says each layer has."""
        config = self.subject.core.config
        config = config.get_text_config() if hasattr(config, "get_text_config") else config
        return int(config.num_attention_heads)

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
        return self.names.attention_write not in (self.names.attention, self.names.projection)

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


def unpatchable(subject: Subject) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        f"The layers of {type(subject.core).__name__} are built in a way that cannot be patched yet.",
        "Use a causal language model built like GPT-2, Llama, Qwen, Gemma, GPT-NeoX or OPT.",
    )
