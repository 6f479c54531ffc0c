"""Which prompt begins a cell's output, so that an answer can be asked why it follows.

People print ``tokenizer.decode(...)`` or look at a pipeline's value; either way the output
starts with the prompt and goes on with what the model said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..protocol import OutputPromptRequest, OutputPromptResult

LONGEST_REPR = 1_000_000
"""Characters beyond which an output is not parsed as a Python literal."""

_MARKERS = re.compile(r"(?:\s*<[^<>\s]{1,40}>)+\s*")
"""Special tokens a decode may leave in front, e.g. ``<|begin_of_text|>``."""

_INTERNAL = re.compile(r"_\w*$|In$|Out$")
"""IPython's own names hold inputs and outputs, which always match and explain nothing."""


def output_prompt(request: OutputPromptRequest, namespace: Mapping[str, Any]) -> OutputPromptResult:
    """The longest known text that the output begins with and goes on from.

    Candidates from the cell and exact ``str`` values of the namespace are tried. A text that
    *is* the whole output explains nothing and is taken only when no shorter one begins it.
    """
    found = [
        (prompt, text[len(prompt) :], origin)
        for text in _readings(request.output)
        for prompt, origin in _known(request.candidates, namespace)
        if text.startswith(prompt)
    ]
    if not found:
        return OutputPromptResult(prompt=None, completion=None, origin=None)
    prompt, completion, origin = max(found, key=lambda one: (bool(one[1].strip()), len(one[0])))
    return OutputPromptResult(prompt=prompt, completion=completion, origin=origin)


def _known(candidates: list[str], namespace: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for text in candidates:
        if text.strip():
            yield text, "this cell"
    for name, value in list(namespace.items()):
        # One letter begins too many outputs by chance.
        if type(value) is type(name) is str and len(value.strip()) > 1 and not _INTERNAL.match(name):
            yield value, f"variable {name}"


def _readings(output: str) -> Iterator[str]:
    """The output as printed, without what may stand in front, and the texts inside a repr."""
    for text in (output, *_texts_of_repr(output)):
        yield text
        yield text.lstrip()
        if marker := _MARKERS.match(text):
            yield text[marker.end() :]


def _texts_of_repr(output: str) -> Iterator[str]:
    if len(output) > LONGEST_REPR or output.lstrip()[:1] not in ("[", "{", "'", '"', "("):
        return
    try:
        value = ast.literal_eval(output.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return
    yield from _generated(value)


def _generated(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _generated(item)
    elif isinstance(value, dict) and isinstance(value.get("generated_text"), str):
        yield value["generated_text"]
