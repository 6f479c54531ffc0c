"""What kind of object is this? Asked without importing its library and without running its code."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from . import Subject

# Classes by their home, for they are looked for without being imported.
_MODEL = ("transformers.modeling_utils", "PreTrainedModel")
_TOKENIZER = ("transformers.tokenization_utils_base", "PreTrainedTokenizerBase")
_PIPELINE = ("transformers.pipelines.base", "Pipeline")
_PEFT = ("peft.peft_model", "PeftModel")
_BRIDGE = ("transformer_lens.model_bridge.transformer_bridge", "TransformerBridge")
_COMPILED = ("torch._dynamo.eval_frame", "OptimizedModule")
_PARALLEL = (
    ("torch.nn.parallel.data_parallel", "DataParallel"),
    ("torch.nn.parallel.distributed", "DistributedDataParallel"),
)
_LOOKED_FOR = (_MODEL, _TOKENIZER, _PIPELINE, _PEFT, _BRIDGE, _COMPILED, *_PARALLEL)

_bases = type.__dict__["__mro__"].__get__
"""The classes a class derives from, without asking its metaclass."""


def unwrap(model: Any) -> tuple[Any, tuple[str, ...]]:
    """The Hugging Face model inside ``model`` and the names of the wrappers around it."""
    wrappers: list[str] = []
    seen: set[int] = set()
    while id(model) not in seen:
        seen.add(id(model))
        inner = None
        if _is(model, *_PEFT):
            inner = model.get_base_model()
        elif _is(model, *_BRIDGE):
            inner = model.original_model
        elif _is(model, *_COMPILED):
            inner = model._orig_mod
        elif any(_is(model, *home) for home in _PARALLEL):
            inner = model.module
        if inner is None or inner is model:
            break
        wrappers.append(type(model).__name__)
        model = inner
    return model, tuple(wrappers)


def holds_a_pair(value: Any) -> bool:
    """Objects whose ``.model`` and ``.tokenizer`` belong together."""
    return _is(value, *_PIPELINE) or issubclass(type(value), Subject)


def named_values(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Models, tokenizers and what holds them, among variables and the entries of plain dicts and
    lists, as (expression, value)."""
    wanted: dict[int, bool] = {}  # by the id of the type: a namespace may hold very many strings

    def is_wanted(value: Any) -> bool:
        kind = id(type(value))
        if kind not in wanted:
            wanted[kind] = issubclass(type(value), Subject) or any(_is(value, *home) for home in _LOOKED_FOR)
        return wanted[kind]

    for name, value in list(namespace.items()):
        if type(name) is not str or name.startswith("_") or name in ("In", "Out", "exit", "quit"):
            continue
        if is_wanted(value):
            yield name, value
        elif type(value) is dict and len(value) <= 64:
            for key, entry in list(value.items()):
                if (type(key) is str or type(key) is int) and is_wanted(entry):
                    yield f"{name}[{key!r}]", entry
        elif (type(value) is list or type(value) is tuple) and len(value) <= 64:
            for index, entry in enumerate(value):
                if is_wanted(entry):
                    yield f"{name}[{index}]", entry


def _is(value: Any, module: str, name: str) -> bool:
    """isinstance by the class's home, without importing it and without asking the object or its metaclass."""
    home = sys.modules.get(module)
    cls = getattr(home, name, None) if home is not None else None
    return cls is not None and any(base is cls for base in _bases(type(value)))


def is_model(value: Any) -> bool:
    # A model whose __init__ failed has no configuration yet.
    return _is(value, *_MODEL) and "config" in vars(value)


def is_tokenizer(value: Any) -> bool:
    return _is(value, *_TOKENIZER)
