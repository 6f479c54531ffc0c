"""Which Glasspane this is; known without a kernel and without torch."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.metadata import version as installed_version
from pathlib import Path

INSTALL_LINE = "%s -m pip install --upgrade %s"
"""The line that installs, for a program and a requirement; without ``--upgrade`` it mends nothing that is there."""

BARE_PROGRAM = r"[A-Za-z0-9_@%+=:,./\\-]+"
"""A program that every shell takes as it is; any other is quoted."""

PLAIN_IN_QUOTES = r"[^\"$`!]+"
"""What every shell takes as it is in double quotes; any other words get single ones."""

SINGLE_QUOTE = "''" if os.name == "nt" else "'\\''"
"""How a single quote is written within single quotes: PowerShell's way, or that of every other shell."""


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
    """The line that installs this version for exactly that interpreter, in a shell of its platform."""
    program = executable if re.fullmatch(BARE_PROGRAM, executable) else quoted(executable)
    return INSTALL_LINE % (program, quoted(install_requirement("kernel")))


def quoted(words: str) -> str:
    """One argument for a shell, which must find nothing in it to run or to replace."""
    if re.fullmatch(PLAIN_IN_QUOTES, words):
        return f'"{words}"'
    return "'" + words.replace("'", SINGLE_QUOTE) + "'"
