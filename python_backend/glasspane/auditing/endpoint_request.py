"""What is sent for an ask."""

from __future__ import annotations

import re
from typing import Any

from ..protocol import Prompt, TextPrompt
from .endpoint_abilities import Way
from .source import Ask

_GO_ON = "Go on from exactly where it stops. Do not repeat any of it."


def request_for(model: str, ask: Ask, way: Way) -> dict[str, Any]:
    """A chat completion's fields, each of which the endpoint may turn out to refuse (see :mod:`.request_form`)."""
    begun = whole_letters(ask.begun)
    sampling = ask.sampling
    request: dict[str, Any] = {
        "model": model,
        "messages": _with_begun(_messages(ask.prompt), begun, way),
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": ask.seed,
    }
    if sampling.stop:
        request["stop"] = list(sampling.stop)
    if request["messages"][-1]["role"] == "assistant" and way == "continue_final_message":
        request |= {"continue_final_message": True, "add_generation_prompt": False}
    return request


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    """A text is a user's turn: the endpoint puts its chat template around every message."""
    if isinstance(prompt, TextPrompt):
        return [{"role": "user", "content": whole_letters(prompt.text)}]
    return [{"role": each.role, "content": whole_letters(each.content)} for each in prompt.messages]


def _with_begun(messages: list[dict[str, str]], begun: str, way: Way) -> list[dict[str, str]]:
    if not begun:
        return messages
    last = messages[-1]
    if last["role"] == "assistant":  # the prompt itself begins the reply
        messages, begun = messages[:-1], last["content"] + begun
    if way != "transcript":
        return [*messages, {"role": "assistant", "content": begun}]
    quoted = f"Reasoning so far, which stops before its end:\n\n{begun}\n\n{_GO_ON}"
    if messages and messages[-1]["role"] == "user":
        asked = messages[-1]["content"]
        return [*messages[:-1], {"role": "user", "content": f"{asked}\n\n{quoted}"}]
    return [*messages, {"role": "user", "content": quoted}]


def whole_letters(text: str) -> str:
    """Halves of surrogate pairs are no letters: nothing can carry them."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
