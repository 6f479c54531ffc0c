"""Heads by position: thousands of cells."""

from __future__ import annotations

import numpy as np
from attribution_lines.measuring import compare
from attribution_lines.random_models import language_model

from causal_lines.prompts import TWO_THIRDS, by_lens, two_prompts


def lines(runs: int) -> None:
    import glasspane as gp

    model, tokenizer = language_model()
    subject = gp.subject(model, tokenizer)
    lens = gp.bridge(model, tokenizer)
    prompts = two_prompts(tokenizer, TWO_THIRDS)
    first = gp.patch(subject, *prompts).data
    assert first.right is not None
    assert first.wrong is not None
    answer = (first.right.id, first.wrong.id)
    compare(
        "head z by position [layer, head, pos], the swap at two thirds, against transformer_lens (minutes)",
        lambda: gp.patch(subject, *prompts, answer=answer, site="z", by="head_position"),
        by_lens(lens, tokenizer, prompts, answer, ["get_act_patch_attn_head_out_by_pos"]),
        25,
        runs,
        lambda found, expected: float(
            np.abs(found.raw - expected[0].transpose(0, 2, 1)).max()
            / np.abs(found.raw - found.corrupted_value).max()
        ),
    )
