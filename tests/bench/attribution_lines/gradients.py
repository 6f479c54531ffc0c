"""Integrated gradients and gradient × input against inseq: the same numbers, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from attribution_lines.measuring import compare, largest_difference
from attribution_lines.random_models import PROMPT_TOKENS, SAID_TOKENS, language_model, texts

POINTS = 32


def lines(runs: int) -> None:
    import inseq

    import glasspane as gp

    model, tokenizer = language_model()
    prompt, said = texts(tokenizer)
    count = PROMPT_TOKENS + SAID_TOKENS - 1

    def by_inseq(method: str, **options: Any) -> np.ndarray:
        """Raw scores summed over dimensions, [step, token]."""
        loaded = inseq.load_model(model, method, tokenizer=tokenizer)
        found = loaded.attribute(
            prompt, prompt + said, show_progress=False, pretty_progress=False,
            attributed_fn="logit", **options,
        )  # fmt: skip
        raw = found.sequence_attributions[0].target_attributions.double().numpy()  # [token, step, dim]
        return np.nan_to_num(raw).sum(-1).T[:, :count]

    # inseq puts the unknown token everywhere: here it is the padding.
    fixed = {"first_steps": POINTS, "max_steps": POINTS, "baseline": "pad"}
    each = compare(
        f"integrated gradients, {POINTS} points, each of {SAID_TOKENS} tokens, against inseq (one run: minutes)",
        lambda: gp.explain(model, tokenizer, prompt, completion=said, each=True, **fixed).scores,
        lambda: by_inseq("integrated_gradients", n_steps=POINTS),
        2.5,
        1,
        largest_difference,
    )
    compare(
        f"integrated gradients, {POINTS} points, the whole completion, against inseq summed over tokens",
        lambda: gp.explain(model, tokenizer, prompt, completion=said, **fixed).scores[0],
        each,
        20.0,
        runs,
        lambda found, rows: largest_difference(found, rows.sum(0)),
    )
    compare(
        f"gradient × input, each of {SAID_TOKENS} tokens, against inseq",
        lambda: (
            gp.explain(model, tokenizer, prompt, completion=said, each=True, method="input_x_gradient").scores
        ),
        lambda: by_inseq("input_x_gradient"),
        1.8,
        min(runs, 2),
        largest_difference,
    )
