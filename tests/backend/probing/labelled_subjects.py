"""Random models of every family that probes read, each with its tokenizer."""

from __future__ import annotations

from typing import Any

from tiny_models import make_model, tokenizer_of

import glasspane as gp

FAMILIES = [
    "gpt2", "llama", "qwen3", "gemma2", "neox", "bert", "bert_masked", "distilbert", "gpt2_classifier", "t5",
]  # fmt: skip


def of_family(family: str) -> Any:
    return gp.subject(make_model(family), tokenizer_of(family))


def in_double(family: str) -> Any:
    return gp.subject(make_model(family).double(), tokenizer_of(family))
