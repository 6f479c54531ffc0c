"""Load a model by name: one that ships with Glasspane, a local folder or a hub id.

One door for all of them: no remote code, safetensors only, random state untouched.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import GlasspaneError
from ..protocol import (
    AutoSubject,
    BundledModel,
    BundledSubject,
    FolderSubject,
    HubSubject,
    KernelSubject,
    SubjectRef,
)
from . import Subject

BUNDLED = Path(__file__).parent / "bundled"

_SUMMARIES = {
    "demo-lm": "Capitals, indirect objects, film reviews and two-step sums with their reasoning.",
    "demo-lm-posthoc": "The same questions, answered without heeding its own reasoning steps.",
    "demo-sentiment": "Film reviews: NEGATIVE or POSITIVE.",
}

_KEPT = 3
_loaded: OrderedDict[str, Subject] = OrderedDict()
"""The last few models loaded by name, so that the next question needs no loading."""


def catalogue() -> list[BundledModel]:
    """The models that ship with Glasspane; reads their configurations only."""
    models = []
    for name, summary in _SUMMARIES.items():
        folder = BUNDLED / name
        if not (folder / "config.json").is_file():
            continue
        config = json.loads((folder / "config.json").read_text("utf-8"))
        gates = json.loads((folder / "gates.json").read_text("utf-8"))
        classifier = any("Classification" in cls for cls in config.get("architectures", []))
        models.append(
            BundledModel(
                name=name,
                summary=summary,
                family="sequence_classifier" if classifier else "causal_lm",
                parameters=int(gates["recipe"]["parameters"]),
            )
        )
    return models


def resolve(ref: SubjectRef, namespace: Mapping[str, Any]) -> Subject:
    """The subject that ``ref`` names; raises ``no_subject``, ``several_subjects``, ``load_failed``, …"""
    from .find import kernel_subject

    if isinstance(ref, KernelSubject):
        return kernel_subject(ref, namespace)
    if isinstance(ref, AutoSubject):
        return _only_subject(namespace)
    key = ref.model_dump_json()
    if key not in _loaded:
        _loaded[key] = _load(ref)
    _loaded.move_to_end(key)
    while len(_loaded) > _KEPT:
        _loaded.popitem(last=False)
    return _loaded[key]


def is_model_folder(path: str) -> bool:
    """Whether a model lies there; False as well for what no path can be (too long, nobody's home)."""
    try:
        return (Path(path).expanduser() / "config.json").is_file()
    except (OSError, RuntimeError, ValueError):
        return False


def forget_loaded() -> None:
    """Free the models that were loaded by name."""
    _loaded.clear()


def _only_subject(namespace: Mapping[str, Any]) -> Subject:
    from .find import kernel_subject, subjects

    found = [c for c in subjects(namespace).candidates if c.family is not None]
    if not found:
        raise GlasspaneError(
            "no_subject",
            "There is no model in this kernel yet.",
            "Run the cell that loads yours, or use the bundled demo-lm.",
        )
    if len(found) > 1:
        raise GlasspaneError(
            "several_subjects",
            f"This kernel holds {len(found)} models: {', '.join(c.ref.model for c in found)}.",
            "Choose the one to explain.",
            candidates=found,
        )
    return kernel_subject(found[0].ref, namespace)


def _load(ref: BundledSubject | FolderSubject | HubSubject) -> Subject:
    if isinstance(ref, BundledSubject):
        folder = BUNDLED / ref.name
        if ref.name not in _SUMMARIES or not (folder / "config.json").is_file():
            raise GlasspaneError(
                "no_subject",
                f"No bundled model is called {ref.name!r}.",
                f"Choose one of: {', '.join(m.name for m in catalogue())}.",
            )
        examples = json.loads((folder / "examples.json").read_text("utf-8"))
        return _from_pretrained(str(folder), ref, ref.name, examples=examples, dtype="float32")
    if isinstance(ref, FolderSubject):
        if not is_model_folder(ref.path):
            raise GlasspaneError(
                "load_failed",
                f"{ref.path} is not a model folder: it has no config.json.",
                "Give the folder that save_pretrained() wrote.",
            )
        folder = Path(ref.path).expanduser()
        return _from_pretrained(str(folder), ref, folder.name)
    return _from_pretrained(ref.id, ref, ref.id, revision=ref.revision)


def _from_pretrained(
    source: str,
    ref: SubjectRef,
    name: str,
    *,
    revision: str | None = None,
    examples: dict[str, list[str]] | None = None,
    dtype: str = "auto",
) -> Subject:
    import torch
    from transformers import (
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForMaskedLM,
        AutoModelForSeq2SeqLM,
        AutoModelForSequenceClassification,
        AutoTokenizer,
    )
    from transformers.utils import logging as transformers_logging

    from .find import assemble
    from .guard import random_state

    put_back = random_state()
    bars = transformers_logging.is_progress_bar_enabled()
    if not isinstance(ref, HubSubject):
        # Nothing is downloaded: a bar would only flash up in the notebook.
        transformers_logging.disable_progress_bar()
    where: dict[str, Any] = {"revision": revision} if revision else {}
    try:
        config = AutoConfig.from_pretrained(source, trust_remote_code=False, **where)
        kinds = getattr(config, "architectures", None) or []
        _refuse_other_kinds(name, kinds)
        loader: Any
        if any(kind.endswith("ForSequenceClassification") for kind in kinds):
            loader = AutoModelForSequenceClassification
        elif getattr(config, "is_encoder_decoder", False):
            loader = AutoModelForSeq2SeqLM
        elif kinds and all(kind.endswith("ForMaskedLM") for kind in kinds):
            loader = AutoModelForMaskedLM
        else:
            loader = AutoModelForCausalLM
        model = loader.from_pretrained(
            source, config=config, trust_remote_code=False, use_safetensors=True, dtype=dtype, **where
        )
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, **where)
    except (GlasspaneError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as problem:  # configurations, safetensors and tokenizers raise kinds of their own
        said = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise GlasspaneError(
            "load_failed",
            f"{name} could not be loaded: {said.rstrip('.')}.",
            "Check the name and the connection; weights must be safetensors, and models that bring "
            "their own code are not run. You can also load it in a cell and explain it from there.",
            detail=str(problem),
        ) from problem
    finally:
        put_back()
        if bars:
            transformers_logging.enable_progress_bar()
    model.eval()
    if torch.cuda.is_available() and not isinstance(ref, BundledSubject):
        model.to("cuda")
    return assemble(model, tokenizer, ref, name, f"loaded together from {name}", examples=examples or {})


_READ = ("ForCausalLM", "ForMaskedLM", "ForSequenceClassification", "ForConditionalGeneration")
"""Endings of the classes that have the head of a kind we explain; older ones end in LMHeadModel."""


def _refuse_other_kinds(name: str, kinds: list[str]) -> None:
    """Before the weights are read, and before a head is made up for a model that was trained with another."""
    if kinds and all("For" in kind and not kind.endswith(_READ) for kind in kinds):
        raise GlasspaneError(
            "unsupported_model",
            f"{name} is a {kinds[0]}, which cannot be explained yet.",
            "Of the transformers library, language models (causal, masked, encoder–decoder) and sequence "
            "classifiers can.",
        )
