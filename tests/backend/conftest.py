"""Neighbours import each other by name; the widest matrices run sampled, unless all of them is asked for."""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

sys.path.insert(0, str(Path(__file__).parent))

SHARE, FEWEST = 3, 12
"""Of a wide test's cases every third runs, drawn with a fixed seed; fewer than twelve all run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--whole", action="store_true", help="run every case of the widest matrices (make test-all)"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave cases of tests marked ``wide`` out, the same ones every time."""
    if config.getoption("--whole") or any("::" in argument for argument in config.args):
        return
    matrices: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("wide"):
            matrices[item.nodeid.partition("[")[0]].append(item)
    left_out = {
        item
        for name, cases in matrices.items()
        if len(cases) > FEWEST
        for item in random.Random(name).sample(cases, len(cases) - max(FEWEST, len(cases) // SHARE))
    }
    if left_out:
        config.hook.pytest_deselected(items=sorted(left_out, key=lambda item: item.nodeid))
        items[:] = [item for item in items if item not in left_out]
