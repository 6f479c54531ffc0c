"""Does " Paris" lean most on " France"? Integrated gradients, gradient×input and occlusion."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import capitals
from .measure import Gate, Subject, share


def integrated_gradients(model: Any, ids: Tensor, target: int, baseline: Tensor, nodes: int = 16) -> Tensor:
    """IG of the target's log-probability after ``ids`` [pos], from ``baseline`` [width] at every position.

    Gauss–Legendre nodes; returns signed scores [pos].
    """
    embeds = model.transformer.wte(ids).detach()
    points, weights = np.polynomial.legendre.leggauss(nodes)
    alphas = torch.tensor((points + 1) / 2, dtype=embeds.dtype)[:, None, None]
    path = (baseline + alphas * (embeds - baseline)).requires_grad_()
    (gradient,) = torch.autograd.grad(_score(model, path, target).sum(), path)
    mean = (gradient * torch.tensor(weights / 2, dtype=embeds.dtype)[:, None, None]).sum(0)
    scores: Tensor = ((embeds - baseline) * mean).sum(-1)
    return scores


def gradient_times_input(model: Any, ids: Tensor, target: int) -> Tensor:
    """Signed gradient×input scores [pos] of the target's log-probability."""
    embeds = model.transformer.wte(ids).detach()[None].requires_grad_()
    (gradient,) = torch.autograd.grad(_score(model, embeds, target).sum(), embeds)
    scores: Tensor = (gradient * embeds).sum(-1)[0].detach()
    return scores


@torch.no_grad()
def occlusion(model: Any, ids: Tensor, target: int, neutral: int) -> Tensor:
    """The fall [pos] of the target's log-probability when one token becomes ``neutral``."""
    rows = ids.repeat(len(ids) + 1, 1)
    rows[torch.arange(len(ids)) + 1, torch.arange(len(ids))] = neutral
    scores = _score(model, model.transformer.wte(rows), target)
    return scores[0] - scores[1:]


def attribution_gates(subject: Subject, countries: int = len(capitals.CAPITALS)) -> list[Gate]:
    """For "The capital of X is": the share of countries X that is the token its capital leans on most."""
    model, vectors = subject.model, subject.model.transformer.wte.weight.detach()
    mean, end = vectors.mean(0), vectors[subject.end]
    hits: dict[str, list[bool]] = {}
    for country, city in list(capitals.CAPITALS.items())[:countries]:
        ids = torch.tensor(subject.tokenizer(capitals.prompt(country))["input_ids"])
        target = subject.tokenizer(f" {city}")["input_ids"][0]
        place = ids.tolist().index(subject.tokenizer(f" {country}")["input_ids"][0])
        maps = {
            "integrated gradients, mean embedding": integrated_gradients(model, ids, target, mean),
            "integrated gradients, end-of-text embedding": integrated_gradients(model, ids, target, end),
            "gradient×input": gradient_times_input(model, ids, target),
            "occlusion": occlusion(model, ids, target, subject.end),
        }
        for name, scores in maps.items():
            hits.setdefault(name, []).append(int(scores.argmax()) == place)
    gates = []
    for name, outcomes in hits.items():
        bound = 0.9 if name.startswith("integrated") else None
        gates.append(share(f"capital leans most on its country ({name})", outcomes, bound))
        gates.append(share(f'" Paris" leans most on " France" ({name})', outcomes[:1], 1.0))
    return gates


def _score(model: Any, embeds: Tensor, target: int) -> Tensor:
    """log p(target) after the last position, for embeddings [row, pos, width]."""
    hidden = model.transformer(inputs_embeds=embeds).last_hidden_state[:, -1]
    scores: Tensor = model.lm_head(hidden).log_softmax(-1)[:, target]
    return scores
