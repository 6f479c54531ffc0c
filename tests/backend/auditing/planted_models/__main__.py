"""``python -m planted_models mixes copies one_step``: train and write the last blocks of bundled models."""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import asdict, dataclass

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

from glasspane.subjects.bundled.training.tokenizer import DocumentEncoder

from . import BASES, FOLDER, load
from .documents import document


@dataclass(frozen=True)
class Recipe:
    """``blocks``: the last so many are trained; all below stays as it is bundled."""

    steps: int
    blocks: int = 2
    rows: int = 16
    rate: float = 1e-3
    seed: int = 1


RECIPES = {"mixes": Recipe(700), "copies": Recipe(150), "one_step": Recipe(500)}


def train(name: str, recipe: Recipe) -> dict[str, Tensor]:
    """AdamW, the rate decaying to zero over the second half; the tensors that were trained, in half precision."""
    model, tokenizer = load(name, trained=False)
    encoder = DocumentEncoder(tokenizer)
    blocks = len(model.transformer.h)
    trained = {
        key: parameter
        for key, parameter in model.named_parameters()
        if "ln_f" in key or any(f".h.{blocks - 1 - at}." in key for at in range(recipe.blocks))
    }
    for key, parameter in model.named_parameters():
        parameter.requires_grad_(key in trained)
    optimizer = torch.optim.AdamW(trained.values(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.01)
    clock, smooth = time.perf_counter(), 0.0
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * min(1.0, (step + 1) / 20, 2 * (1 - step / recipe.steps))
        rng = random.Random(f"{name} {recipe.seed} {step}")
        rows = [encoder.encode(document(rng, name)) for _ in range(recipe.rows)]
        loss = loss_of(model, rows, encoder.end)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        smooth = float(loss.detach()) if not step else 0.9 * smooth + 0.1 * float(loss.detach())
        if (step + 1) % 25 == 0:
            print(
                f"{name}: step {step + 1} loss {smooth:.4f} seconds {time.perf_counter() - clock:.0f}",
                flush=True,
            )
    return {key: parameter.detach().half().contiguous() for key, parameter in trained.items()}


def loss_of(model: torch.nn.Module, rows: list[tuple[list[int], list[float]]], end: int) -> Tensor:
    """Weighted mean of the cross-entropy of the rows' next tokens, padded on the right."""
    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([row + [end] * (width - len(row)) for row, _ in rows])
    weights = torch.tensor([loss + [0.0] * (width - len(loss)) for _, loss in rows])[:, 1:]
    positions = torch.arange(width).expand(len(rows), width)
    hidden = model.transformer(input_ids=ids, position_ids=positions).last_hidden_state[:, :-1]
    chosen = weights > 0
    losses = cross_entropy(
        linear(hidden[chosen], model.transformer.wte.weight), ids[:, 1:][chosen], reduction="none"
    )
    return (losses * weights[chosen]).sum() / weights[chosen].sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=RECIPES)
    options = parser.parse_args()
    for name in options.names:
        recipe = RECIPES[name]
        torch.manual_seed(recipe.seed)
        changed = train(name, recipe)
        facts = {
            "base": BASES[name],
            **{key: str(value) for key, value in asdict(recipe).items()},
        }
        save_file(changed, FOLDER / f"{name}.safetensors", {"recipe": json.dumps(facts)})


if __name__ == "__main__":
    main()
