"""Explaining is reading: whatever a request touches is put back exactly as it was found.

:func:`unharmed` is the one place that knows what a request may touch. Methods ask autograd
for gradients of their own leaves only, so parameters' ``.grad`` and ``requires_grad`` are
never in play; hooks are placed and removed within single calls.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch

from . import Subject
from .faster_products import faster_products

AttentionFunction = Callable[..., Any]
"""(module, query, key, value, mask, **options) → (output [row, token, head, dim], weights or None)."""


@contextmanager
def unharmed(subject: Subject) -> Iterator[bool]:
    """Evaluation mode and the faster products inside; model, tokenizer and random state as found outside.

    Yields whether any module was in training mode. Restores on success, on error and on
    cancel (an exception like any other).
    """
    with ExitStack() as restore:
        # A cell may run under inference_mode, in which no gradient could be taken.
        restore.enter_context(torch.inference_mode(False))
        if "torch._dynamo" in sys.modules:
            # torch.compile would compile anew for our hooks and batches, and spend the limit of
            # recompilations that its owner needs; eager is the same function.
            restore.enter_context(torch.compiler.set_stance("force_eager"))
        restore.callback(_training_flags(subject.model))
        restore.callback(_additions_to_modules(subject.model))
        restore.callback(_tokenizer_state(subject.tokenizer))
        restore.callback(random_state())
        was_training = any(module.training for module in subject.model.modules())
        for module in subject.model.modules():
            # Set directly: train() is overridden by some wrappers and would do more.
            module.training = False
        restore.enter_context(faster_products(subject.model))
        yield was_training


def random_state() -> Any:
    """Remember every random generator in use; the returned function puts them back."""
    python, numpy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    cuda = (
        torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else None
    )
    mps = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None

    def put_back() -> None:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        if mps is not None:
            torch.mps.set_rng_state(mps)

    return put_back


@contextmanager
def eager_attention(subject: Subject) -> Iterator[None]:
    """Attention weights are only computed by the eager implementation; put back on leaving."""
    put_back = _attention_implementations(subject.core)
    try:
        for config in _configs(subject.core):
            config._attn_implementation_internal = "eager"
        yield
    finally:
        put_back()


@contextmanager
def attention_through(subject: Subject, function: AttentionFunction) -> Iterator[None]:
    """Every attention that transformers dispatches by name goes through ``function``; put back on leaving.

    ``function`` is called as ``eager_attention_forward`` is, with the masks that it would get. Its name
    is registered for this while only and is its own, so models that run beside this one never meet it.
    """
    from transformers import AttentionInterface, AttentionMaskInterface

    name = f"glasspane_{id(function)}"
    put_back = _attention_implementations(subject.core)
    try:
        AttentionInterface.register(name, function)
        AttentionMaskInterface.register(name, AttentionMaskInterface()["eager"])
        for config in _configs(subject.core):
            config._attn_implementation_internal = name
        yield
    finally:
        put_back()
        for interface in (AttentionInterface, AttentionMaskInterface):
            interface._global_mapping.pop(name, None)


def _configs(core: Any) -> list[Any]:
    """Every distinct configuration object that modules of the model look at."""
    found: dict[int, Any] = {}
    for module in core.modules():
        config = getattr(module, "config", None)
        if config is not None and hasattr(config, "_attn_implementation_internal"):
            found[id(config)] = config
    return list(found.values())


def _attention_implementations(core: Any) -> Any:
    before = [(config, config._attn_implementation_internal) for config in _configs(core)]

    def put_back() -> None:
        for config, implementation in before:
            config._attn_implementation_internal = implementation

    return put_back


def _training_flags(model: Any) -> Any:
    before = [(module, module.training) for module in model.modules()]

    def put_back() -> None:
        for module, training in before:
            module.training = training

    return put_back


_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def _additions_to_modules(model: Any) -> Any:
    """Transformers leaves capturing hooks and flags on modules once attentions were asked for."""
    before = [
        (module, frozenset(vars(module)), [(name, frozenset(getattr(module, name))) for name in _HOOKS])
        for module in model.modules()
    ]

    def put_back() -> None:
        for module, attributes, hooks in before:
            for name, present in hooks:
                registered = getattr(module, name)
                for key in [key for key in registered if key not in present]:
                    del registered[key]
            for name in [name for name in vars(module) if name not in attributes]:
                delattr(module, name)

    return put_back


def _tokenizer_state(tokenizer: Any) -> Any:
    attributes = ("padding_side", "truncation_side", "model_max_length", "deprecation_warnings")
    before = {name: getattr(tokenizer, name) for name in attributes if hasattr(tokenizer, name)}
    if isinstance(before.get("deprecation_warnings"), dict):
        before["deprecation_warnings"] = dict(before["deprecation_warnings"])
    backend = getattr(tokenizer, "backend_tokenizer", None)
    padding = dict(backend.padding) if backend is not None and backend.padding else None
    truncation = dict(backend.truncation) if backend is not None and backend.truncation else None

    def put_back() -> None:
        for name, value in before.items():
            setattr(tokenizer, name, value)
        if backend is not None:
            # Calling a fast tokenizer sets these on the shared Rust object as a side effect.
            if padding is None:
                backend.no_padding()
            else:
                backend.enable_padding(**padding)
            if truncation is None:
                backend.no_truncation()
            else:
                backend.enable_truncation(**truncation)

    return put_back
