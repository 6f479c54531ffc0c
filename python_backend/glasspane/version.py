"""Which Glasspane this is; known without a kernel and without torch."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
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


def install_requirement(extra: str) -> str:
    """What pip is to install to get this Glasspane with ``extra``: from where it came (PEP 610), else by name.

    A clone is named as such: the bare name would ask an index, which may know another package by it.
    """
    try:
        origin = json.loads(distribution("glasspane").read_text("direct_url.json") or "{}").get("url")
    except (PackageNotFoundError, ValueError):
        origin = None
    if origin:
        return f"glasspane[{extra}] @ {origin}"
    return f"glasspane[{extra}]=={glasspane_version()}"
