"""``glasspane audit prompts.yaml``: every prompt of a file, and reports for CI."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cli_streams import writable, write, write_page
from .errors import GlasspaneError

if TYPE_CHECKING:
    from .auditing.prompt_audits import FileAudit
    from .auditing.prompt_file import FilePrompt
    from .kernel.progress import Report
    from .protocol.audit import AuditSource


def names_a_file(prompt: str) -> bool:
    """A prompt that is the name of a YAML file; one that merely ends like one has blanks or is no file."""
    if "\n" in prompt or Path(prompt).suffix.lower() not in (".yaml", ".yml"):
        return False
    return " " not in prompt.strip() or Path(prompt).is_file()


def audit_file(given: argparse.Namespace, options: dict[str, Any], model: AuditSource) -> int:
    """Exit status 0: every prompt passes."""
    from .auditing.budget import Budget
    from .auditing.prompt_audits import FileAudit, Sources, audit_all
    from .auditing.prompt_file import read_prompts
    from .display.file_audit import line, page, summary

    if given.reference is not None:
        raise GlasspaneError(
            "bad_option", "--reference is for one prompt.", "Write each prompt's reference into the file."
        )
    writable(given.junit, given.sarif, given.html)
    budget = options.pop("budget", {})
    path = Path(given.prompt)
    prompts = read_prompts(path, model, options)
    found = FileAudit(file=path.as_posix(), require=given.require, asked=len(prompts), prompts=[])
    progress = _Progress(len(prompts))
    try:
        for audited in audit_all(
            prompts,
            Sources(),
            require=given.require,
            budget=Budget(budget.get("calls"), budget.get("tokens")),
            preview=given.preview,
            report=progress.of,
        ):
            found.prompts.append(audited)
            if not given.json:
                progress.clear()
                write(line(audited, found.file))
    finally:
        progress.clear()
        # An interrupted run has paid for what it knows.
        _reports(found, given, page)
    write(found.model_dump_json() if given.json else summary(found), as_json=given.json)
    return 0 if found.passed else 1


def _reports(found: FileAudit, given: argparse.Namespace, page: Callable[[FileAudit], str]) -> None:
    from .auditing.junit import junit
    from .auditing.sarif import sarif

    if given.junit is not None:
        write_page(junit(found), given.junit)
    if given.sarif is not None:
        write_page(sarif(found, Path.cwd()), given.sarif)
    if given.html is not None:
        write_page(page(found), given.html)


class _Progress:
    """On standard error: one line that is written over on a terminal, elsewhere one for each prompt."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._number = 0
        self._said_at = 0.0
        self._terminal = sys.stderr.isatty()

    def of(self, prompt: FilePrompt) -> Report:
        self._number += 1
        head = f"[{self._number}/{self._count}] {prompt.name}"
        if not self._terminal:
            print(head, file=sys.stderr, flush=True)

        def report(fraction: float, stage: str, partial: Any = None) -> None:
            now = time.monotonic()
            if self._terminal and now - self._said_at > 0.2:
                self._said_at = now
                print(f"\r\x1b[K{head}: {fraction:.0%}, {stage}"[:110], end="", file=sys.stderr, flush=True)

        return report

    def clear(self) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
