"""How much of all effects lies in the strongest tenth of the cells by estimate, which alone is computed exactly."""

from __future__ import annotations

from itertools import permutations

import numpy as np

NAMES = ("Mary", "John", "Anna", "Tom")


def lines(_runs: int) -> None:
    import glasspane as gp

    pairs = gp.pairs(
        "When {a} and {b} went to the {place}, {b} gave a {thing} to",
        "When {a} and {b} went to the {place}, {a} gave a {thing} to",
        " {a}",
        " {b}",
        a=NAMES,
        b=NAMES,
        place=("store", "park"),
        thing=("bottle", "book"),
    )
    subject = gp.subject("demo-lm")
    shares = []
    for clean, corrupted, right, wrong in pairs:
        asked = {"answer": (right, wrong), "site": "z", "by": "head_position"}
        whole = gp.patch(subject, clean, corrupted, **asked)
        part = gp.patch(subject, clean, corrupted, **asked, exact=0.1)
        effects = np.abs(whole.raw - whole.corrupted_value)
        shares.append(float(effects[part.exact].sum() / effects.sum()))
    assert len(list(permutations(NAMES, 2))) * 4 == len(pairs)
    print(
        f"strongest tenth of head-by-position cells by estimate, {len(pairs)} prompts of the bundled model: "
        f"{np.mean(shares):.1%} of all effects (least {min(shares):.1%}; wanted: at least 95 %)",
        flush=True,
    )
