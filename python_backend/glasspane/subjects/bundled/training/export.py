"""Writing a shipped folder: fp16 weights, tokenizer, examples, and after measuring, the card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from . import cards
from .examples import examples
from .gates import measure
from .measure import Gate


def write(name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write everything ``from_pretrained`` needs, weights rounded to fp16."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.architectures = [type(model).__name__]
    model.config.dtype = "float16"
    model.config.save_pretrained(folder)
    if name != "demo-sentiment":
        end = int(tokenizer.convert_tokens_to_ids("<|endoftext|>"))
        _write_json(
            folder / "generation_config.json",
            {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "max_new_tokens": 96},
        )
    tied = "lm_head.weight"
    state = {
        key: value.to(torch.float16).contiguous() for key, value in model.state_dict().items() if key != tied
    }
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    tokenizer.save_pretrained(folder)
    settings = folder / "tokenizer_config.json"
    _write_json(settings, json.loads(settings.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"})
    _write_json(folder / "examples.json", {skill: list(prompts) for skill, prompts in examples(name).items()})


def measure_and_document(name: str, folder: Path, recipe: dict[str, Any]) -> list[Gate]:
    """Measure the folder as shipped, then write ``gates.json`` and the card."""
    gates = measure(name, folder)
    figures = {
        gate.name: {
            "figure": gate.figure,
            "hits": gate.hits,
            "cases": gate.cases,
            "bound": gate.bound,
            "at_least": gate.at_least,
        }
        for gate in gates
    }
    _write_json(
        folder / "gates.json", {"model": name, "recipe": recipe, "gates": figures, "examples": examples(name)}
    )
    (folder / "README.md").write_text(cards.card(name, recipe, gates), encoding="utf-8")
    return gates


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
