"""A TransformerLens bridge over a copy of the subject's structure, whose weights are the subject's own.

Booting a bridge rewrites the module tree of the model it is given, turns its attention to eager and leaves hooks. So
it is given another tree: every module is copied, every parameter and buffer is a new tensor over the old storage.
"""

from __future__ import annotations

import copy
from typing import Any

from torch import nn

from ..errors import GlasspaneError
from . import Subject
from .guard import random_state


def structural_copy(model: nn.Module) -> nn.Module:
    """The same modules anew, over the same storage: training one in place changes the other, nothing else does."""
    shared: dict[int, Any] = {}
    for parameter in model.parameters():
        shared[id(parameter)] = nn.Parameter(parameter.detach(), requires_grad=parameter.requires_grad)
    for buffer in model.buffers():
        shared[id(buffer)] = buffer.detach()
    return copy.deepcopy(model, shared)


def bridge(subject: Subject) -> Any:
    """A ``TransformerBridge`` that gives the subject's logits and shares its weights' storage.

    Raises ``unsupported_model`` where transformer_lens is missing, does not know the architecture, or would have to
    look through a wrapper (an adapter, a parallel one).
    """
    if type(subject.model).__name__ == "TransformerBridge":
        return subject.model
    if subject.wrappers:
        raise GlasspaneError(
            "unsupported_model",
            f"{subject.name} is wrapped ({', '.join(subject.wrappers)}), which a bridge would not see.",
            "Merge the adapter, or bridge the model inside.",
        )
    try:
        from transformer_lens.model_bridge import TransformerBridge
    except ImportError as problem:
        raise GlasspaneError(
            "unsupported_model",
            "transformer_lens is not installed in this Python.",
            'Install it: pip install "glasspane[lens]".',
            detail=str(problem),
        ) from problem
    tokenizer = copy.deepcopy(subject.tokenizer)
    # The bridge looks a second tokenizer up by these, and finds none for one that was made by hand.
    named = getattr(tokenizer, "name_or_path", "") or subject.name
    tokenizer.name_or_path = named
    tokenizer.init_kwargs.setdefault("name_or_path", named)
    parameter = next(subject.core.parameters())
    model: Any = structural_copy(subject.core)
    model.config.architectures = [type(subject.core).__name__]  # which models made by hand do not name
    put_back = random_state()  # a bridge initialises the parts that it then overwrites
    try:
        return TransformerBridge.boot_transformers(
            subject.name,
            hf_model=model,
            tokenizer=tokenizer,
            dtype=parameter.dtype,
            device=parameter.device,
        )
    except Exception as problem:
        raise GlasspaneError(
            "unsupported_model",
            f"transformer_lens makes no bridge of a {type(subject.core).__name__}.",
            "Patching and lenses of Glasspane work without one.",
            detail=str(problem),
        ) from problem
    finally:
        put_back()
