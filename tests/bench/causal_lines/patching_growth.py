"""How cost grows with layers, positions and heads, and when the first map is there."""

from __future__ import annotations

import time
from typing import Any

import torch
from attribution_lines.measuring import measured
from attribution_lines.random_models import language_model

from causal_lines.prompts import two_prompts


def lines(_runs: int) -> None:
    import glasspane as gp
    from glasspane.causal.patch import patch
    from glasspane.protocol import PatchRequest, PatchSite, PromptPair, TextPrompt

    _, tokenizer = language_model()
    print("how cost grows (random models, width 768, the swap at two thirds; seconds are of a whole map):")
    shapes = ((12, 12, 18), (24, 12, 18), (12, 24, 18), (12, 12, 72), (12, 12, 288))
    for layers, heads, tokens in shapes:
        subject = gp.subject(_model(layers, heads), tokenizer)
        clean, corrupted = two_prompts(tokenizer, 2 * tokens // 3, tokens)
        for site, grid in (("resid_pre", "position"), ("z", "head"), ("z", "head_position")):
            if grid == "head_position" and tokens > 18:
                continue
            first: list[float] = []
            start = time.perf_counter()

            def report(
                fraction: float, stage: str, partial: Any = None, first: Any = first, start: Any = start
            ) -> None:
                if partial is not None:
                    first.append(time.perf_counter() - start)

            request = PatchRequest(
                pairs=[
                    PromptPair(
                        clean=TextPrompt(text=clean),
                        corrupted=TextPrompt(text=corrupted),
                        right=100,
                        wrong=200,
                    )
                ],
                sites=[PatchSite(site=site, grid=grid)],
            )
            took = measured(lambda s=subject, r=request, p=report: patch(s, r, p))
            there = f"{first[0]:.2f} s" if first else "with the whole"
            cells = len(took.found.maps[0].raw)
            print(
                f"  {layers} layers, {heads} heads, {tokens:4d} tokens, {site} by {grid}: {cells:,} cells, {took}; "
                f"first map {there}",
                flush=True,
            )


def _model(layers: int, heads: int) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    return GPT2LMHeadModel(
        GPT2Config(n_positions=2048, initializer_range=0.05, n_layer=layers, n_head=heads)
    ).eval()
