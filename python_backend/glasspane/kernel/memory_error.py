"""Memory that ran out, however it is said, and what to do about it."""

from __future__ import annotations

import sys

from ..protocol import ErrorResult


def is_out_of_memory(error: Exception) -> bool:
    """Whether ``error`` says that memory ran out: Python's, torch's on any device, or the CPU allocator's."""
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError) or (torch and isinstance(error, torch.OutOfMemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def not_enough_memory(error: Exception) -> ErrorResult:
    return ErrorResult(
        code="not_enough_memory",
        message="There was not enough memory for this.",
        next_step="Try a shorter prompt or a method without gradients, or free memory in the kernel.",
        detail=str(error),
    )
