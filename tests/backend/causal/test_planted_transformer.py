"""The planted model is read like any Hugging Face causal language model; plain calls of it are the truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted_circuits import planted_induction, planted_ioi
from planted_ladder import EXACT, HARDEST

import glasspane as gp
from glasspane.subjects.architecture import family_of
from glasspane.subjects.blocks import layers_of
from glasspane.subjects.fingerprint import weights_fingerprint

DIFFICULTIES = {"plain": EXACT["plain"], "relaying MLP": EXACT["relaying MLP"], "everything": HARDEST}

every = pytest.mark.parametrize("difficulty", list(DIFFICULTIES))


@every
def test_its_parts_are_found(difficulty: str) -> None:
    circuit = planted_ioi(0, DIFFICULTIES[difficulty])
    subject = gp.subject(circuit.model, circuit.tokenizer)
    assert family_of(circuit.model) == subject.family == "causal_lm"
    layers, names = layers_of(subject)
    assert layers == list(circuit.model.model.layers)
    assert (names.attention, names.projection) == ("self_attn", "self_attn.o_proj")
    assert (names.attention_write, names.mlp_write) == ("self_attn", "mlp")
    assert circuit.model.get_input_embeddings() is circuit.model.model.embed_tokens
    assert circuit.model.get_output_embeddings() is circuit.model.lm_head


@every
def test_it_is_explained_from_text_and_left_as_it_was(difficulty: str) -> None:
    circuit = planted_ioi(0, DIFFICULTIES[difficulty])
    pair = circuit.pairs(0, 1)[0]
    subject = gp.subject(circuit.model, circuit.tokenizer)
    before = weights_fingerprint(circuit.model)
    views = gp.attention(subject, pair.clean_text)
    assert [token.id for token in views.tokens] == list(pair.clean)
    hidden = circuit.model(torch.tensor([pair.clean]), output_hidden_states=True).hidden_states
    # The last of Hugging Face's is already normalised.
    expected = torch.stack([layer[0].norm(dim=-1) for layer in hidden[:-1]])
    assert (
        np.abs(views.residual().stream[:-1] / expected.detach().numpy() - 1).max() < 0.01
    )  # drawn with 8 bits
    assert weights_fingerprint(circuit.model) == before


@every
def test_caches_masks_and_kept_positions_change_nothing(difficulty: str) -> None:
    circuit = planted_induction(0, DIFFICULTIES[difficulty])
    pair = circuit.pairs(0, 1)[0]
    ids = torch.tensor([pair.clean])
    whole = circuit.model(ids, use_cache=False).logits
    assert (circuit.model(ids, logits_to_keep=2).logits - whole[:, -2:]).abs().max() < 1e-12
    first = circuit.model(ids[:, :5], use_cache=True)
    rest = circuit.model(ids[:, 5:], past_key_values=first.past_key_values, use_cache=True)
    assert (torch.cat([first.logits, rest.logits], 1) - whole).abs().max() < 1e-12
    beside = circuit.model(torch.tensor([pair.clean, pair.corrupted])).logits
    assert (beside[:1] - whole).abs().max() < 1e-12
    embedded = circuit.model.get_input_embeddings()(ids)
    assert (circuit.model(inputs_embeds=embedded).logits - whole).abs().max() < 1e-12
    circuit.model.set_attn_implementation("sdpa")
    assert (circuit.model(ids).logits - whole).abs().max() < 1e-12


@every
def test_it_says_the_answer(difficulty: str) -> None:
    circuit = planted_ioi(0, DIFFICULTIES[difficulty])
    for pair in circuit.pairs(0, 3):
        ids = torch.tensor([pair.clean])
        # Its table of positions ends with the prompt: one token can be said.
        said = circuit.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=1, do_sample=False
        )
        assert circuit.tokenizer.decode(said[0, -1]) == pair.right_word


def test_building_one_leaves_random_numbers_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    first, second = planted_ioi(3), planted_ioi(3)
    assert torch.equal(torch.rand(3), expected)
    assert weights_fingerprint(first.model) == weights_fingerprint(second.model)
    assert weights_fingerprint(first.model) != weights_fingerprint(planted_ioi(4).model)
