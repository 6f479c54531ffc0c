"""What the command line reads and writes, whatever the terminal can show."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .errors import GlasspaneError


def standard_input() -> str:
    """All of it; raises ``bad_request`` where it is no text."""
    try:
        return sys.stdin.read()
    except (UnicodeDecodeError, AttributeError) as problem:  # bytes of another encoding, or closed
        raise GlasspaneError(
            "bad_request",
            "Standard input cannot be read as text.",
            "Give text in the encoding of your terminal (usually UTF-8).",
            detail=str(problem),
        ) from problem


_PLAIN = str.maketrans(
    {"−": "-", "×": "x", "█": "#", "·": ".", "…": "...", "±": "+-", "→": "->", "“": '"', "”": '"', "—": "-"}
)
"""What a terminal without these characters shows instead, so that signs and sizes survive there too."""


def write(text: str, as_json: bool = False) -> None:
    """To standard output, in whatever encoding it has."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        if as_json:
            text = json.dumps(json.loads(text))
        else:
            text = text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    sys.stdout.write(text + "\n")


def writable(*reports: Path | None) -> None:
    """Before what they report on is paid for; raises ``bad_file`` where a folder is not there."""
    for report in reports:
        if report is not None and not report.absolute().parent.is_dir():
            raise GlasspaneError(
                "bad_file", f"{report} cannot be written: its folder is not there.", "Make the folder first."
            )


def write_page(page: str, path: Path) -> None:
    """Into a file; raises ``bad_request`` where that cannot be."""
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as problem:
        raise GlasspaneError(
            "bad_request", f"{path} cannot be written: {problem.strerror}.", "Give another file."
        ) from problem
