"""What inseq would change on the user's model and tokenizer: prevented, or put back.

Loading a model into inseq moves it to a device, sets its mode, clears its gradients, and fills in
special tokens that its configuration or tokenizer lacks. What is left behind besides, hooks and random
state, the guard around every request puts back (:mod:`glasspane.subjects.guard`).
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ...subjects import Subject


def stand_in(subject: Subject) -> Any:
    """The user's tokenizer, for inseq to set special tokens and sides on: only the vocabulary is shared."""
    tokenizer = subject.tokenizer
    twin = object.__new__(type(tokenizer))
    vars(twin).update(vars(tokenizer))
    for name in ("_special_tokens_map", "deprecation_warnings"):
        if isinstance(vars(twin).get(name), dict):
            vars(twin)[name] = dict(vars(twin)[name])
    if twin.pad_token is None and getattr(subject.core.config, "eos_token_id", None) is None:
        twin.pad_token = twin.eos_token  # inseq asks the configuration only
    return twin


@contextmanager
def held_still(core: Any) -> Iterator[None]:
    """While inseq loads and runs, ``core`` is not moved, switched or cleared; its configuration is put back."""
    configs = [one for one in (core.config, getattr(core, "generation_config", None)) if one is not None]
    settings = [(config, dict(vars(config))) for config in configs]
    own = vars(core)
    before = {name: own[name] for name in _INTRUSIONS if name in own}
    own.update(dict.fromkeys(_INTRUSIONS, lambda *_, **__: core))
    try:
        for name in ("pad_token_id", "eos_token_id", "bos_token_id"):  # configurations need not know these
            setattr(core.config, name, getattr(core.config, name, None))
        if core.config.bos_token_id is None:
            core.config.bos_token_id = 0  # inseq cannot load without; it is used for empty texts only
        yield
    finally:
        for name in _INTRUSIONS:
            own.pop(name, None)
        own.update(before)
        for config, values in settings:
            vars(config).clear()
            vars(config).update(values)


_INTRUSIONS = ("to", "eval", "zero_grad")
"""What inseq calls when it loads a model: its device, its mode and its gradients are the user's."""


@contextmanager
def embeddings_with_gradients(subject: Subject) -> Iterator[None]:
    """captum wants a graph from the embedding layer on; of a frozen layer there is none."""

    def require(_layer: Any, _inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor) and torch.is_grad_enabled() and not output.requires_grad:
            output.requires_grad_()

    handle = subject.embedding.register_forward_hook(require)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def quiet() -> Iterator[None]:
    """inseq and captum warn of what is meant here: hooks, leaves without gradients, devices."""
    logger = logging.getLogger("inseq")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def tracing_kept() -> Iterator[None]:
    """Value zeroing watches assignments by a trace function, and may leave a debugger's off."""
    tracer = sys.gettrace()
    try:
        yield
    finally:
        sys.settrace(tracer)
