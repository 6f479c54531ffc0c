"""Throughput against a server on loopback that takes 100 ms for every reply, however many are asked for at once.

The ideal: every one of the calls allowed at once is under way all the time, so 8 of them bring 80 replies a second.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2] / "backend" / "auditing"))

LATENCY = 0.1
CALLS = 160
WANTED = 0.9


def lines(runs: int) -> None:
    from scripted_endpoint import ScriptedEndpoint

    for concurrency in (1, 8, 16):
        with ScriptedEndpoint(latency=LATENCY) as endpoint:
            calls = CALLS if concurrency > 1 else 20
            ideal = calls * LATENCY / concurrency
            shares = [_share(endpoint, concurrency, calls, ideal, run) for run in range(runs)]
        median = statistics.median(shares)
        print(
            f"endpoint with {LATENCY * 1000:.0f} ms latency, {calls} calls, {concurrency} at once: "
            f"{median:.3f} of the ideal throughput (of {calls / ideal:.0f} replies a second; "
            f"{min(shares):.3f} to {max(shares):.3f} in {runs} runs), wanted ≥ {WANTED}"
            f"{'' if median >= WANTED else '  ← MISSED'}",
            flush=True,
        )


def _share(endpoint: object, concurrency: int, calls: int, ideal: float, run: int) -> float:
    """Of the ideal, the ledger on disk included; what finding abilities out takes is not."""
    from glasspane.auditing.budget import PaidSource
    from glasspane.auditing.endpoint_source import EndpointSource
    from glasspane.auditing.ledger import Ledger
    from glasspane.auditing.sampling import Sampling
    from glasspane.auditing.source import Ask
    from glasspane.protocol import TextPrompt

    source = EndpointSource(endpoint.url, "scripted", concurrency=concurrency)  # type: ignore[attr-defined]
    source.abilities()
    prompt = TextPrompt(text="Question: A bus has 5 people. 3 get on. How many people are there now?")
    asks = [
        Ask(prompt, "\nStep 1: 5 + 3 = 9.", run * calls + seed, Sampling(max_tokens=20), "W")
        for seed in range(calls)
    ]
    with TemporaryDirectory() as folder, Ledger(Path(folder) / "audit.jsonl") as ledger:
        start = time.perf_counter()
        PaidSource(source, ledger).write(asks)
        return ideal / (time.perf_counter() - start)
