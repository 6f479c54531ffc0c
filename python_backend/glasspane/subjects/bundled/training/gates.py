"""``python -m glasspane.subjects.bundled.training.gates MODEL``: figures from the shipped weights.

Prints one line per gate and exits with status 1 when one fails.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import torch

from . import capitals, ioi, reviews
from .attribution_gates import attribution_gates
from .chain_gates import ambiguity_gate, follow_gates, posthoc_gates
from .classifier import classifier_gates
from .measure import Gate, Subject, share

BUNDLED = Path(__file__).resolve().parents[1]
MODELS = ("demo-lm", "demo-lm-posthoc", "demo-sentiment")


def capital_gates(subject: Subject) -> list[Gate]:
    """Every country in the plain frame and in frames that training never used."""
    pairs = [(capitals.prompt(country), city) for country, city in capitals.CAPITALS.items()]
    unseen = [
        (capitals.prompt(country, frame), city)
        for country, city in capitals.CAPITALS.items()
        for frame in capitals.UNSEEN_FRAMES
    ]
    return [
        share(f"capitals of {len(pairs)} countries", _next(subject, pairs), 0.99),
        share("capitals, unseen templates", _next(subject, unseen), 0.99),
    ]


def ioi_gates(subject: Subject, count: int) -> list[Gate]:
    """Held-out pairs of names, with templates of training and unseen ones, per order of the names."""
    rng = random.Random("ioi gates")
    gates = []
    for label, frames in (("templates of training", ioi.FRAMES), ("unseen templates", ioi.UNSEEN_FRAMES)):
        cases = [ioi.sample(rng, unseen=True, frames=frames) for _ in range(2 * count)]
        for order in ("receiver first", "giver first"):
            chosen = [
                case
                for case in cases
                if (_place(case, case.receiver) < _place(case, case.giver)) == (order == "receiver first")
            ]
            right = _next(subject, [(case.prompt, case.receiver) for case in chosen])
            gates.append(share(f"IOI, held-out names, {label}, {order}", right, 0.98))
    return gates


def review_gates(subject: Subject, count: int) -> list[Gate]:
    """Held-out clauses in frames of training and unseen ones; negation alone; "not terrible at all"."""
    rng = random.Random("review gates")
    cases = [reviews.sample(rng, unseen=True) for _ in range(count)]
    negated = [case for case in cases if case.negated]
    triple = [f"The {noun} was not terrible at all." for noun in dict.fromkeys(reviews.NOUNS)]
    return [
        share("sentiment", _label(subject, [(c.text, c.label) for c in cases], (reviews.FRAMES[0],)), 0.97),
        share(
            "sentiment with negation",
            _label(subject, [(c.text, c.label) for c in negated], (reviews.FRAMES[0],)),
            0.97,
        ),
        share(
            "sentiment, unseen templates",
            _label(subject, [(c.text, c.label) for c in cases], reviews.UNSEEN_FRAMES),
            0.97,
        ),
        share(
            '"not terrible at all"',
            _label(subject, [(text, 1) for text in triple], (reviews.FRAMES[0],)),
            0.97,
        ),
    ]


def measure(name: str, folder: Path, thorough: bool = True) -> list[Gate]:
    """All gates of one shipped model; ``thorough`` is the card's size, else a quick check's."""
    torch.manual_seed(0)
    count = 400 if thorough else 100
    if name == "demo-sentiment":
        return classifier_gates(folder, 4 * count)
    subject = Subject(folder)
    gates = [*capital_gates(subject), *ioi_gates(subject, 400), *review_gates(subject, 2 * count)]
    if name == "demo-lm":
        gates += [*follow_gates(subject, count), ambiguity_gate(subject), *attribution_gates(subject)]
    else:
        gates += posthoc_gates(subject, count)
    return gates


def main() -> int:
    """Measure the models named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", choices=MODELS)
    parser.add_argument(
        "--folder", type=Path, default=BUNDLED, help="the folder that holds the models' folders"
    )
    options = parser.parse_args()
    passed = True
    for name in options.models:
        for gate in measure(name, options.folder / name):
            print(f"{name}: {gate.line()}")
            passed = passed and gate.passed
    return 0 if passed else 1


def _place(case: ioi.Case, name: str) -> int:
    return case.prompt.index(name)


def _next(subject: Subject, pairs: list[tuple[str, str]]) -> list[bool]:
    found = subject.next_tokens([prompt for prompt, _ in pairs])
    return [one == f" {wanted}" for one, (_, wanted) in zip(found, pairs, strict=True)]


def _label(subject: Subject, cases: list[tuple[str, int]], frames: tuple[str, ...]) -> list[bool]:
    pairs = [
        (frames[index % len(frames)].format(text), reviews.LABELS[label])
        for index, (text, label) in enumerate(cases)
    ]
    return _next(subject, pairs)


if __name__ == "__main__":
    sys.exit(main())
