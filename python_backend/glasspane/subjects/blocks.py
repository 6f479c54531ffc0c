"""Where a transformer's layers read and write their residual stream, by the names of their parts.

One row per way of building a block; the first whose names a model has is taken, and what is read by it is
checked against the stream itself (see :mod:`glasspane.attribution.by_attention.residual_stream`). A new architecture
is one more row.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ..errors import GlasspaneError
from . import Subject


@dataclass(frozen=True)
class BlockNames:
    """Paths below one layer.

    ``attention`` computes queries, keys and values; ``projection`` is W_O, which takes all heads' outputs
    side by side. ``attention_write`` and ``mlp_write`` are the modules whose outputs are added to the
    stream. ``norms``: the two that are applied to the stream itself, after each addition (BERT).
    """

    attention: str
    projection: str
    attention_write: str
    mlp_write: str
    norms: tuple[str, str] | None = None

    def fit(self, block: nn.Module) -> bool:
        paths = (self.attention, self.projection, self.attention_write, self.mlp_write, *(self.norms or ()))
        return all(part(block, path) is not None for path in paths)


BLOCKS = (
    # GPT-2
    BlockNames("attn", "attn.c_proj", "attn", "mlp"),
    # GPT-J, CodeGen
    BlockNames("attn", "attn.out_proj", "attn", "mlp"),
    # Gemma 2 and 3, OLMo 2: each part's output is normalised before it is added
    BlockNames("self_attn", "self_attn.o_proj", "post_attention_layernorm", "post_feedforward_layernorm"),
    # GLM 4
    BlockNames("self_attn", "self_attn.o_proj", "post_self_attn_layernorm", "post_mlp_layernorm"),
    # Llama, Mistral, Qwen, Gemma, SmolLM, …
    BlockNames("self_attn", "self_attn.o_proj", "self_attn", "mlp"),
    # Phi
    BlockNames("self_attn", "self_attn.dense", "self_attn", "mlp"),
    # GPT-NeoX, Pythia
    BlockNames("attention", "attention.dense", "attention", "mlp"),
    # BLOOM, whose attention and MLP add the stream themselves
    BlockNames("self_attention", "self_attention.dense", "self_attention.dense", "mlp.dense_4h_to_h"),
    # Falcon
    BlockNames("self_attention", "self_attention.dense", "self_attention", "mlp"),
    # GPT-Neo
    BlockNames("attn.attention", "attn.attention.out_proj", "attn.attention", "mlp"),
    # OPT
    BlockNames("self_attn", "self_attn.out_proj", "self_attn", "fc2"),
    # MPT, whose MLP adds the stream itself
    BlockNames("attn", "attn.out_proj", "attn", "ffn.down_proj"),
    # BERT, RoBERTa, ELECTRA
    BlockNames(
        "attention.self",
        "attention.output.dense",
        "attention.output.dense",
        "output.dense",
        ("attention.output.LayerNorm", "output.LayerNorm"),
    ),
    # DistilBERT
    BlockNames("attention", "attention.out_lin", "attention", "ffn", ("sa_layer_norm", "output_layer_norm")),
    # T5's encoder
    BlockNames(
        "layer.0.SelfAttention", "layer.0.SelfAttention.o", "layer.0.SelfAttention", "layer.1.DenseReluDense"
    ),
)


def part(block: nn.Module, path: str) -> nn.Module | None:
    """The submodule at ``path``, or None."""
    try:
        return block.get_submodule(path)
    except AttributeError:
        return None


def layers_of(subject: Subject) -> tuple[list[nn.Module], BlockNames]:
    """The layers, first one first, and how they are built; of encoder–decoders, the encoder's.

    Raises ``unsupported_model`` for an architecture without a row.
    """
    core = subject.core
    scope = core.get_encoder() if subject.family == "encoder_decoder" else core
    for module in scope.modules():
        if isinstance(module, nn.ModuleList) and len(module):
            for names in BLOCKS:
                if all(names.fit(block) for block in module):
                    return list(module), names
    raise unreadable(subject)


def unreadable(subject: Subject) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        f"The layers of {type(subject.core).__name__} are built in a way that cannot be read yet.",
        "Look at single heads or the rollout instead.",
    )
