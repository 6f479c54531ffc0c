"""Which Glasspane this is; known without a kernel and without torch."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path


@cache
def glasspane_version() -> str:
    """The installed version; in a bare source tree, the one number in ``package.json``."""
    try:
        return installed_version("glasspane")
    except PackageNotFoundError:
        manifest = Path(__file__).parents[2] / "package.json"
        return str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
