"""What ``import glasspane`` and its first use add on top of torch and transformers, in fresh processes."""

from __future__ import annotations

import statistics
import subprocess
import sys

_CODE = (
    "import time, torch, transformers\n"
    "from transformers import AutoModelForCausalLM, AutoTokenizer\n"
    "start = time.perf_counter(); import glasspane as gp; gp.explain, gp.subject\n"
    "print(1000 * (time.perf_counter() - start))"
)


def main(runs: int = 7) -> None:
    took = [float(subprocess.check_output([sys.executable, "-c", _CODE], text=True)) for _ in range(runs)]
    print(
        f"import glasspane on top of torch and transformers: median {statistics.median(took):.0f} ms, "
        f"{min(took):.0f} to {max(took):.0f} ms over {runs} processes (wanted: at most 150 ms)"
    )


if __name__ == "__main__":
    main()
