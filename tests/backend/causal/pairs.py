"""Prompts that differ in one token, for models that know no words."""

from __future__ import annotations

from typing import Any

import torch
from tiny_models import make_model, tokenizer
from torch import Tensor

import glasspane as gp
from glasspane.causal.anatomy import Anatomy
from glasspane.causal.metrics import Metric, answer_metric
from glasspane.causal.pair import ReadPair
from glasspane.causal.recording import record
from glasspane.causal.runs import PairOfRuns
from glasspane.subjects.architecture import ModelInput

FAMILIES = (
    "gpt2", "llama", "mistral", "qwen2", "qwen3", "neox", "gemma", "gemma2", "gemma3",
)  # fmt: skip
RIGHT, WRONG = 5, 9


def subject_of(family: str, attention: str | None = None) -> Any:
    """A random model in float64, computing attention as it does unless told."""
    model = make_model(family).double()
    if attention is not None:
        model.set_attn_implementation(attention)
    return gp.subject(model, tokenizer("byte_level"))


def ids_of(first: int, tokens: int = 9) -> tuple[Tensor, Tensor]:
    """(clean, corrupted) [1, token], the same before ``first`` and different there."""
    clean = torch.randint(1, 600, (1, tokens), generator=torch.Generator().manual_seed(1))
    corrupted = clean.clone()
    corrupted[0, first] = 77
    if first + 2 < tokens:
        corrupted[0, first + 2] = 78
    return clean, corrupted


def given(ids: Tensor) -> ModelInput:
    return ModelInput(ids, {"attention_mask": torch.ones_like(ids)})


def runs_of(
    subject: Any, first: int, noising: bool = False, metric: Metric | None = None, tokens: int = 9
) -> PairOfRuns:
    """Both prompts recorded; call under ``unharmed``."""
    clean, corrupted = ids_of(first, tokens)
    anatomy = Anatomy(subject)
    metric = metric or answer_metric("logit_difference", RIGHT, WRONG)
    with torch.no_grad():
        recorded = [record(anatomy, given(ids), metric.keep) for ids in (clean, corrupted)]
        values = tuple(float(metric(one.logits[None])[0]) for one in recorded)
    base, other = recorded if noising else recorded[::-1]
    read: Any = type("Ids", (ReadPair,), {})(clean=None, corrupted=None, first=first)
    ends = torch.stack([one.logits[-1] for one in recorded])
    return PairOfRuns(anatomy, read, base, other, metric, (values[0], values[1]), noising, ends, RIGHT, WRONG)
