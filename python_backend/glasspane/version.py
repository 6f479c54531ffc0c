"""Which Glasspane this is; known without a kernel and without torch."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.metadata import version as installed_version
from pathlib import Path

INSTALL_LINE = '%s -m pip install --upgrade "%s"'
"""The line that installs, for a program and a requirement; without ``--upgrade`` it mends nothing that is there."""

BARE_PROGRAM = r"[A-Za-z0-9_@%+=:,./\\-]+"
"""A program that every shell takes as it is; any other stands in double quotes."""


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


def install_command(executable: str) -> str:
    """The line that installs this version for exactly that interpreter, in a shell of any platform."""
    program = executable if re.fullmatch(BARE_PROGRAM, executable) else f'"{executable}"'
    return INSTALL_LINE % (program, install_requirement("kernel"))
