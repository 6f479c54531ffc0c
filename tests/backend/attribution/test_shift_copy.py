"""A hand-built model whose every answer has one cause: it says the token that stood three places back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import tokenizer
from torch import nn
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

import glasspane as gp

BACK = 3
TEXT = "The capital of France is Paris. The capital of Spain is"


class ShiftCopyConfig(PretrainedConfig):
    model_type = "shift_copy"

    def __init__(self, vocab_size: int = 600, hidden_size: int = 64, **more: Any) -> None:
        super().__init__(**more)
        self.vocab_size, self.hidden_size, self.num_hidden_layers, self.num_attention_heads = (
            vocab_size, hidden_size, 1, 1,
        )  # fmt: skip


class ShiftCopyForCausalLM(PreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """logits[t] = E · e[t − 3]: the tokens' own (nearly orthogonal) embeddings tell which it was.

    A GELU and a little of every other earlier token make it neither linear nor blind.
    """

    config_class = ShiftCopyConfig
    _supports_sdpa = True

    def __init__(self, config: ShiftCopyConfig) -> None:
        super().__init__(config)
        self.embed = nn.Embedding(config.vocab_size, config.hidden_size)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.embed

    def get_output_embeddings(self) -> nn.Module:
        return self.embed

    def forward(
        self, input_ids: Any = None, attention_mask: Any = None, inputs_embeds: Any = None, **_: Any
    ) -> Any:
        embedded = self.embed(input_ids) if inputs_embeds is None else inputs_embeds
        count = embedded.shape[1]
        places = torch.arange(count)
        seen = (places[:, None] >= places[None, :]).to(embedded) * 0.02
        seen = seen + ((places[:, None] - places[None, :]) == BACK).to(embedded)
        read = seen @ embedded
        read = read + 0.1 * nn.functional.gelu(read)
        return CausalLMOutput(logits=read @ self.embed.weight.T * 4.0, attentions=(seen[None, None],))


@pytest.fixture(scope="module")
def subject() -> Any:
    torch.manual_seed(0)
    model = ShiftCopyForCausalLM(ShiftCopyConfig()).eval()
    with torch.no_grad():
        model.embed.weight.copy_(nn.functional.normalize(torch.randn(600, 64), dim=-1))
    return gp.subject(model, tokenizer("byte_level"))


UNTOLD = {"attention", "attention_rollout", "inseq:attention"}
"""Reading weights is no explanation: of two sources alike, attention shows both."""
NO_ANSWER = {
    "inseq:reagent",
    "inseq:value_zeroing",
    "inseq:layer_integrated_gradients",
    "inseq:layer_deeplift",
}
"""They do not run here, and say why: see test_inseq."""
ROUGH = {"inseq:lime"}
"""50 samples for more than 600 weights."""


@pytest.mark.parametrize("method", [m for m in gp.methods() if m not in UNTOLD | NO_ANSWER | ROUGH])
def test_every_method_ranks_the_true_source_first(subject: Any, method: str) -> None:
    ours = gp.explain(subject, TEXT, method=method)
    source = len(ours.tokens) - 1 - BACK
    assert ours.target.ids == [ours.tokens[source].id]
    assert int(np.argmax(ours.scores[0])) == source
    assert ours.scores[0][source] > 3 * np.abs(np.delete(ours.scores[0], source)).max()


def test_every_row_of_a_completion_points_at_its_own_source(subject: Any) -> None:
    rows = gp.explain(
        subject, "The capital of France is Paris", completion=" of France is Paris of", each=True
    )
    first = len(rows.tokens) - (len(rows.target.ids) - 1)
    for row, scores in enumerate(rows.scores):
        assert int(np.argmax(scores)) == first + row - 1 - BACK
