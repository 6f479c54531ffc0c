"""The random models that speeds are taken on, and texts of a known number of tokens."""

from __future__ import annotations

import copy
from typing import Any

import torch

PROMPT_TOKENS, SAID_TOKENS = 64, 16


def language_model() -> tuple[Any, Any]:
    from transformers import GPT2Config, GPT2LMHeadModel

    import glasspane as gp

    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(n_positions=2048, initializer_range=0.05)).eval()
    tokenizer = copy.deepcopy(gp.subject("demo-lm").tokenizer)
    tokenizer.unk_token = tokenizer.pad_token
    return model, tokenizer


def texts(tokenizer: Any, prompt: int = PROMPT_TOKENS, said: int = SAID_TOKENS) -> tuple[str, str]:
    """Two texts that are exactly so many tokens, apart and together."""
    words = "The capital of France is Paris and the film was good , the capital of Spain is".split()  # noqa: SIM905
    text, count = words[0], 1
    pieces = [text]
    place = 0
    while count < prompt + said:
        place += 1
        piece = " " + words[place % len(words)]
        if len(tokenizer(piece)["input_ids"]) == 1:
            pieces.append(piece)
            count += 1
    return "".join(pieces[:prompt]), "".join(pieces[prompt:])
