"""Partition SHAP on a random DistilBERT-sized classifier against shap: the same numbers, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from attribution_lines.measuring import compare, largest_difference


def lines(runs: int) -> None:
    import shap
    from transformers import DistilBertConfig, DistilBertForSequenceClassification, pipeline

    import glasspane as gp
    from glasspane.attribution.by_masking.token_tree import Node, token_tree

    torch.manual_seed(0)
    tokenizer = gp.subject("demo-sentiment").tokenizer
    model = DistilBertForSequenceClassification(DistilBertConfig(initializer_range=0.05)).eval()
    text = " ".join(["the film was not good , and the plot was dull but the music was great ."] * 2)
    options = {"method": "partition_shap", "samples": 500, "target": 1}
    once = gp.explain(model, tokenizer, text, **options)
    places = [t.index for t in once.tokens if not t.special]
    ids = torch.tensor([t.id for t in once.tokens])
    absent = tokenizer.mask_token_id
    tree = token_tree([once.tokens[place] for place in places])
    rows: list[list[float]] = []

    def number(node: Node) -> int:
        if node.parts is None:
            return node.first
        left, right = (number(part) for part in node.parts)
        rows.append([left, right, len(rows) + 1, node.last - node.first])
        return len(places) + len(rows) - 1

    number(tree)
    # shap's way with transformers: a pipeline that is given one masked text after the other.
    ask = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")

    class Masker(shap.maskers.Masker):  # type: ignore[misc]
        clustering = np.array(rows, dtype=float)
        shape = (1, len(places))
        invariants = None

        def __call__(self, mask: np.ndarray, _x: Any) -> Any:
            return (np.asarray(mask)[None],)

        def mask_shapes(self, _x: Any) -> Any:
            return [(len(places),)]

    def answer(masks: np.ndarray) -> np.ndarray:
        values = []
        for mask in masks:
            row = ids.clone()
            row[[place for place, kept in zip(places, mask, strict=True) if not kept]] = absent
            with torch.no_grad():
                values.append(float(ask.model(row[None]).logits[0, 1]))
        return np.array(values)

    def by_shap() -> np.ndarray:
        found = shap.explainers.Partition(answer, Masker())(
            np.ones((1, len(places))), max_evals=once.checks.steps, silent=True
        )
        whole = np.zeros(len(once.tokens))
        whole[places] = found.values[0]
        return whole

    compare(
        f"partition_shap, same tree, {once.checks.steps} evaluations, {len(places)} tokens, 66 M classifier, "
        "against shap one masking at a time",
        lambda: gp.explain(model, tokenizer, text, **options).scores[0],
        by_shap,
        1.8,
        min(runs, 2),
        largest_difference,
    )
