"""The same numbers as inseq, captum and shap, side by side in one run on random models.

A GPT-2-small-sized model (124 M parameters), prompt of 64 tokens, completion of 16; a DistilBERT-sized
classifier (66 M), 28 tokens. Lines print both medians with their spread, the ratio with its spread over the
pairs, peak memory and, where the numbers must be the same, the largest difference by the largest number.

    python tests/bench/attribution_speed.py [RUNS] [SECTION ...]
"""

from __future__ import annotations

import sys

from attribution_lines.sections import run

SECTIONS = ("gradients", "maskings", "classifier", "faithfulness", "shapley_error", "growth")

if __name__ == "__main__":
    run("attribution_lines", SECTIONS, sys.argv[1:], runs=3)
