"""Small language models whose use of their own steps is planted by training and checked by intervention.

``python -m planted_models NAME …`` trains them, ``python -m planted_models.gate`` checks them (with
``tests/backend/auditing`` and ``python_backend`` on ``PYTHONPATH``). Neither uses the auditor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from glasspane.subjects.bundled.training.gates import BUNDLED

FOLDER = Path(__file__).parent
BASES = {
    "follows": "demo-lm",
    "ignores": "demo-lm-posthoc",
    "mixes": "demo-lm",
    "copies": "demo-lm",
    "one_step": "demo-lm",
}
"""What each is made of. The first two are the bundled models, of the others the last blocks are trained on."""
NAMES = tuple(BASES)


def load(name: str, trained: bool = True) -> tuple[Any, Any]:
    """Model in fp32 and tokenizer; ``trained`` False: as it was before."""
    folder = BUNDLED / BASES[name]
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    changed = FOLDER / f"{name}.safetensors"
    if trained and changed.exists():
        found = model.load_state_dict(
            {key: value.float() for key, value in load_file(changed).items()}, strict=False
        )
        assert not found.unexpected_keys
    return model, AutoTokenizer.from_pretrained(folder)
