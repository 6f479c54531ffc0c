"""A conversation as its model reads it: through the tokenizer's own chat template."""

from __future__ import annotations

from typing import Any

from ..errors import GlasspaneError
from ..protocol import ChatMessage
from .offsets import Span


def render_chat(tokenizer: Any, messages: list[ChatMessage]) -> tuple[str, list[Span | None]]:
    """The conversation as the model reads it, and where each message's content stands in it.

    Contents are located by rendering twice: once with marks that cannot occur in a template, so
    that a message saying ``user`` is not confused with the role of that name. What a template makes
    of a content is located too; a content it drops is not: None.
    """

    def render(contents: list[str]) -> str:
        try:
            return str(
                tokenizer.apply_chat_template(
                    [{"role": m.role, "content": c} for m, c in zip(messages, contents, strict=True)],
                    tokenize=False,
                    add_generation_prompt=messages[-1].role != "assistant",
                )
            )
        except Exception as problem:
            raise GlasspaneError(
                "bad_request",
                f"The chat template refuses this conversation: {problem}",
                "Check the roles and their order.",
            ) from problem

    contents = [message.content for message in messages]
    rendered = render(contents)
    marks = [f"\ue0f0{index}\ue0f1" for index in range(len(contents))]
    skeleton = render(marks)
    for trim in (False, True):
        shown = [c.strip() if trim else c for c in contents]
        expected, places = "", {}
        rest = skeleton
        for index, mark in enumerate(marks):
            before, found, rest = rest.partition(mark)
            if not found:
                break
            expected += before
            places[index] = (len(expected), len(expected) + len(shown[index]))
            expected += shown[index]
        else:
            if expected + rest == rendered:
                return rendered, [places[index] for index in range(len(contents))]
    return rendered, _places(rendered, skeleton, marks, contents)


def _places(rendered: str, skeleton: str, marks: list[str], contents: list[str]) -> list[Span | None]:
    """Where each content, or what the template made of it, stands between the template's own words."""
    spans: list[Span | None] = []
    cursor, rest = 0, skeleton
    for index, (mark, content) in enumerate(zip(marks, contents, strict=True)):
        exact = content.strip()
        before, found, rest = rest.partition(mark)
        if found and rendered.startswith(before, cursor):
            start = cursor + len(before)
        else:
            start = rendered.find(exact, cursor) if exact else -1
        following = rest if index + 1 == len(marks) else rest.split(marks[index + 1])[0]
        if start < 0:
            end = -1
        elif exact and rendered.startswith(exact, start):
            end = start + len(exact)
        elif index + 1 == len(marks) and rendered.endswith(following):
            end = len(rendered) - len(following)
        else:
            end = rendered.find(following, start) if following else -1
        spans.append((start, end) if end > start else None)
        cursor = max(cursor, end)
    return spans
