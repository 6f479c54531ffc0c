"""LIME and kernel SHAP against captum and inseq, for the same number of maskings of 64 tokens.

A line of 1,000 maskings takes minutes; all grow in proportion to them, so fewer are taken here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from attribution_lines.measuring import compare, largest_difference
from attribution_lines.random_models import PROMPT_TOKENS, language_model, texts

SAMPLES = 160


def lines(_runs: int) -> None:
    import inseq
    from captum._utils.models.linear_model import SkLearnRidge
    from captum.attr import KernelShap, LimeBase

    import glasspane as gp
    from glasspane.attribution.by_masking.perturbation import KERNEL_WIDTH, random_maskings

    model, tokenizer = language_model()
    prompt, said = texts(tokenizer, PROMPT_TOKENS, 1)
    (target,) = tokenizer(said)["input_ids"]
    ids = torch.tensor([tokenizer(prompt)["input_ids"]])
    absent = tokenizer.pad_token_id if tokenizer.mask_token_id is None else tokenizer.mask_token_id

    def ours(method: str) -> np.ndarray:
        return gp.explain(model, tokenizer, prompt, target=target, method=method, samples=SAMPLES).scores[0]

    def answer(masked: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return model(masked, use_cache=False, logits_to_keep=1).logits[:, -1, target]

    def near(_original: Any, _masked: Any, mask: torch.Tensor, **_: Any) -> torch.Tensor:
        distance = 1 - mask.mean().sqrt()
        return (-(distance**2) / KERNEL_WIDTH**2).exp().sqrt()

    def lime_by_captum() -> np.ndarray:
        rows = iter(random_maskings(SAMPLES, ids.shape[1], torch.Generator().manual_seed(0)).float())
        found = LimeBase(
            answer,
            SkLearnRidge(alpha=1.0),
            similarity_func=near,
            perturb_func=lambda *_, **__: next(rows)[None],
            perturb_interpretable_space=True,
            from_interp_rep_transform=lambda mask, original, **_: torch.where(mask > 0, original, absent),
            to_interp_rep_transform=None,
        ).attribute(ids, n_samples=SAMPLES)
        return found[0].double().numpy()

    def shapley_by_captum() -> np.ndarray:
        found = KernelShap(answer).attribute(ids, baselines=absent, n_samples=SAMPLES)
        return found[0].double().numpy()

    def lime_by_inseq() -> Any:
        loaded = inseq.load_model(model, "lime", tokenizer=tokenizer)
        return loaded.attribute(
            prompt, prompt + said, show_progress=False, pretty_progress=False, attributed_fn="logit",
            n_samples=SAMPLES,
        )  # fmt: skip

    compare(
        f"lime, the same {SAMPLES} maskings, against captum with its default batching",
        lambda: ours("lime"),
        lime_by_captum,
        1.8,
        1,
        largest_difference,
    )
    compare(
        f"lime, {SAMPLES} maskings (each draws its own), against inseq",
        lambda: ours("lime"),
        lime_by_inseq,
        1.8,
        1,
    )
    compare(
        f"kernel_shap, {SAMPLES} evaluations (each draws its own), against captum with its default batching",
        lambda: ours("kernel_shap"),
        shapley_by_captum,
        1.8,
        1,
    )
