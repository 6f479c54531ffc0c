"""The same numbers as inseq, captum and shap, side by side in one run on one random model.

A GPT-2-small-sized model (124 M parameters), prompt of 64 tokens, completion of 16; a DistilBERT-sized
classifier (66 M), 28 tokens. Every line prints both medians with their spread, the ratio with its spread
over the pairs, and the largest difference of the scores by the largest score.
"""

from __future__ import annotations

import copy
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

warnings.filterwarnings("ignore")
RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
PROMPT_TOKENS, SAID_TOKENS, POINTS = 64, 16, 32

Timed = tuple[list[float], Any]


def main() -> None:
    torch.set_num_threads(2)
    model, tokenizer = language_model()
    prompt, said = texts(tokenizer)
    gradient_methods(model, tokenizer, prompt, said)
    perturbation_methods(model, tokenizer, prompt)
    classifier()
    shapley_error()
    growth(model, tokenizer)


def language_model() -> tuple[Any, Any]:
    from transformers import GPT2Config, GPT2LMHeadModel

    import glasspane as gp

    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(n_positions=2048, initializer_range=0.05)).eval()
    tokenizer = copy.deepcopy(gp.subject("demo-lm").tokenizer)
    tokenizer.unk_token = tokenizer.pad_token
    return model, tokenizer


def texts(tokenizer: Any, prompt: int = PROMPT_TOKENS, said: int = SAID_TOKENS) -> tuple[str, str]:
    """Two texts that are exactly so many tokens, apart and together."""
    words = "The capital of France is Paris and the film was good , the capital of Spain is".split()  # noqa: SIM905
    text, count = words[0], 1
    pieces = [text]
    place = 0
    while count < prompt + said:
        place += 1
        piece = " " + words[place % len(words)]
        if len(tokenizer(piece)["input_ids"]) == 1:
            pieces.append(piece)
            count += 1
    return "".join(pieces[:prompt]), "".join(pieces[prompt:])


def gradient_methods(model: Any, tokenizer: Any, prompt: str, said: str) -> None:
    import inseq

    import glasspane as gp

    count = PROMPT_TOKENS + SAID_TOKENS - 1

    def by_inseq(method: str, **options: Any) -> np.ndarray:
        """Raw scores summed over dimensions, [step, token]."""
        loaded = inseq.load_model(model, method, tokenizer=tokenizer)
        found = loaded.attribute(
            prompt, prompt + said, show_progress=False, pretty_progress=False,
            attributed_fn="logit", **options,
        )  # fmt: skip
        raw = found.sequence_attributions[0].target_attributions.double().numpy()  # [token, step, dim]
        return np.nan_to_num(raw).sum(-1).T[:, :count]

    # inseq puts the unknown token everywhere: here it is the padding.
    fixed = {"first_steps": POINTS, "max_steps": POINTS, "baseline": "pad"}

    each = compare(
        f"integrated gradients, {POINTS} points, each of {SAID_TOKENS} tokens, against inseq",
        lambda: gp.explain(model, tokenizer, prompt, completion=said, each=True, **fixed).scores,
        lambda: by_inseq("integrated_gradients", n_steps=POINTS),
        2.5,
    )
    compare(
        f"integrated gradients, {POINTS} points, the whole completion, against inseq summed over tokens",
        lambda: gp.explain(model, tokenizer, prompt, completion=said, **fixed).scores[0],
        each,
        20.0,
        lambda rows: rows.sum(0),
    )
    compare(
        f"gradient × input, each of {SAID_TOKENS} tokens, against inseq",
        lambda: (
            gp.explain(model, tokenizer, prompt, completion=said, each=True, method="input_x_gradient").scores
        ),
        lambda: by_inseq("input_x_gradient"),
        1.8,
    )


def perturbation_methods(model: Any, tokenizer: Any, prompt: str) -> None:
    from captum._utils.models.linear_model import SkLearnRidge
    from captum.attr import LimeBase

    import glasspane as gp
    from glasspane.attribution.perturbation import KERNEL_WIDTH, random_maskings

    samples = 1000
    options = {"method": "lime", "samples": samples, "replacement": "default"}
    ours_once = gp.explain(model, tokenizer, prompt, **{**options, "samples": 20})
    target = gp.explain(model, tokenizer, prompt, method="input_x_gradient").target.ids[0]
    ids = torch.tensor([[t.id for t in ours_once.tokens]])
    absent = tokenizer.pad_token_id if tokenizer.mask_token_id is None else tokenizer.mask_token_id

    def by_captum() -> np.ndarray:
        kept = random_maskings(samples, ids.shape[1], torch.Generator().manual_seed(0)).float()
        rows = iter(kept)

        def forward(masked: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                return model(masked, use_cache=False, logits_to_keep=1).logits[:, -1, target]

        def near(_original: Any, _masked: Any, mask: torch.Tensor, **_: Any) -> torch.Tensor:
            distance = 1 - mask.mean().sqrt()
            return (-(distance**2) / KERNEL_WIDTH**2).exp().sqrt()

        found = LimeBase(
            forward,
            SkLearnRidge(alpha=1.0),
            similarity_func=near,
            perturb_func=lambda *_, **__: next(rows)[None],
            perturb_interpretable_space=True,
            from_interp_rep_transform=lambda mask, original, **_: torch.where(mask > 0, original, absent),
            to_interp_rep_transform=None,
        ).attribute(ids, n_samples=samples)
        return found[0].double().numpy()

    compare(
        f"lime, the same {samples:,} maskings, against captum with its default batching",
        lambda: gp.explain(model, tokenizer, prompt, target=target, **options).scores[0],
        by_captum,
        1.8,
        runs=1,
    )


def classifier() -> None:
    import shap
    from transformers import DistilBertConfig, DistilBertForSequenceClassification, pipeline

    import glasspane as gp
    from glasspane.attribution.token_tree import Node, token_tree

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
    )


def shapley_error() -> None:
    """Error against exact Shapley values at 16 players, for the same number of evaluations."""
    import shap

    import glasspane as gp
    from glasspane.attribution.shapley import (
        all_coalitions,
        constrained_regression,
        exact_shapley,
        paired_coalitions,
    )

    subject = gp.subject("demo-sentiment")
    text = "the film was not good , the plot was dull but the music was great ."
    ids = torch.tensor(subject.tokenizer(text)["input_ids"])
    ids = torch.cat([ids[:17], ids[-1:]])
    players = range(1, 17)

    def values(masks: torch.Tensor) -> torch.Tensor:
        found = []
        with torch.no_grad():
            for part in masks.split(256):
                batch = ids.repeat(len(part), 1)
                batch[:, list(players)] = torch.where(
                    part, batch[:, list(players)], subject.tokenizer.mask_token_id
                )
                found.append(subject.model(batch).logits[:, 1].double())
        return torch.cat(found)

    table = values(all_coalitions(16))
    truth = exact_shapley(table[:, None])[:, 0].numpy()
    place = 2 ** torch.arange(16)

    def game(masks: Any) -> torch.Tensor:
        return table[(torch.as_tensor(np.asarray(masks)).bool().long() * place).sum(1)]

    change = (table[-1] - table[0]).view(1)
    print("kernel_shap, error (L2, against exact Shapley at 16 players) at the same number of evaluations:")
    for evaluations in (64, 128, 256, 512, 1024):
        ours, theirs = [], []
        for seed in range(20):
            drawn = paired_coalitions(16, evaluations - 2, torch.Generator().manual_seed(seed))
            scores, _ = constrained_regression(drawn, (game(drawn.kept) - table[0])[:, None], change)
            ours.append(np.linalg.norm(scores[0].numpy() - truth))
            np.random.seed(seed)
            explainer = shap.KernelExplainer(lambda masks: game(masks).numpy(), np.zeros((1, 16)))
            found = explainer.shap_values(
                np.ones((1, 16)), nsamples=evaluations - 2, l1_reg=False, silent=True
            )
            theirs.append(np.linalg.norm(np.asarray(found)[0] - truth))
        ratio = statistics.mean(ours) / statistics.mean(theirs)
        print(
            f"  {evaluations:5d} evaluations: ours {statistics.mean(ours):.4f}, shap {statistics.mean(theirs):.4f}, "
            f"ratio {ratio:.2f} (wanted: at most 0.80; 20 seeds)"
        )


def growth(model: Any, tokenizer: Any) -> None:
    import glasspane as gp

    print("how cost grows (gradient × input, seconds; passes are rows):")
    for tokens in (64, 256, 1024):
        prompt, _ = texts(tokenizer, tokens, 0)
        took, found = timed(lambda p=prompt: gp.explain(model, tokenizer, p, method="input_x_gradient"), 1)
        print(
            f"  prompt {tokens:5d}, next token: {took[0]:.2f} s, {found.cost.forwards} + {found.cost.backwards} passes"
        )
    for said in (1, 16, 64):
        prompt, completion = texts(tokenizer, PROMPT_TOKENS, said)
        for each in (False, True):
            took, found = timed(
                lambda p=prompt, c=completion, e=each: gp.explain(
                    model, tokenizer, p, completion=c, each=e, method="input_x_gradient"
                ),
                1,
            )
            print(
                f"  prompt {PROMPT_TOKENS}, completion {said:3d}{' each' if each else ' span'}: {took[0]:.2f} s, "
                f"{found.cost.forwards} + {found.cost.backwards} passes"
            )


def timed(work: Callable[[], Any], runs: int) -> Timed:
    took, found = [], None
    for _ in range(runs):
        start = time.perf_counter()
        found = work()
        took.append(time.perf_counter() - start)
    return took, found


def compare(
    what: str,
    ours: Callable[[], np.ndarray],
    theirs: Callable[[], np.ndarray] | Timed,
    wanted: float,
    of_theirs: Callable[[np.ndarray], np.ndarray] = lambda found: found,
    runs: int = RUNS,
) -> Timed:
    """Prints the line; gives what the other took and found, for a second comparison with it."""
    if callable(theirs):
        pairs = [(timed(ours, 1), timed(theirs, 1)) for _ in range(runs)]
        mine, other = [p[0][0][0] for p in pairs], [p[1][0][0] for p in pairs]
        found, expected = pairs[-1][0][1], pairs[-1][1][1]
    else:
        mine, found = timed(ours, runs)
        other, expected = theirs
    expected_here = of_theirs(expected)
    ratios = [b / a for a, b in zip(mine, other, strict=False)]
    difference = np.abs(found - expected_here).max() / np.abs(expected_here).max()
    print(
        f"{what}:\n  ours {statistics.median(mine):.2f} s ({min(mine):.2f}–{max(mine):.2f}), "
        f"theirs {statistics.median(other):.2f} s ({min(other):.2f}–{max(other):.2f}), "
        f"{statistics.median(ratios):.1f} × ({min(ratios):.1f}–{max(ratios):.1f}; wanted {wanted:g} ×), "
        f"largest difference {difference:.1e}",
        flush=True,
    )
    return other, expected


if __name__ == "__main__":
    main()
