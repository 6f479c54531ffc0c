"""Maps by position: the residual stream, and every block's sites."""

from __future__ import annotations

from typing import Any

import numpy as np
from attribution_lines.measuring import compare
from attribution_lines.random_models import language_model

from causal_lines.prompts import TWO_THIRDS, by_lens, two_prompts

BLOCK = ("resid_pre", "attn_out", "mlp_out")


def lines(runs: int) -> None:
    import glasspane as gp

    model, tokenizer = language_model()
    subject = gp.subject(model, tokenizer)
    lens = gp.bridge(model, tokenizer)
    asked = (
        ("resid_pre [layer, pos], the first token differs", 0, BLOCK[:1], 20),
        ("resid_pre [layer, pos], the swap at two thirds", TWO_THIRDS, BLOCK[:1], 45),
        ("resid_pre, attn_out and mlp_out [layer, pos], the swap at two thirds", TWO_THIRDS, BLOCK, 20),
    )
    for what, place, sites, wanted in asked:
        prompts = two_prompts(tokenizer, place)
        first = gp.patch(subject, *prompts)  # warm, and the model's own answers
        right, wrong = first.data.right, first.data.wrong
        assert right is not None
        assert wrong is not None

        def ours(prompts: Any = prompts, sites: Any = sites, answer: Any = (right.id, wrong.id)) -> Any:
            return gp.patch(subject, *prompts, answer=answer, site=sites)

        theirs = by_lens(
            lens, tokenizer, prompts, (right.id, wrong.id), [f"get_act_patch_{site}" for site in sites]
        )
        compare(
            f"{what}, against transformer_lens",
            ours,
            theirs,
            wanted,
            runs,
            lambda found, expected, sites=sites: largest_by_effect(found, expected, sites),
        )


def largest_by_effect(found: Any, expected: list[np.ndarray[Any, Any]], sites: Any) -> float:
    """The largest difference of a cell, by the largest effect of any."""
    effects = max(np.abs(found[site].raw - found.corrupted_value).max() for site in sites)
    differences = [
        np.abs(found[site].raw - theirs).max() for site, theirs in zip(sites, expected, strict=True)
    ]
    return float(max(differences) / effects)
