"""The same maps as transformer_lens' patching, side by side in one run on a random model.

A GPT-2-small-sized model (124 M parameters), prompts of 18 tokens. Lines print both medians with their spread, the
ratio with its spread over the pairs, peak memory, and the largest difference by the largest effect.

    python tests/bench/patching_speed.py [RUNS] [SECTION ...]
"""

from __future__ import annotations

import sys

from attribution_lines.sections import run

SECTIONS = ("maps", "heads", "attribution", "strongest", "patching_growth")

if __name__ == "__main__":
    run("causal_lines", SECTIONS, sys.argv[1:], runs=1)
