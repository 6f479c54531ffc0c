"""Where heads look, in figures: on the prompts themselves, and on random tokens that come twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..subjects.architecture import Meter, ModelInput, context_length, embedding_rows
from .anatomy import Anatomy
from .recording import record
from .records import Recording

REPEATED = 24
"""Random tokens in a sequence that comes twice; fewer where the model reads no more."""

SEQUENCES = 4


@dataclass(frozen=True)
class Looks:
    """Mean attention weights of every head, [layer, head].

    ``previous``: from each token to the one before it. ``same``: from a token that was there before to where it
    was. ``after_same``: to what followed it there, which is what induction looks for.
    """

    previous: Tensor
    same: Tensor
    after_same: Tensor


def patterns(anatomy: Anatomy, run: Recording, layer: int) -> Tensor:
    """Attention weights [head, query, key] of one layer, by the model's own function: what it makes of unit values."""
    functions = anatomy.functions
    assert functions is not None
    kept = run.layers[layer]
    tokens = run.tokens
    units = torch.eye(tokens, dtype=kept.key.dtype, device=kept.key.device)
    units = units.expand(1, kept.key.shape[0], -1, -1).contiguous()
    weights: Tensor = functions[layer](
        anatomy.attentions[layer], kept.query[None], kept.key[None], units, kept.mask, **kept.options
    )[0]
    return weights[0].transpose(0, 1)


def repeated_runs(anatomy: Anatomy, like: ModelInput, seed: int, meter: Meter) -> list[Recording]:
    """Runs of random tokens that come twice, behind the first token of the prompt ``like`` (which may be special)."""
    subject = anatomy.subject
    limit = context_length(subject.core.config) or 2 * REPEATED + 1
    length = max(2, min(REPEATED, (limit - 1) // 2))
    chance = torch.Generator().manual_seed(seed)
    special = set(getattr(subject.tokenizer, "all_special_ids", []))
    usable = torch.tensor([token for token in range(embedding_rows(subject)) if token not in special])
    runs = []
    for _ in range(SEQUENCES):
        order = torch.randperm(len(usable), generator=chance)[:length]
        once = usable[order].to(like.ids.device)
        ids = torch.cat([like.ids[0, :1], once, once])[None]
        with torch.no_grad():
            runs.append(record(anatomy, ModelInput(ids, {"attention_mask": torch.ones_like(ids)}), 1, meter))
    return runs


def looks(anatomy: Anatomy, runs: Sequence[Recording]) -> Looks:
    """Means over the tokens of all ``runs``; NaN where no token comes twice."""
    sums = torch.zeros(3, anatomy.count, int(runs[0].layers[0].query.shape[0]), dtype=torch.float64)
    counts = torch.zeros(3, dtype=torch.float64)
    for run in runs:
        ids = run.given.ids[0]
        earlier = (ids[:, None] == ids[None, :]).tril(-1).double()
        following = torch.zeros_like(earlier)
        following[:, 1:] = earlier[:, :-1]
        following = following.tril()  # what follows lies before the token itself, or is it
        again = earlier.any(1)
        before = torch.diag(torch.ones(len(ids) - 1, dtype=torch.float64), -1)
        for layer in range(anatomy.count):
            weights = patterns(anatomy, run, layer).double()
            sums[0, layer] += (weights * before).sum((1, 2))
            sums[1, layer] += (weights * earlier)[:, again].sum((1, 2))
            sums[2, layer] += (weights * following)[:, again].sum((1, 2))
        counts += torch.tensor([len(ids) - 1, int(again.sum()), int(again.sum())])
    return Looks(*(sums / counts[:, None, None]))
