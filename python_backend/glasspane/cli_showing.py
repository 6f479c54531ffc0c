"""``glasspane show``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .cli_streams import write, write_page


def add_show_command(commands: Any) -> None:
    """A subcommand of the parser's ``commands``."""
    show = commands.add_parser("show", help="a result that was saved as .json, without any model")
    show.add_argument("--json", action="store_true", help="print the result as one JSON object, nothing else")
    show.add_argument("--html", type=Path, metavar="FILE", help="also write a self-contained page")
    show.add_argument("file", type=Path, help="what .save() wrote as .json, or a command's --json printed")
    show.set_defaults(run=_show)


def _show(given: argparse.Namespace) -> int:
    from .loading import load

    found = load(given.file)
    if given.html:
        write_page(found.html(), given.html)
    write(found.json() if given.json else str(found._repr_mimebundle_()["text/plain"]), as_json=given.json)
    return 0
