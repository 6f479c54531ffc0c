"""Models whose blocks are built in ways of their own. Truth: hooks written out here, on paths named here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from tiny_models import older_model, tokenizer
from torch import Tensor, nn
from transformers import OPTConfig, OPTForCausalLM

import glasspane as gp
from glasspane.errors import GlasspaneError

CLEAN, CORRUPTED = "The capital of France", "The capital of Spain"
HEADS = 4


class Paths(NamedTuple):
    layers: str
    projection: str
    """Its input is what the heads gave, side by side."""
    attention: str
    mlp: str


def _opt(**options: Any) -> Any:
    torch.manual_seed(0)
    return OPTForCausalLM(
        OPTConfig(
            vocab_size=600,
            hidden_size=32,
            word_embed_proj_dim=32,
            ffn_dim=64,
            num_hidden_layers=2,
            num_attention_heads=HEADS,
            max_position_embeddings=64,
            init_std=0.25,
            **options,
        )
    ).eval()


KINDS: dict[str, Paths] = {
    "gptj": Paths("transformer.h", "attn.out_proj", "attn", "mlp"),
    "gpt_neo": Paths("transformer.h", "attn.attention.out_proj", "attn", "mlp"),
    "bloom": Paths("transformer.h", "self_attention.dense", "self_attention.dense", "mlp.dense_4h_to_h"),
    "falcon": Paths("transformer.h", "self_attention.dense", "self_attention", "mlp"),
    "falcon_alibi": Paths("transformer.h", "self_attention.dense", "self_attention", "mlp"),
    "mpt": Paths("transformer.blocks", "attn.out_proj", "attn", "ffn.down_proj"),
    "opt": Paths("model.decoder.layers", "self_attn.out_proj", "self_attn", "fc2"),
}


@pytest.fixture(scope="module", params=KINDS)
def known(request: pytest.FixtureRequest) -> tuple[Any, Paths, str]:
    kind = request.param
    model = _opt() if kind == "opt" else older_model(kind)
    return gp.subject(model.double(), tokenizer("byte_level")), KINDS[kind], kind


def _first(output: Any) -> Tensor:
    return output[0] if isinstance(output, tuple) else output


def _run(
    model: nn.Module, ids: Tensor, module: nn.Module, on_input: bool, change: Callable[[Tensor], Tensor]
) -> Tensor:
    """Logits after the last token, with what goes into ``module`` (or comes out of it) changed."""

    def entering(_module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if given:
            return (change(given[0]), *given[1:]), named
        return given, {**named, "hidden_states": change(named["hidden_states"])}

    def leaving(_module: nn.Module, _given: Any, output: Any) -> Any:
        changed = change(_first(output))
        return (changed, *output[1:]) if isinstance(output, tuple) else changed

    handle = (
        module.register_forward_pre_hook(entering, with_kwargs=True)
        if on_input
        else module.register_forward_hook(leaving)
    )
    with torch.no_grad():
        logits: Tensor = model(ids).logits[0, -1]
    handle.remove()
    return logits


def _patched(known: tuple[Any, Paths, str], site: str, layer: int, head: int, place: int, maps: Any) -> float:
    subject, paths, _ = known
    model = subject.model
    block = model.get_submodule(paths.layers)[layer]
    path = {"resid_pre": "", "z": paths.projection, "attn_out": paths.attention, "mlp_out": paths.mlp}[site]
    module = block.get_submodule(path)
    on_input = site in ("resid_pre", "z")
    clean, corrupted = (
        torch.tensor([[token.id for token in run.tokens]]) for run in (maps.data.clean, maps.data.corrupted)
    )
    kept: list[Tensor] = []
    _run(model, clean, module, on_input, lambda seen: kept.append(seen.clone()) or seen)

    def put_in(seen: Tensor) -> Tensor:
        rows = seen.clone()
        whole, source = rows.view(-1, rows.shape[-1]), kept[0].view(-1, rows.shape[-1])
        wide = slice(None) if site != "z" else slice(head * 8, head * 8 + 8)
        whole[place, wide] = source[place, wide]
        return rows

    logits = _run(model, corrupted, module, on_input, put_in)
    return float(logits[maps.data.right.id] - logits[maps.data.wrong.id])


@pytest.mark.parametrize("site", ["resid_pre", "attn_out", "mlp_out", "z"])
def test_every_cell_is_what_a_hook_on_its_own_module_gives(known: tuple[Any, Paths, str], site: str) -> None:
    by = {"by": "head_position"} if site == "z" else {}
    maps = gp.patch(known[0], CLEAN, CORRUPTED, answer=("a", "b"), site=site, **by)
    raw = maps.raw if site == "z" else maps.raw[:, None]
    expected = [
        [
            [_patched(known, site, layer, head, place, maps) for place in range(raw.shape[2])]
            for head in range(raw.shape[1])
        ]
        for layer in range(raw.shape[0])
    ]
    np.testing.assert_allclose(raw, expected, atol=1e-10)
    assert maps.data.check.way == ("fast" if known[2] == "opt" else "plain")


def test_the_parts_of_the_answer_add_up_to_it(known: tuple[Any, Paths, str]) -> None:
    """Completeness: with the final norm frozen the logit is the sum of what was written."""
    reading = gp.lens(known[0], CLEAN)
    direct = reading.data.direct
    assert direct is not None
    ids = torch.tensor([[token.id for token in reading.data.tokens]])
    with torch.no_grad():
        logits = known[0].model(ids).logits[0, -1]
    assert direct.value == pytest.approx(float(logits[reading.data.answer.id]), abs=1e-5)
    assert abs(direct.gap) < 1e-6


@pytest.mark.parametrize("site", ["q", "pattern"])
def test_what_such_attention_does_not_show_is_refused(site: str) -> None:
    subject = gp.subject(older_model("falcon"), tokenizer("byte_level"))
    with pytest.raises(GlasspaneError, match="does not show its") as refused:
        gp.patch(subject, CLEAN, CORRUPTED, site=site)
    assert "z instead" in str(refused.value)


def test_a_block_that_normalises_what_it_added_is_refused() -> None:
    """OPT 350m: its stream is not a sum of writes."""
    subject = gp.subject(_opt(do_layer_norm_before=False), tokenizer("byte_level"))
    with pytest.raises(GlasspaneError, match="cannot be patched yet"):
        gp.patch(subject, CLEAN, CORRUPTED, answer=("a", "b"))


@pytest.mark.parametrize("kind", ["opt", "falcon"])
@pytest.mark.parametrize("site", ["attn_out", "mlp_out"])
def test_estimates_are_the_metrics_slope(kind: str, site: str) -> None:
    """Finite differences: the estimate is the derivative along the way from one activation to the other."""
    model = (_opt() if kind == "opt" else older_model(kind)).double()
    subject = gp.subject(model, tokenizer("byte_level"))
    maps = gp.patch(subject, CLEAN, CORRUPTED, answer=("a", "b"), site=site, exact=0)
    step = 1e-6
    paths, place = KINDS[kind], maps.raw.shape[1] - 1
    block = model.get_submodule(paths.layers)[0]
    module = block.get_submodule(paths.attention if site == "attn_out" else paths.mlp)
    clean, corrupted = (
        torch.tensor([[token.id for token in run.tokens]]) for run in (maps.data.clean, maps.data.corrupted)
    )
    kept: list[Tensor] = []
    _run(model, clean, module, False, lambda seen: kept.append(seen.clone()) or seen)

    def moved(seen: Tensor) -> Tensor:
        rows = seen.clone()
        whole, source = rows.view(-1, rows.shape[-1]), kept[0].view(-1, rows.shape[-1])
        whole[place] += step * (source[place] - whole[place])
        return rows

    assert maps.data.right is not None
    assert maps.data.wrong is not None
    logits = _run(model, corrupted, module, False, moved)
    change = float(logits[maps.data.right.id] - logits[maps.data.wrong.id]) - maps.corrupted_value
    assert maps.raw[0, place] - maps.corrupted_value == pytest.approx(change / step, rel=1e-4, abs=1e-9)
