"""How far kernel SHAP is from exact Shapley values, for the same number of evaluations as shap's.

Five games of 16 players, so that all 65,536 coalitions can be known: two sentences of the bundled
classifier, the next-token logit of a small random GPT-2, planted interactions of two to five players,
and a saturating sum. shap's KernelExplainer with its regularisation off; sizes that it enumerates count.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

PLAYERS, SEEDS = 16, 20
BUDGETS = (64, 128, 256, 512, 1024)
WANTED = 0.8
SENTENCES = (
    "the film was not good , the plot was dull but the music was great .",
    "the acting was never bad and the story was not boring , so i loved it .",
)


def lines(_runs: int) -> None:
    print(
        f"kernel_shap, error (L2, against exact Shapley at {PLAYERS} players) by shap's at the same number of "
        f"evaluations, both means over {SEEDS} seeds (wanted: at most {WANTED:.2f}):"
    )
    print("  evaluations:", " ".join(f"{budget:13,d}" for budget in BUDGETS))
    total: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
    for name, table in games().items():
        said = []
        for budget in BUDGETS:
            ours, theirs = errors(table, budget)
            total[budget].append(ours / theirs)
            said.append(f"{ours / theirs:.2f} ({ours:.4f})")
        print(f"  {name:>24}:", "  ".join(said), flush=True)
    means = "           ".join(f"{statistics.mean(total[budget]):.2f}" for budget in BUDGETS)
    print(f"  {'mean of the ratios':>24}: {means}", flush=True)


def games() -> dict[str, torch.Tensor]:
    """Values of all coalitions [2ⁿ] of each game."""
    from glasspane.attribution.by_masking.coalitions import all_coalitions

    kept = all_coalitions(PLAYERS)
    found = {f"sentence {k + 1}": _sentence(text, kept) for k, text in enumerate(SENTENCES)}
    found["random GPT-2"] = _random_language_model(kept)
    chance, there = np.random.default_rng(0), kept.double().numpy()
    pushes = there @ chance.normal(size=PLAYERS)
    found["saturating sum"] = torch.tensor(1 / (1 + np.exp(-1.5 * pushes)))
    planted = pushes.copy()
    for size in (2, 3, 4, 5) * 8:
        group = chance.choice(PLAYERS, size, replace=False)
        planted += chance.normal() * there[:, group].prod(1)
    found["planted interactions"] = torch.tensor(planted)
    return found


def _sentence(text: str, kept: torch.Tensor) -> torch.Tensor:
    import glasspane as gp

    subject = gp.subject("demo-sentiment")
    ids = torch.tensor(subject.tokenizer(text)["input_ids"])
    ids = torch.cat([ids[: PLAYERS + 1], ids[-1:]])
    places = list(range(1, PLAYERS + 1))
    return _values(
        kept, ids, places, subject.tokenizer.mask_token_id, lambda rows: subject.model(rows).logits[:, 1]
    )


def _random_language_model(kept: torch.Tensor) -> torch.Tensor:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(n_layer=3, n_embd=96, n_head=4, vocab_size=1000, bos_token_id=0, eos_token_id=0,
                        initializer_range=0.06)  # fmt: skip
    model = GPT2LMHeadModel(config).eval()
    ids = torch.randint(1, 1000, (PLAYERS,))
    with torch.no_grad():
        target = int(model(ids[None]).logits[0, -1].argmax())

    def answer(rows: torch.Tensor) -> torch.Tensor:
        return model(rows, use_cache=False, logits_to_keep=1).logits[:, -1, target]

    return _values(kept, ids, list(range(PLAYERS)), 0, answer)


def _values(
    kept: torch.Tensor,
    ids: torch.Tensor,
    places: list[int],
    absent: int,
    answer: Callable[[torch.Tensor], torch.Tensor],
) -> torch.Tensor:
    found = []
    with torch.no_grad():
        for part in kept.split(256):
            batch = ids.repeat(len(part), 1)
            batch[:, places] = torch.where(part, batch[:, places], absent)
            found.append(answer(batch).double())
    return torch.cat(found)


def errors(table: torch.Tensor, budget: int) -> tuple[float, float]:
    """Mean error of ours and of shap's in ``budget`` evaluations of the game ``table`` [2ⁿ]."""
    import shap

    from glasspane.attribution.by_masking.coalitions import paired_coalitions
    from glasspane.attribution.by_masking.shapley import exact_shapley
    from glasspane.attribution.by_masking.shapley_regression import shapley_regression

    truth = exact_shapley(table[:, None])[:, 0].numpy()
    place = 2 ** torch.arange(PLAYERS)
    change = (table[-1] - table[0]).view(1)

    def game(masks: Any) -> torch.Tensor:
        return table[(torch.as_tensor(np.asarray(masks)).bool().long() * place).sum(1)]

    ours, theirs = [], []
    for seed in range(SEEDS):
        # Two evaluations are the whole and the empty coalition, for both.
        drawn = paired_coalitions(PLAYERS, budget - 2, torch.Generator().manual_seed(seed))
        scores, _ = shapley_regression(drawn, (game(drawn.kept) - table[0])[:, None], change)
        ours.append(np.linalg.norm(scores[0].numpy() - truth))
        np.random.seed(seed)  # shap draws from the global state
        explainer = shap.KernelExplainer(lambda masks: game(masks).numpy(), np.zeros((1, PLAYERS)))
        found = explainer.shap_values(np.ones((1, PLAYERS)), nsamples=budget - 2, l1_reg=False, silent=True)
        theirs.append(np.linalg.norm(np.asarray(found)[0] - truth))
    return float(np.mean(ours)), float(np.mean(theirs))
