"""Every node and every edge by attribution, in units of one forward pass."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from attribution_lines.random_models import language_model

from causal_lines.prompts import TOKENS, TWO_THIRDS, two_prompts


def lines(runs: int) -> None:
    import glasspane as gp
    from glasspane.causal.anatomy import Anatomy
    from glasspane.causal.edge_attribution import edge_scores, watched_projections
    from glasspane.causal.runs import run_pair
    from glasspane.protocol import PatchRequest, PromptPair, TextPrompt
    from glasspane.subjects.architecture import Meter
    from glasspane.subjects.guard import unharmed

    model, tokenizer = language_model()
    subject = gp.subject(model, tokenizer)
    clean, corrupted = two_prompts(tokenizer, TWO_THIRDS)
    pair = PromptPair(clean=TextPrompt(text=clean), corrupted=TextPrompt(text=corrupted))
    ids = torch.tensor([tokenizer(clean)["input_ids"]])

    def forward() -> None:
        with torch.no_grad():
            model(ids)

    def attributed() -> int:
        """Both runs recorded, one of them differentiated, and every edge's score."""
        with unharmed(subject):
            anatomy = Anatomy(subject)
            watched = watched_projections(anatomy)
            asked = PatchRequest(pairs=[pair])
            run = run_pair(subject, anatomy, asked, pair, None, Meter(), watched=watched)
            return len(edge_scores(run, 1, Meter()))

    count = attributed()
    once, took = _median(forward, 20), _median(attributed, max(5, runs))
    print(
        f"attribution patching, all {count:,} edges of {TOKENS} tokens (nodes are their sums): {took:.3f} s, one "
        f"forward pass {once:.3f} s; {took / once:.1f} forward passes (wanted: at most 6)",
        flush=True,
    )


def _median(work: Callable[[], Any], runs: int) -> float:
    work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
