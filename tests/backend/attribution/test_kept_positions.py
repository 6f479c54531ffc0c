"""Truth: the same model run whole, in float64: what nobody reads is left out, and nothing else changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from tiny_models import make_model, older_model, tokenizer
from torch import Tensor

import glasspane as gp
from glasspane.attribution.kept_positions import kept_positions
from glasspane.subjects.blocks import layers_of, part

IDS = torch.tensor([[5, 17, 42, 99, 7, 23, 11], [8, 2, 77, 14, 300, 21, 9]])


def read_at_end(subject: Any, keep: int, ids: Tensor = IDS) -> Tensor:
    with torch.no_grad():
        logits: Tensor = subject.model(ids, logits_to_keep=keep, use_cache=False).logits
    return logits


def positions_of_last_mlp(subject: Any, keep: int) -> int:
    """How many positions of each row went through the last MLP's own matrices."""
    layers, _ = layers_of(subject)
    mlp = part(layers[-1], "mlp")
    assert mlp is not None
    seen: list[int] = []
    written = type(mlp).forward

    def watched(self: Any, hidden: Tensor) -> Any:
        if self is mlp:
            seen.append(hidden.shape[1])
        return written(self, hidden)

    type(mlp).forward = watched  # type: ignore[method-assign,assignment]
    try:
        with kept_positions(subject, keep):
            read_at_end(subject, keep)
    finally:
        type(mlp).forward = written  # type: ignore[method-assign]
    return seen[-1]


@pytest.mark.parametrize("kind", ["bloom", "falcon", "falcon_alibi", "mpt", "gpt_neo"])
def test_blocks_that_add_the_stream_in_their_parts_give_the_same_logits(kind: str) -> None:
    subject = gp.subject(older_model(kind).double(), tokenizer("byte_level"))
    expected = read_at_end(subject, 1)
    with kept_positions(subject, 1):
        torch.testing.assert_close(read_at_end(subject, 1), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("keep", [1, 3, 7])
@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen3", "gemma2", "neox", "gptj"])
def test_logits_where_they_are_read_are_those_of_the_whole_model(family: str, keep: int) -> None:
    model = older_model("gptj") if family == "gptj" else make_model(family)
    subject = gp.subject(model.double(), tokenizer("byte_level"))
    expected = read_at_end(subject, keep)
    with kept_positions(subject, keep):
        found = read_at_end(subject, keep)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert positions_of_last_mlp(subject, keep) == min(keep, 7)
    assert not any("forward" in vars(module) for module in model.modules())


def test_another_thread_gets_every_position() -> None:
    subject = gp.subject(make_model("llama").double(), tokenizer("byte_level"))
    expected = read_at_end(subject, 7)
    with kept_positions(subject, 1), ThreadPoolExecutor(1) as other:
        torch.testing.assert_close(other.submit(read_at_end, subject, 7).result(), expected, rtol=0, atol=0)


@pytest.mark.parametrize("watched", ["transformer.ln_f", "transformer.h.1.mlp.c_fc", "transformer.wte"])
def test_who_watches_a_part_sees_what_the_whole_model_does(watched: str) -> None:
    model = make_model("gpt2").double()
    subject = gp.subject(model, tokenizer("byte_level"))
    seen: list[Tensor] = []
    model.get_submodule(watched).register_forward_hook(lambda _module, _given, output: seen.append(output))
    read_at_end(subject, 1)
    with kept_positions(subject, 1):
        read_at_end(subject, 1)
    torch.testing.assert_close(seen[1], seen[0], rtol=0, atol=0)


class _Mixing(torch.nn.Module):
    """A user's own MLP, which also looks at the position before."""

    def __init__(self, written: Any) -> None:
        super().__init__()
        self.written = written

    def forward(self, hidden: Tensor) -> Tensor:
        mixed: Tensor = self.written(hidden + hidden.roll(1, dims=1))
        return mixed


def test_parts_of_the_users_own_making_run_whole() -> None:
    model = make_model("gpt2").double()
    model.transformer.h[-1].mlp = _Mixing(model.transformer.h[-1].mlp)
    subject = gp.subject(model, tokenizer("byte_level"))
    expected = read_at_end(subject, 1)
    with kept_positions(subject, 1):
        torch.testing.assert_close(read_at_end(subject, 1), expected, rtol=0, atol=0)
    assert gp.explain(
        model, tokenizer("byte_level"), "The capital", method="integrated_gradients", max_steps=64
    )


def test_all_is_as_it_was_after_an_error() -> None:
    model = make_model("llama")
    subject = gp.subject(model, tokenizer("byte_level"))
    with pytest.raises(RuntimeError), kept_positions(subject, 1):
        raise RuntimeError
    assert not any("forward" in vars(module) for module in model.modules())
