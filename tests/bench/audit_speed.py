"""The audit's sources: how well an endpoint that takes its time is kept busy.

python tests/bench/audit_speed.py [RUNS] [SECTION ...]
"""

from __future__ import annotations

import sys

from attribution_lines.sections import run

SECTIONS = ("endpoint",)

if __name__ == "__main__":
    run("audit_lines", SECTIONS, sys.argv[1:], runs=3)
