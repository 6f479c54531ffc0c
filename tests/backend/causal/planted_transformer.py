"""A small decoder in the shape of Hugging Face's own, whose weights are written by hand.

Built as current Llama-like models are, so that whatever reads those reads this: the same names of parts, attention
looked up by name, masks and caches of the library. Positions are a table of vectors added to the embeddings, and
nothing else. Without MLPs the ``mlp`` of a layer is there and adds zeros; without norms they are identities.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PretrainedConfig, PreTrainedModel
from transformers.generation import GenerationMixin
from transformers.masking_utils import create_causal_mask
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.utils.generic import can_return_tuple, merge_with_config_defaults
from transformers.utils.output_capturing import capture_outputs


class PlantedConfig(PretrainedConfig):  # type: ignore[misc]
    """``intermediate_size`` 0: attention only. Heads need not share out ``hidden_size``."""

    model_type = "planted"

    def __init__(
        self,
        vocab_size: int = 16,
        hidden_size: int = 32,
        head_dim: int = 8,
        num_hidden_layers: int = 2,
        num_attention_heads: int = 2,
        intermediate_size: int = 0,
        max_position_embeddings: int = 16,
        rms_norm: bool = False,
        rms_norm_eps: float = 1e-6,
        use_cache: bool = True,
        **more: Any,
    ) -> None:
        self.vocab_size, self.hidden_size, self.head_dim = vocab_size, hidden_size, head_dim
        self.num_hidden_layers, self.num_attention_heads = num_hidden_layers, num_attention_heads
        self.num_key_value_heads = num_attention_heads
        self.intermediate_size, self.max_position_embeddings = intermediate_size, max_position_embeddings
        self.rms_norm, self.rms_norm_eps, self.use_cache = rms_norm, rms_norm_eps, use_cache
        super().__init__(**{"tie_word_embeddings": False, **more})


def eager_attention_forward(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, Tensor]:
    """query, key, value [row, head, token, dim] → output [row, token, head, dim], weights [row, head, query, key].

    The softmax keeps the precision of its scores: double stays double, so that truth can be stated to 1e-12.
    """
    scores = query @ key.transpose(2, 3) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    pattern = nn.functional.dropout(scores.softmax(-1), p=dropout, training=module.training)
    return (pattern @ value).transpose(1, 2).contiguous(), pattern


class PlantedRMSNorm(nn.Module):
    """x / √(mean x² + ε) · weight."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, hidden_states: Tensor) -> Tensor:
        mean_square = hidden_states.square().mean(-1, keepdim=True)
        return self.weight * (hidden_states * torch.rsqrt(mean_square + self.eps))


def _norm(config: PlantedConfig) -> nn.Module:
    return PlantedRMSNorm(config.hidden_size, config.rms_norm_eps) if config.rms_norm else nn.Identity()


class PlantedAttention(nn.Module):
    def __init__(self, config: PlantedConfig, layer_idx: int) -> None:
        super().__init__()
        self.config, self.layer_idx = config, layer_idx
        self.head_dim, self.scaling = config.head_dim, config.head_dim**-0.5
        self.num_key_value_groups, self.is_causal = 1, True
        side_by_side = config.num_attention_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, side_by_side, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, side_by_side, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, side_by_side, bias=False)
        self.o_proj = nn.Linear(side_by_side, config.hidden_size, bias=False)

    def dimensions(self, head: int) -> slice:
        """Where one head lies among all heads side by side."""
        return slice(head * self.head_dim, (head + 1) * self.head_dim)

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        past_key_values: Any = None,
        **kwargs: Any,
    ) -> tuple[Tensor, Tensor | None]:
        by_head = (*hidden_states.shape[:-1], -1, self.head_dim)
        query, key, value = (
            project(hidden_states).view(by_head).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        if past_key_values is not None:
            key, value = past_key_values.update(key, value, self.layer_idx)
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention_forward
        )
        outputs, pattern = attend(
            self, query, key, value, attention_mask, dropout=0.0, scaling=self.scaling, **kwargs
        )
        written: Tensor = self.o_proj(outputs.reshape(*hidden_states.shape[:-1], -1).contiguous())
        return written, pattern


class PlantedMLP(nn.Module):
    """down(relu(up(x)))."""

    def __init__(self, config: PlantedConfig) -> None:
        super().__init__()
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, hidden_states: Tensor) -> Tensor:
        written: Tensor = self.down_proj(self.up_proj(hidden_states).relu())
        return written


class SilentMLP(nn.Module):
    """Adds nothing."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        return torch.zeros_like(hidden_states)


class PlantedDecoderLayer(GradientCheckpointingLayer):  # type: ignore[misc]
    def __init__(self, config: PlantedConfig, layer_idx: int) -> None:
        super().__init__()
        self.self_attn = PlantedAttention(config, layer_idx)
        self.mlp: nn.Module = PlantedMLP(config) if config.intermediate_size else SilentMLP()
        self.input_layernorm = _norm(config)
        self.post_attention_layernorm = _norm(config)

    def forward(self, hidden_states: Tensor, **kwargs: Any) -> Tensor:
        attended, _ = self.self_attn(hidden_states=self.input_layernorm(hidden_states), **kwargs)
        hidden_states = hidden_states + attended
        written: Tensor = self.mlp(self.post_attention_layernorm(hidden_states))
        return hidden_states + written


class PlantedPreTrainedModel(PreTrainedModel):  # type: ignore[misc]
    config_class = PlantedConfig
    base_model_prefix = "model"
    supports_gradient_checkpointing = True
    _no_split_modules = ["PlantedDecoderLayer"]  # noqa: RUF012
    _supports_sdpa = True
    _supports_attention_backend = True
    _can_record_outputs = {  # noqa: RUF012
        "hidden_states": PlantedDecoderLayer,
        "attentions": PlantedAttention,
    }


class PlantedModel(PlantedPreTrainedModel):
    def __init__(self, config: PlantedConfig) -> None:
        super().__init__(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.embed_positions = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.layers = nn.ModuleList(
            PlantedDecoderLayer(config, index) for index in range(config.num_hidden_layers)
        )
        self.norm = _norm(config)
        self.gradient_checkpointing = False
        self.post_init()

    @merge_with_config_defaults  # type: ignore[untyped-decorator]
    @capture_outputs  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        if inputs_embeds is None:
            inputs_embeds = self.embed_tokens(input_ids)
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache(config=self.config)
        if position_ids is None:
            seen = past_key_values.get_seq_length() if past_key_values is not None else 0
            position_ids = (torch.arange(inputs_embeds.shape[1], device=inputs_embeds.device) + seen)[None]
        mask = create_causal_mask(
            config=self.config,
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            past_key_values=past_key_values,
            position_ids=position_ids,
        )
        hidden_states = inputs_embeds + self.embed_positions(position_ids)
        for layer in self.layers:
            hidden_states = layer(
                hidden_states,
                attention_mask=mask,
                position_ids=position_ids,
                past_key_values=past_key_values,
                use_cache=use_cache,
                **kwargs,
            )
        return BaseModelOutputWithPast(
            last_hidden_state=self.norm(hidden_states), past_key_values=past_key_values
        )


class PlantedForCausalLM(PlantedPreTrainedModel, GenerationMixin):  # type: ignore[misc]
    def __init__(self, config: PlantedConfig) -> None:
        super().__init__(config)
        self.model = PlantedModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    @property
    def blocks(self) -> list[PlantedDecoderLayer]:
        """The layers, first one first."""
        return cast(list[PlantedDecoderLayer], list(self.model.layers))

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | Tensor = 0,
        **kwargs: Any,
    ) -> Any:
        outputs = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(outputs.last_hidden_state[:, kept])
        loss = None
        if labels is not None:
            loss = self.loss_function(logits, labels, vocab_size=self.config.vocab_size, **kwargs)
        return CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=outputs.past_key_values,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )
