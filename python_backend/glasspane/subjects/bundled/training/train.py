"""Training loop of the language models: AdamW, warm-up, constant rate, then linear decay to zero."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel

from .mixture import Batch, Phase, batches, mixture_at
from .tokenizer import CONTEXT, DocumentEncoder, build

DECAY_SHARE = 0.3


@dataclass(frozen=True)
class Recipe:
    """What defines a run: two runs of one recipe on one machine give the same weights."""

    steps: int
    peak_rate: float
    seed: int
    warm_up: int = 100
    save_every: int = 250


def new_language_model(vocabulary: int, end: int, layers: int = 4) -> GPT2LMHeadModel:
    """A GPT-2 of width 128 and 4 heads, without dropout."""
    config = GPT2Config(
        vocab_size=vocabulary,
        n_positions=CONTEXT,
        n_embd=128,
        n_layer=layers,
        n_head=4,
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
    )
    return GPT2LMHeadModel(config)


def grow(model: GPT2LMHeadModel, shallow: GPT2LMHeadModel) -> None:
    """Copy ``shallow`` into the first layers of ``model``; the layers above start as the identity."""
    model.load_state_dict(shallow.state_dict(), strict=False)
    for layer in list(model.transformer.h)[shallow.config.n_layer :]:
        nn.init.zeros_(layer.attn.c_proj.weight)
        nn.init.zeros_(layer.mlp.c_proj.weight)


def learning_rate(recipe: Recipe, step: int) -> float:
    """The rate at ``step``: linear warm-up, then flat, then linear to zero over the last 30 %."""
    if step < recipe.warm_up:
        return recipe.peak_rate * (step + 1) / recipe.warm_up
    decay_from = recipe.steps * (1 - DECAY_SHARE)
    if step < decay_from:
        return recipe.peak_rate
    return recipe.peak_rate * max(0.0, (recipe.steps - step) / (recipe.steps - decay_from))


def weighted_loss(model: GPT2LMHeadModel, batch: Batch) -> Tensor:
    """Sum over rows of weight × cross-entropy; only weighted positions go through the unembedding."""
    weights = batch.weights[:, 1:]
    hidden = model.transformer(input_ids=batch.ids, position_ids=batch.positions).last_hidden_state[:, :-1]
    chosen = weights > 0
    logits = functional.linear(hidden[chosen], model.transformer.wte.weight)
    losses = functional.cross_entropy(logits.float(), batch.ids[:, 1:][chosen], reduction="none")
    return (losses * weights[chosen]).sum()


def run(
    model: nn.Module,
    recipe: Recipe,
    checkpoint: Path,
    losses: Callable[[int], Iterator[tuple[Tensor, float]]],
    log: Callable[[str], None] = print,
) -> float:
    """Train ``model`` in place, resuming from ``checkpoint`` if it exists; returns the seconds spent.

    ``losses(step)`` yields (summed loss, summed weight divided over the step) per batch;
    gradients accumulate over the batches of one step.
    """
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}],
        lr=recipe.peak_rate,
        betas=(0.9, 0.98),
    )
    step, spent = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = int(state["step"]), float(state["seconds"])
        log(f"resumed at step {step}")
    model.train()
    clock = time.perf_counter()
    smooth: float | None = None
    while step < recipe.steps:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step)
        total = 0.0
        for loss, share in losses(step):
            (loss / share).backward()
            total += float(loss.detach()) / share
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        smooth = total if smooth is None else 0.95 * smooth + 0.05 * total
        step += 1
        if step % 50 == 0:
            log(f"step {step} loss {smooth:.4f} seconds {spent + time.perf_counter() - clock:.0f}")
        if step % recipe.save_every == 0 or step == recipe.steps:
            seconds = spent + time.perf_counter() - clock
            _save(checkpoint, model, optimizer, step, seconds)
    return spent + time.perf_counter() - clock


def language_model_losses(
    model: GPT2LMHeadModel, phases: Sequence[Phase], encoder: DocumentEncoder, seed: int
) -> Callable[[int], Iterator[tuple[Tensor, float]]]:
    """The losses of one step, each divided by the step's total weight."""

    def losses(step: int) -> Iterator[tuple[Tensor, float]]:
        step_batches = batches(mixture_at(phases, step), encoder, seed, step)
        total = float(sum(batch.weights[:, 1:].sum() for batch in step_batches))
        for batch in step_batches:
            yield weighted_loss(model, batch), total

    return losses


def language_model_encoder() -> DocumentEncoder:
    """The tokenizer both language models share, with its document cache."""
    return DocumentEncoder(build())


def _save(
    checkpoint: Path, model: nn.Module, optimizer: torch.optim.Optimizer, step: int, seconds: float
) -> None:
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    partial = checkpoint.with_suffix(".partial")
    torch.save(
        {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "seconds": seconds},
        partial,
    )
    partial.replace(checkpoint)
