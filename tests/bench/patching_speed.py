"""The same maps as transformer_lens' patching, side by side in one run on a random model.

A GPT-2-small-sized model (124 M parameters), prompts of 18 tokens. Lines print both medians with their spread, the
ratio with its spread over the pairs, peak memory, and the largest difference by the largest effect.

    python tests/bench/patching_speed.py [RUNS] [SECTION ...]
"""

from __future__ import annotations

import sys
import time
import warnings
from importlib import import_module

SECTIONS = ("maps", "heads", "attribution", "strongest", "patching_growth")


def main(arguments: list[str]) -> None:
    import torch
    from attribution_lines.measuring import MEMORY

    runs = next((int(text) for text in arguments if text.isdigit()), 1)
    asked = [text for text in arguments if not text.isdigit()]
    chosen = [name for name in SECTIONS if not asked or any(name.startswith(text) for text in asked)]
    if not chosen:
        sys.exit(f"No section is called {' or '.join(asked)}. There are: {', '.join(SECTIONS)}.")
    warnings.filterwarnings("ignore")
    torch.set_num_threads(2)
    print(MEMORY, flush=True)
    for name in chosen:
        start = time.perf_counter()
        import_module(f"causal_lines.{name}").lines(runs)
        print(f"  [{name}: {time.perf_counter() - start:.0f} s]", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
