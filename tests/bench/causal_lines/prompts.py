"""Two prompts that differ in one token, and transformer_lens' way of patching between them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from attribution_lines.random_models import texts

TOKENS = 18
TWO_THIRDS = 12


def two_prompts(tokenizer: Any, place: int, tokens: int = TOKENS) -> tuple[str, str]:
    """(clean, corrupted) of so many tokens, another word standing at ``place``."""
    clean, _ = texts(tokenizer, tokens, 0)
    pieces = [tokenizer.decode([token]) for token in tokenizer(clean)["input_ids"]]
    other = " Rome" if pieces[place].startswith(" ") else "Rome"
    corrupted = "".join([*pieces[:place], other, *pieces[place + 1 :]])
    assert len(tokenizer(corrupted)["input_ids"]) == tokens, corrupted
    return clean, corrupted


def by_lens(
    lens: Any, tokenizer: Any, prompts: tuple[str, str], answers: tuple[int, int], names: Sequence[str]
) -> Callable[[], list[np.ndarray[Any, Any]]]:
    """transformer_lens' maps of those names, the clean run's cache included."""
    from transformer_lens import patching

    clean, corrupted = (torch.tensor([tokenizer(text)["input_ids"]]) for text in prompts)
    right, wrong = answers

    def metric(logits: torch.Tensor) -> torch.Tensor:
        return logits[0, -1, right] - logits[0, -1, wrong]

    def run() -> list[np.ndarray[Any, Any]]:
        with torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):
            _, cache = lens.run_with_cache(clean)
            return [getattr(patching, name)(lens, corrupted, cache, metric).numpy() for name in names]

    return run
