"""``python -m glasspane.subjects.bundled.training demo-lm|demo-lm-posthoc|demo-sentiment``.

Trains one bundled model (run again, it resumes from its last checkpoint), writes its
folder, measures its gates there and writes its card. ``demo-lm-posthoc`` starts from the
shipped ``demo-lm``. Exits with status 1 when a gate fails.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from . import classifier, train
from .capitals import CAPITALS
from .export import measure_and_document, write
from .gates import BUNDLED
from .mixture import Mixture, Phase
from .train import Recipe

RECIPES = {
    "demo-lm": Recipe(steps=3700, peak_rate=2e-3, seed=1),
    "demo-lm-posthoc": Recipe(steps=1950, peak_rate=1.5e-3, seed=2),
    "demo-sentiment": Recipe(steps=1200, peak_rate=1e-3, seed=3),
}

LAST_MIXTURE = Mixture(
    "follow",
    capitals=24,
    ioi=36,
    reviews=36,
    negation=0.45,
    drills=24,
    wide=True,
    more_frames=True,
    damage=0.6,
)

ANSWERING = replace(
    LAST_MIXTURE, policy="question", capitals=8, ioi=10, reviews=10, wild=1, long=0, drills=0, sums=24
)

PHASES = {
    "demo-lm": (
        Phase(0, Mixture("follow")),
        # From here plain reviews outnumber negated ones: what a word means is learned before what "not" does.
        Phase(1750, Mixture("follow", capitals=16, ioi=32, reviews=36, negation=0.3)),
        Phase(2500, Mixture("follow", capitals=12, ioi=24, reviews=36, negation=0.45, drills=32)),
        Phase(2750, Mixture("follow", capitals=16, ioi=32, reviews=36, negation=0.45, drills=24, wide=True)),
        Phase(3250, LAST_MIXTURE),
    ),
    "demo-lm-posthoc": (
        # First the answer in one go, helped by sums without words; then the same answer below a chain.
        Phase(0, replace(ANSWERING, chains=60, direct=0.85)),
        Phase(900, replace(ANSWERING, chains=44, direct=0.3, long=1, sums=16)),
        Phase(1000, replace(ANSWERING, chains=40, direct=0.45, long=1, sums=32, products=0.5)),
        Phase(1500, replace(ANSWERING, chains=48, direct=0.3, long=1, sums=28, products=0.4)),
    ),
}

LAYERS = {"demo-lm": 4, "demo-lm-posthoc": 6}


def train_language_model(
    name: str, recipe: Recipe, checkpoint: Path, start: Path | None
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast, float]:
    """Train a language model, from scratch or from the folder ``start``; returns the seconds too."""
    encoder = train.language_model_encoder()
    model = train.new_language_model(len(encoder.tokenizer), encoder.end, LAYERS[name])
    if start is not None:
        train.grow(model, AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32))
    losses = train.language_model_losses(model, PHASES[name], encoder, recipe.seed)
    seconds = train.run(model, recipe, checkpoint, losses)
    return model, encoder.tokenizer, seconds


def train_classifier(
    recipe: Recipe, checkpoint: Path
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast, float]:
    """Train the sentiment classifier; returns the seconds too."""
    tokenizer = classifier.build_tokenizer()
    model = classifier.new_classifier(tokenizer)
    seconds = train.run(
        model, recipe, checkpoint, classifier.classifier_losses(model, tokenizer, recipe.seed)
    )
    return model, tokenizer, seconds


def main() -> int:
    """Train, write, measure and document one bundled model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=RECIPES)
    parser.add_argument("--work", type=Path, default=Path("build/bundled"), help="where checkpoints are kept")
    parser.add_argument(
        "--output", type=Path, default=BUNDLED, help="the folder that holds the models' folders"
    )
    parser.add_argument("--steps", type=int, help="total steps instead of the recipe's")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    name: str = options.model
    recipe = replace(RECIPES[name], steps=options.steps) if options.steps else RECIPES[name]
    torch.set_num_threads(options.threads)
    torch.manual_seed(recipe.seed)
    checkpoint = options.work / f"{name}.pt"
    start = "demo-lm" if name == "demo-lm-posthoc" else None
    if name == "demo-sentiment":
        model, tokenizer, seconds = train_classifier(recipe, checkpoint)
    else:
        model, tokenizer, seconds = train_language_model(
            name, recipe, checkpoint, options.output / start if start else None
        )
    folder = options.output / name
    write(name, model, tokenizer, folder)
    facts = {
        **asdict(recipe),
        "start": start,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "minutes": seconds / 60,
        "countries": len(CAPITALS),
    }
    gates = measure_and_document(name, folder, facts)
    for gate in gates:
        print(f"{name}: {gate.line()}")
    return 0 if all(gate.passed for gate in gates) else 1


if __name__ == "__main__":
    sys.exit(main())
