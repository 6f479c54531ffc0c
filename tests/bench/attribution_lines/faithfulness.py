"""The figures that come from leaving tokens out, against one forward pass for each masked prompt.

All thresholds of a map and of the random rankings beside it, as the definitions ask for them; the
product stands a map beside at least 40 rankings, the line here beside 20, for the plain loop takes minutes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from attribution_lines.measuring import compare, largest_difference
from attribution_lines.random_models import language_model, texts

TOKENS, RANKINGS = 20, 20


def lines(_runs: int) -> None:
    import glasspane as gp
    from glasspane.attribution.by_masking.masking import MaskedPrompt
    from glasspane.attribution.trust.evidence import CheckedMap, removal_curves
    from glasspane.attribution.trust.faithfulness import _prepared
    from glasspane.attribution.trust.rankings import counts_of, order_of, random_orders
    from glasspane.kernel.progress import silent
    from glasspane.subjects.guard import unharmed

    model, tokenizer = language_model()
    prompt, _ = texts(tokenizer, TOKENS, 0)
    subject = gp.subject(model, tokenizer)
    explained = gp.explain(subject, prompt, method="input_x_gradient")
    scores = torch.tensor(explained.scores[0])
    random = random_orders(TOKENS, RANKINGS, torch.Generator().manual_seed(0))
    order = order_of(scores, torch.Generator().manual_seed(1))
    counts = counts_of(TOKENS)
    ids = torch.tensor([[t.id for t in explained.tokens]])
    target = explained.target.ids[0]
    absent = tokenizer.pad_token_id if tokenizer.mask_token_id is None else tokenizer.mask_token_id

    def ours() -> Any:
        with unharmed(subject):
            task, measures = _prepared(subject, explained.data)
            masked = MaskedPrompt(task, "default")
            checked = CheckedMap(task, measures, scores, list(range(TOKENS)), order, random, 0)
            curves = removal_curves(checked, masked, silent)
        print(f"  ({masked.evaluations:,} masked prompts evaluated)", flush=True)
        return torch.stack([curves.deletion.probability, curves.insertion.probability])

    def one_by_one() -> Any:
        found = np.empty((2, 1 + random.count, len(counts)))
        for row, ranking in enumerate([order, *random.order]):
            for column, count in enumerate(counts.tolist()):
                for curve, gone in enumerate((ranking[:count], ranking[count:])):
                    masked = ids.clone()
                    masked[0, gone] = absent
                    with torch.no_grad():
                        logits = model(masked, use_cache=False).logits[0, -1]
                    found[curve, row, column] = float(logits.softmax(-1)[target])
        return found

    compare(
        f"faithfulness, {len(counts)} thresholds, {RANKINGS} random rankings, {TOKENS} tokens: "
        f"{2 * (1 + random.count) * len(counts):,} masked prompts asked for, against one forward pass each",
        ours,
        one_by_one,
        3.0,
        1,
        largest_difference,
    )
