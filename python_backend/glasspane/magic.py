"""``%%explain``: the cell's body is the prompt."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

from .cli_options import add_check_option, add_explain_options, chosen_options, typed_target
from .errors import GlasspaneError
from .protocol import AutoSubject, KernelSubject, SubjectRef

if TYPE_CHECKING:
    from .subjects import Subject


def register(shell: Any) -> None:
    shell.register_magic_function(_magic_for(shell), magic_kind="cell", magic_name="explain")


class _Parser(argparse.ArgumentParser):
    """argparse leaves the process on an error; a magic must not."""

    def error(self, message: str) -> NoReturn:
        raise GlasspaneError(
            "bad_request", f"%%explain: {message}.", "Its options are those of `glasspane explain --help`."
        )


def _magic_for(shell: Any) -> Any:
    def explain_cell(line: str, cell: str) -> Any:
        """%%explain [--model NAME] [--method NAME] [--target TEXT] [--generate TOKENS [--each]] [--check] … :
        explain the cell's text."""
        from .api import build_request
        from .attribution.explain import explain
        from .explanation import Explanation

        parser = _Parser(prog="%%explain", add_help=False)
        add_explain_options(parser)
        add_check_option(parser)
        try:
            words = shlex.split(line)
        except ValueError as problem:
            parser.error(f"{problem}".rstrip("."))
        given = parser.parse_args(words)
        ref = _ref(given.model, shell.user_ns) if given.model else AutoSubject()
        found = _resolve(ref, shell.user_ns)
        request = build_request(
            found.ref,
            cell.removesuffix("\n"),
            method=given.method,
            target=typed_target(found, given),
            score=given.score,
            template="chat" if given.chat else "raw",
            options=chosen_options(given),
        )
        explanation = Explanation(explain(found, request), found)
        if given.check:
            explanation.check()
        return explanation

    return explain_cell


def _ref(name: str, namespace: dict[str, Any]) -> SubjectRef:
    from .api import ref_by_name

    root = name.split(".")[0].split("[")[0]
    return KernelSubject(model=name) if root in namespace else ref_by_name(name, None)


def _resolve(ref: SubjectRef, namespace: dict[str, Any]) -> Subject:
    from .subjects.load import resolve

    try:
        return resolve(ref, namespace)
    except GlasspaneError as problem:
        if problem.code != "several_subjects":
            raise
        first = problem.result.candidates[0].ref.model
        raise GlasspaneError(
            problem.code,
            problem.result.message,
            f"Name the one to explain: %%explain --model {first}",
            candidates=problem.result.candidates,
        ) from None
