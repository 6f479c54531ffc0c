"""Batched evaluation of the objective at chosen embeddings, within a memory budget."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput, run
from .targets import Objective

ROWS_AT_ONCE = {"cpu": 16, "cuda": 64, "mps": 16}
"""Measured on two CPU cores, 16 rows beat 500; a GPU wants more to be busy."""

_SHARE_OF_FREE_MEMORY = 0.6


@dataclass
class Evaluator:
    """The subject as a function of its embeddings: f(e) and ∂f/∂e for many e in few passes."""

    subject: Subject
    given: ModelInput
    objective: Objective
    meter: Meter = field(default_factory=Meter)

    def __post_init__(self) -> None:
        self.rows_at_once = rows_that_fit(self.subject, self.given.length)

    def values(self, embeddings: Tensor) -> Tensor:
        """f of each row of ``embeddings`` [row, token, dim] → [row]."""
        with torch.no_grad():
            parts = [
                self.objective(
                    run(
                        self.subject, self.given, embeddings=rows, keep=self.objective.keep, meter=self.meter
                    ).logits
                )
                for rows in embeddings.split(self.rows_at_once)
            ]
        return torch.cat(parts)

    def gradients(self, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """(f [row], ∂f/∂e [row, token, dim]) in one pass; at most ``rows_at_once`` rows.

        Autograd is asked for the embeddings only: parameters get no gradient.
        """
        leaf = embeddings.detach().clone().requires_grad_()
        with torch.enable_grad():
            forward = run(
                self.subject, self.given, embeddings=leaf, keep=self.objective.keep, meter=self.meter
            )
            value = self.objective(forward.logits)
            try:
                (gradient,) = torch.autograd.grad(value.sum(), leaf)
            except RuntimeError as problem:
                if "does not require grad" in str(problem) or "inference" in str(problem).lower():
                    raise GlasspaneError(
                        "unsupported_model",
                        "No gradient flows back to the embeddings of this model.",
                        "It may be quantised, or made under inference_mode: load it without, "
                        "or use a method that needs no gradients.",
                        detail=str(problem),
                    ) from problem
                raise
        self.meter.backwards += int(leaf.shape[0])
        refuse_non_finite(gradient, "gradients")
        return value.detach(), gradient.detach()


def refuse_non_finite(tensor: Tensor, what: str) -> None:
    """Raise ``non_finite`` when ``tensor`` holds NaN or infinity."""
    if not bool(torch.isfinite(tensor).all()):
        raise GlasspaneError(
            "non_finite",
            f"The model's {what} are not finite (NaN or infinity), so nothing can be explained from them.",
            "Check the weights, or load the model in float32.",
        )


def rows_that_fit(subject: Subject, tokens: int) -> int:
    """How many rows of ``tokens`` go through the model at once without running out of memory.

    Raises ``not_enough_memory``, naming the length that would fit, when not even one does.
    """
    device = next(subject.core.parameters()).device
    per_row = bytes_per_row(subject, tokens)
    free = free_memory(device)
    most = 1 if _takes_one_row_only(subject) else ROWS_AT_ONCE.get(device.type, 16)
    if free is None:
        return most
    budget = int(free * _SHARE_OF_FREE_MEMORY)
    if per_row > budget:
        fits = tokens
        while fits > 1 and bytes_per_row(subject, fits) > budget:
            fits = int(fits * 0.9)
        raise GlasspaneError(
            "not_enough_memory",
            f"Explaining {tokens:,} tokens of {subject.name} needs about {_gib(per_row)}; "
            f"{_gib(free)} is free on {device}.",
            f"About {fits:,} tokens would fit: shorten the prompt, or free memory.",
        )
    return max(1, min(most, budget // per_row))


def _takes_one_row_only(subject: Subject) -> bool:
    """Classifiers on a decoder look for the last token that is no padding; without a pad token they
    refuse more than one row."""
    config = subject.core.config.get_text_config()
    return subject.family == "sequence_classifier" and getattr(config, "pad_token_id", None) is None


def bytes_per_row(subject: Subject, tokens: int) -> int:
    """Estimated bytes that one row of a forward pass with gradients keeps alive.

    Per layer about 34·d values a token, half of them the MLP's (Korthikanti et al. 2022,
    arXiv:2205.05198, without dropout masks), scaled by the width of the MLP; eager attention
    adds five score matrices per head. The estimate leans to the high side.
    """
    config = subject.core.config
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    width = int(getattr(config, "hidden_size", 0) or getattr(config, "dim", 768))
    layers = int(getattr(config, "num_hidden_layers", 12))
    heads = int(getattr(config, "num_attention_heads", 12))
    inner = int(
        getattr(config, "intermediate_size", None) or getattr(config, "hidden_dim", None) or 4 * width
    )
    size = int(next(subject.core.parameters()).element_size())
    eager = getattr(config, "_attn_implementation", "eager") == "eager"
    per_layer = tokens * (12 * width + 5 * inner) + (3 * heads * tokens * tokens if eager else 0)
    vocabulary = int(getattr(config, "vocab_size", 0)) if subject.family == "causal_lm" else 0
    return layers * per_layer * size + 4 * vocabulary * max(4, size)


def free_memory(device: torch.device) -> int | None:
    """Bytes free where the model lives; None where that cannot be known."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free)
    if device.type in ("cpu", "mps"):
        try:
            import psutil
        except ImportError:
            return None
        return int(psutil.virtual_memory().available)
    return None


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**29 else f"{count / 2**20:.0f} MiB"
