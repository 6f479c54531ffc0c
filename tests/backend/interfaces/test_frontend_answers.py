"""Answers that the front end is tested against are still what the protocol says. Truth: the protocol's types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glasspane.protocol import RESULT

FRONTEND = Path(__file__).parents[2] / "frontend"


def kept() -> dict[str, Any]:
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in (FRONTEND / "answers").glob("*.json")}
    views = json.loads((FRONTEND / "fixtures" / "attention_answers.json").read_text("utf-8"))
    return found | {name: answer for name, answer in views.items() if isinstance(answer, dict)}


@pytest.mark.parametrize(("name", "answer"), sorted(kept().items()))
def test_what_is_kept_is_what_the_kernel_would_send_now(name: str, answer: Any) -> None:
    """Fields that are new, gone or renamed show: write_answers.py and fixtures/write_attention_answers.py
    make them again."""
    assert RESULT.validate_python(answer).model_dump(mode="json") == answer, name
