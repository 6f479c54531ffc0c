"""Which models does the user's namespace hold, and which tokenizer belongs to each?

Looking runs none of the user's code: only attributes of known library classes are read (see
``kinds.py``). A tokenizer is paired with a model on evidence, never on a variable's name; where the
evidence is thin, the person is asked.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import GlasspaneError
from ..protocol import KernelSubject, SubjectCandidate, SubjectsResult
from . import Subject
from .kinds import holds_a_pair, is_model, is_tokenizer, named_values, unwrap

_CONTAINERS = (dict, list, tuple)

Partners = Mapping[int, tuple[str, str, Any]]
"""id of a model → (expression of the object that holds it, its kind, the tokenizer beside it)."""


def subjects(namespace: Mapping[str, Any]) -> SubjectsResult:
    """Every model in ``namespace``, those that can be explained at once first."""
    if "torch" not in sys.modules:
        return SubjectsResult(candidates=[], tokenizers=[])
    tokenizers = dict(_distinct(_tokenizers(namespace)))
    partners = _partners(namespace)
    candidates = [
        _candidate(expression, model, tokenizers, partners)
        for expression, model in _distinct(_models(namespace))
    ]
    candidates.sort(key=lambda c: (c.family is None, c.tokenizer_match is None))
    return SubjectsResult(candidates=candidates, tokenizers=list(tokenizers))


def evaluate(expression: str, namespace: Mapping[str, Any]) -> Any:
    """Value of a dotted or indexed name such as ``pipe.model`` or ``models["a"]``; never a call."""
    try:
        return _walk(ast.parse(expression, mode="eval").body, namespace)
    except Exception as problem:  # a property may raise anything, a parser give up
        raise GlasspaneError(
            "no_subject",
            f"There is no {expression!r} in this kernel any more.",
            "Run the cell that makes it, or choose another model.",
            detail=repr(problem),
        ) from problem


def _walk(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return namespace[node.id]
    if isinstance(node, ast.Attribute):
        return getattr(_walk(node.value, namespace), node.attr)
    if isinstance(node, ast.Subscript):
        container = _walk(node.value, namespace)
        if type(container) in _CONTAINERS:
            return container[ast.literal_eval(node.slice)]
    raise ValueError("only names, attributes and constant indices are followed")


def kernel_subject(ref: KernelSubject, namespace: Mapping[str, Any]) -> Subject:
    """The subject that ``ref`` names, its tokenizer matched on evidence unless it is named too.

    Raises ``no_subject``, ``no_tokenizer`` (listing those to choose from) or ``unsupported_model``.
    """
    value = evaluate(ref.model, namespace)
    if holds_a_pair(value):
        ref = ref.model_copy(
            update={"model": f"{ref.model}.model", "tokenizer": ref.tokenizer or f"{ref.model}.tokenizer"}
        )
        value = value.model
    core = unwrap(value)[0]
    if not is_model(core):
        raise _unsupported(ref.model, core)
    tokenizers = dict(_distinct(_tokenizers(namespace)))
    expression, reason, choices = match_tokenizer(ref.model, value, tokenizers, _partners(namespace))
    if ref.tokenizer is not None and ref.tokenizer != expression:
        chosen = evaluate(ref.tokenizer, namespace)
        return assemble(value, chosen, ref, display_name(ref.model, value), "chosen by you")
    if reason is None or expression is None:
        raise GlasspaneError(
            "no_tokenizer",
            f"No tokenizer in this kernel certainly belongs to {ref.model}."
            if tokenizers
            else f"{ref.model} has no tokenizer in this kernel.",
            "Choose one."
            if choices
            else "Load its tokenizer in a cell, e.g. AutoTokenizer.from_pretrained(…).",
            tokenizers=choices,
            candidates=[_candidate(ref.model, value, tokenizers, _partners(namespace))],
        )
    found = tokenizers[expression] if expression in tokenizers else evaluate(expression, namespace)
    complete = ref.model_copy(update={"tokenizer": expression})
    return assemble(value, found, complete, display_name(ref.model, value), reason)


def display_name(expression: str, model: Any) -> str:
    """What the person calls the model and, where it is known, what was loaded: ``model (gpt2)``."""
    origin = str(getattr(getattr(unwrap(model)[0], "config", None), "_name_or_path", "") or "")
    loaded = _last_part(origin)
    return f"{expression} ({loaded})" if loaded and loaded != expression else expression


def assemble(model: Any, tokenizer: Any, ref: Any, name: str, tokenizer_match: str, **more: Any) -> Subject:
    """A :class:`Subject` of objects already in hand; raises ``unsupported_model`` with the reason."""
    from .architecture import family_of

    core, wrappers = unwrap(model)
    family = family_of(core) if is_model(core) else None
    if family is None:
        raise _unsupported(name, core)
    if not callable(tokenizer) or not hasattr(tokenizer, "convert_ids_to_tokens"):
        raise GlasspaneError(
            "no_tokenizer",
            f"A {type(tokenizer).__name__} is no transformers tokenizer.",
            "Give the tokenizer that belongs to the model.",
        )
    return Subject(
        model=model,
        tokenizer=tokenizer,
        name=name,
        ref=ref,
        family=family,
        core=core,
        wrappers=wrappers,
        tokenizer_match=tokenizer_match,
        **more,
    )


def _unsupported(name: str, core: Any) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        f"{name} is a {type(core).__name__}, which cannot be explained yet.",
        "Of the transformers library, language models (causal, masked, encoder–decoder) and sequence "
        "classifiers can.",
    )


def match_tokenizer(
    expression: str, model: Any, tokenizers: Mapping[str, Any], partners: Partners
) -> tuple[str | None, str | None, list[str]]:
    """(tokenizer expression, reason, choices): the reason is None where the person must choose."""
    core, wrappers = unwrap(model)
    if "TransformerBridge" in wrappers and getattr(model, "tokenizer", None) is not None:
        return f"{expression}.tokenizer", "the bridge's own", []
    if id(core) in partners:
        owner, kind, tokenizer = partners[id(core)]
        named = next((name for name, t in tokenizers.items() if t is tokenizer), f"{owner}.tokenizer")
        return named, f"that of {owner}, the same {kind}", []
    config = core.config
    origin = str(getattr(config, "_name_or_path", "") or "")
    fitting = {name: t for name, t in tokenizers.items() if len(t) <= _rows(core)}
    same_origin = [name for name, t in fitting.items() if origin and _origin(t) == origin]
    if len(same_origin) == 1:
        return same_origin[0], f"both were loaded from {_last_part(origin)}", list(fitting)
    if len(fitting) == 1 and len(tokenizers) == 1:
        ((name, only),) = fitting.items()
        # Two different origins contradict each other even when the sizes agree.
        contradicts = bool(origin and _origin(only) and _origin(only) != origin)
        if len(only) == _rows(core) and not contradicts:
            return (
                name,
                f"the only tokenizer here, and its {len(only):,} entries are the model's vocabulary",
                [name],
            )
    return None, None, list(fitting)


def _last_part(origin: str) -> str:
    """The folder's or the hub repository's own name."""
    return origin.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]


def _origin(tokenizer: Any) -> str:
    return str(getattr(tokenizer, "name_or_path", "") or "")


def _rows(core: Any) -> int:
    """Ids that the model embeds; 0 for models that embed none (vision, audio)."""
    try:
        weight = getattr(core.get_input_embeddings(), "weight", None)
    except (NotImplementedError, AttributeError):
        return 0
    return int(weight.shape[0]) if weight is not None else int(getattr(core.config, "vocab_size", 0) or 0)


def _candidate(
    expression: str, model: Any, tokenizers: Mapping[str, Any], partners: Partners
) -> SubjectCandidate:
    from .architecture import family_of

    core, wrappers = unwrap(model)
    tokenizer, reason, choices = match_tokenizer(expression, model, tokenizers, partners)
    parameters = list(core.parameters())
    first = parameters[0] if parameters else None
    label = f"{expression} · {type(core).__name__}" + (
        f" in {' in '.join(reversed(wrappers))}" if wrappers else ""
    )
    return SubjectCandidate(
        ref=KernelSubject(model=expression, tokenizer=tokenizer),
        label=label,
        architecture=type(core).__name__,
        family=family_of(core),
        parameters=sum(p.numel() for p in parameters),
        device=str(first.device) if first is not None else "cpu",
        dtype=str(first.dtype).removeprefix("torch.") if first is not None else "float32",
        tokenizer_match=reason,
        tokenizers=choices,
    )


def _partners(namespace: Mapping[str, Any]) -> Partners:
    return {
        id(unwrap(value.model)[0]): (
            expression,
            "Glasspane subject" if issubclass(type(value), Subject) else "pipeline",
            value.tokenizer,
        )
        for expression, value in named_values(namespace)
        if holds_a_pair(value) and is_tokenizer(value.tokenizer)
    }


def _models(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    # Plain names come first, so that a model is called by its own name rather than "pipe.model",
    # and wrappers before what they wrap: the wrapper is what its owner calls.
    found = [(e, v) for e, v in named_values(namespace) if is_model(unwrap(v)[0])]
    found.sort(key=lambda pair: len(unwrap(pair[1])[1]), reverse=True)
    yield from found
    for expression, value in named_values(namespace):
        if holds_a_pair(value) and is_model(unwrap(value.model)[0]):
            yield f"{expression}.model", value.model


def _tokenizers(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for expression, value in named_values(namespace):
        if is_tokenizer(value):
            yield expression, value
    for expression, value in named_values(namespace):
        if holds_a_pair(value) and is_tokenizer(value.tokenizer):
            yield f"{expression}.tokenizer", value.tokenizer


def _distinct(pairs: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Each object once, under the first expression that names it; wrapped models count as seen."""
    seen: set[int] = set()
    for expression, value in pairs:
        core = unwrap(value)[0] if is_model(unwrap(value)[0]) else value
        if id(core) not in seen:
            seen.add(id(core))
            yield expression, value
