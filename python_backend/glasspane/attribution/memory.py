"""How much memory a request will need, known before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ..errors import GlasspaneError
from ..subjects import Subject
from ..subjects.architecture import device_of

ROWS_AT_ONCE = {"cpu": 16, "cuda": 64, "mps": 16}
"""Measured on two CPU cores, 16 rows beat 500; a GPU wants more to be busy."""

_SHARE_OF_FREE_MEMORY = 0.6


def rows_that_fit(subject: Subject, tokens: int, keep: int, eager: bool, *, recomputes: bool = False) -> int:
    """How many rows of ``tokens`` go through the model at once without running out of memory.

    ``keep`` positions are unembedded; ``eager`` says that attention weights will be kept, ``recomputes``
    that layers forget their activations (:mod:`glasspane.subjects.recomputation`). Raises
    ``not_enough_memory``, naming the length that would fit, when not even one row does.
    """
    device = device_of(subject)
    per_row = bytes_per_row(subject, tokens, keep, eager, recomputes)
    free = free_memory(device)
    most = 1 if _takes_one_row_only(subject) else ROWS_AT_ONCE.get(device.type, 16)
    if free is None:
        return most
    budget = int(free * _SHARE_OF_FREE_MEMORY)
    if per_row > budget:
        fits = tokens
        while fits > 1 and bytes_per_row(subject, fits, min(keep, fits), eager, recomputes) > budget:
            fits = int(fits * 0.9)
        raise GlasspaneError(
            "not_enough_memory",
            f"Explaining {tokens:,} tokens of {subject.name} needs about {_gib(per_row)}; "
            f"{_gib(free)} is free on {device}.",
            f"About {fits:,} tokens would fit: shorten the prompt, or free memory.",
        )
    return max(1, min(most, budget // per_row))


def refuse_if_too_large(
    subject: Subject,
    needed: int,
    what: str,
    *,
    device: torch.device | None = None,
    next_step: str = "Shorten the prompt, or free memory.",
) -> None:
    """Raise ``not_enough_memory`` when ``needed`` bytes for ``what`` are more than ``device`` has free.

    ``device`` None: that of the model.
    """
    device = device_of(subject) if device is None else device
    free = free_memory(device)
    if free is not None and needed > free * _SHARE_OF_FREE_MEMORY:
        raise GlasspaneError(
            "not_enough_memory",
            f"{what} needs about {_gib(needed)}; {_gib(free)} is free on {device}.",
            next_step,
        )


def units_that_fit(subject: Subject, each: int) -> int:
    """How many things of ``each`` so many bytes fit where the model lives; at least one is said."""
    free = free_memory(device_of(subject))
    return 1 if free is None else max(1, int(free * _SHARE_OF_FREE_MEMORY) // max(each, 1))


def bytes_per_row(subject: Subject, tokens: int, keep: int, eager: bool, recomputes: bool = False) -> int:
    """Estimated bytes that one row of a forward pass with gradients keeps alive.

    Per layer about 34·d values a token, half of them the MLP's (Korthikanti et al. 2022,
    arXiv:2205.05198, without dropout masks), scaled by the width of the MLP; eager attention
    adds five score matrices per head. Leans to the high side.
    """
    config = _text_config(subject)
    width = int(getattr(config, "hidden_size", 0) or getattr(config, "dim", 768))
    layers = int(getattr(config, "num_hidden_layers", 12))
    heads = int(getattr(config, "num_attention_heads", 12))
    inner = int(
        getattr(config, "intermediate_size", None) or getattr(config, "hidden_dim", None) or 4 * width
    )
    size = int(next(subject.core.parameters()).element_size())
    eager = eager or getattr(config, "_attn_implementation", "eager") == "eager"
    per_layer = tokens * (12 * width + 5 * inner) + (5 * heads * tokens * tokens if eager else 0)
    vocabulary = int(getattr(config, "vocab_size", 0)) if subject.family != "sequence_classifier" else 0
    if recomputes:  # one layer's, and what enters each
        layers, per_layer = 1, per_layer + layers * tokens * width
    # The logits, their float32 copy, its log-softmax and the gradient.
    return layers * per_layer * size + 4 * keep * vocabulary * max(4, size)


def free_memory(device: torch.device) -> int | None:
    """Bytes free where the model lives; None where that cannot be known."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free)
    if device.type not in ("cpu", "mps"):
        return None
    try:
        import psutil
    except ImportError:
        return None
    free = int(psutil.virtual_memory().available)
    limited = _free_in_container()
    return free if limited is None else min(free, limited)


def _free_in_container() -> int | None:
    """What the control group (v2) leaves, page cache counted as free; None where there is no limit."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text().strip()
        if limit == "max":
            return None
        used = int((group / "memory.current").read_text())
        counts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return max(0, int(limit) - used + int(counts.get("inactive_file", 0)))
    except (OSError, ValueError):
        return None


def _takes_one_row_only(subject: Subject) -> bool:
    """Classifiers on a decoder look for the last token that is no padding; without a pad token they
    refuse more than one row."""
    return (
        subject.family == "sequence_classifier"
        and getattr(_text_config(subject), "pad_token_id", None) is None
    )


def _text_config(subject: Subject) -> Any:
    config = subject.core.config
    return config.get_text_config() if hasattr(config, "get_text_config") else config


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**29 else f"{count / 2**20:.0f} MiB"
