"""The sections of a benchmark: chosen by name, run in their order, each said how long it took."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Sequence
from importlib import import_module

from attribution_lines.measuring import MEMORY


def run(folder: str, sections: Sequence[str], arguments: Sequence[str], runs: int) -> None:
    """``arguments``: how often (``runs`` unless said), and how the sections begin that are wanted (all unless said)."""
    import torch

    runs = next((int(text) for text in arguments if text.isdigit()), runs)
    asked = [text for text in arguments if not text.isdigit()]
    chosen = [name for name in sections if not asked or any(name.startswith(text) for text in asked)]
    if not chosen:
        sys.exit(f"No section is called {' or '.join(asked)}. There are: {', '.join(sections)}.")
    warnings.filterwarnings("ignore")
    torch.set_num_threads(2)
    print(MEMORY, flush=True)
    for name in chosen:
        start = time.perf_counter()
        import_module(f"{folder}.{name}").lines(runs)
        print(f"  [{name}: {time.perf_counter() - start:.0f} s]", flush=True)
