"""GPT-2s whose every activation is known: a property of a word that one layer works out and the next one moves.

Each word has a code of signs; its parity is the product of the first two, which no linear classifier can read off
the code. Layer 0's MLP computes it where the word stands, layer 1's attention moves it to the word behind ("is"),
and layer 2 does nothing. So at "is", parity can be read from ``resid_pre 2`` on, and nothing else about the word
ever: what the head does with it is the caller's choice.
"""

from __future__ import annotations

import random
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

import glasspane as gp

WORDS = [f"w{number}" for number in range(96)]
BEFORE, BEHIND = ["so", "then", "now"], "is"
ANSWERS = ["no", "yes"]
VOCABULARY = ["<pad>", *WORDS, *BEFORE, BEHIND, *ANSWERS]
SIGNS, DIM = 16, 48
PARITY_HERE, PARITY_MOVED = 40, 44
"""Dimensions that hold the parity of the word itself, and of the words before (each with its negative beside it)."""


def parity_tokenizer() -> Any:
    tok = Tokenizer(
        models.WordLevel({word: place for place, word in enumerate(VOCABULARY)}, unk_token="<pad>")
    )
    tok.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tok, pad_token="<pad>", unk_token="<pad>", eos_token="<pad>"
    )


def codes() -> torch.Tensor:
    """[word of the vocabulary, sign]; the four combinations of the first two signs are equally frequent."""
    generator = torch.Generator().manual_seed(5)
    found = torch.randint(0, 2, (len(VOCABULARY), SIGNS), generator=generator) * 2.0 - 1
    for place in range(len(VOCABULARY)):
        found[place, 0] = 1 if place % 2 else -1
        found[place, 1] = 1 if place // 2 % 2 else -1
    found[len(WORDS) + 1 :, :2] = 1.0  # the words around are all even: only the one between tells texts apart
    return found


def parity(word: str) -> int:
    """1 where the first two signs agree."""
    code = codes()[VOCABULARY.index(word)]
    return int(code[0] * code[1] > 0)


def parity_model(*, used: bool, norms: bool = False) -> Any:
    """In float64. ``used``: the head reads the parity that was moved, for "yes" and against "no"; otherwise it reads
    the code of the last word and nothing else. ``norms``: with GPT-2's layer norms, in which
    every direction has a share."""
    config = GPT2Config(
        vocab_size=len(VOCABULARY), n_layer=3, n_head=1, n_embd=DIM, n_inner=8, n_positions=16,
        tie_word_embeddings=False, bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        for module in model.modules():
            if isinstance(module, nn.LayerNorm):
                module.weight.fill_(1.0)
        # A code and its negative: mean 0 and one variance for every word, so that a norm only rescales.
        model.transformer.wte.weight[:, :SIGNS] = codes().double()
        model.transformer.wte.weight[:, SIGNS : 2 * SIGNS] = -codes().double()
        first = model.transformer.h[0].mlp
        for unit, sign in enumerate((1.0, -1.0)):  # |a + b| = relu(a + b) + relu(−a − b)
            first.c_fc.weight[0, unit] = first.c_fc.weight[1, unit] = 20.0 * sign
            first.c_proj.weight[unit, PARITY_HERE] = 1 / 20
            first.c_proj.weight[unit, PARITY_HERE + 1] = -1 / 20
        second = model.transformer.h[1].attn  # queries and keys are 0: every position before is read alike
        second.c_attn.weight[PARITY_HERE, 2 * DIM] = 1.0
        second.c_proj.weight[0, PARITY_MOVED] = 1.0
        second.c_proj.weight[0, PARITY_MOVED + 1] = -1.0
        model.lm_head.weight[:, :SIGNS] = 0.1 * codes().double().flip(0)
        if used:
            for answer, sign in zip(ANSWERS, (-1.0, 1.0), strict=True):
                model.lm_head.weight[VOCABULARY.index(answer), PARITY_MOVED] = 3.0 * sign
    if not norms:
        for block in model.transformer.h:
            block.ln_1 = block.ln_2 = nn.Identity()
        model.transformer.ln_f = nn.Identity()
    return model


def parity_subject(**how: bool) -> Any:
    return gp.subject(parity_model(**how), parity_tokenizer())


def parity_rows(seed: int = 0) -> list[dict[str, Any]]:
    """Every word with every word before it, read at "is"; the group is the word between."""
    rows = [
        {"text": f"{before} {word} {BEHIND}", "label": ("odd", "even")[parity(word)], "group": word}
        for word in WORDS
        for before in BEFORE
    ]
    random.Random(seed).shuffle(rows)
    return rows
