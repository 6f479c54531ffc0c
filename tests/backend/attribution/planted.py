"""Models whose every answer has one known cause, for tests of methods and of checks."""

from __future__ import annotations

from typing import Any

import torch
from tiny_models import tokenizer
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

import glasspane as gp


class OnePlaceConfig(PretrainedConfig):
    model_type = "one_place"

    def __init__(self, vocab_size: int = 600, hidden_size: int = 16, **more: Any) -> None:
        more = {"num_labels": 6, "problem_type": "multi_label_classification", "pad_token_id": None, **more}
        super().__init__(**more)
        self.vocab_size, self.hidden_size, self.num_hidden_layers, self.num_attention_heads = (
            vocab_size, hidden_size, 1, 1,
        )  # fmt: skip


class OnePlaceForSequenceClassification(PreTrainedModel):  # type: ignore[misc]
    """Yes to class c hangs on the token at place c + 1 and on nothing else."""

    config_class = OnePlaceConfig

    def __init__(self, config: OnePlaceConfig) -> None:
        super().__init__(config)
        self.embed = nn.Embedding(config.vocab_size, config.hidden_size)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.embed

    def forward(self, input_ids: Any = None, attention_mask: Any = None, **_: Any) -> Any:
        embedded = self.embed(input_ids)
        return SequenceClassifierOutput(logits=embedded[:, 1 : 1 + self.config.num_labels].sum(-1))


def one_place_subject() -> Any:
    """Every written token says yes with p ≈ 0.98, and what stands for absence no."""
    torch.manual_seed(0)
    model = OnePlaceForSequenceClassification(OnePlaceConfig()).eval()
    with torch.no_grad():
        weight = torch.rand(600, 16) * 0.1 + 0.2
        weight[0] = -0.25
        model.embed.weight.copy_(weight)
    return gp.subject(model, tokenizer("byte_level"))
