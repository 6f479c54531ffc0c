"""Results that were changed on the way: refused with a sentence where they are read, never half drawn.

What is refused contradicts itself: an axiom of the format (one score per token, offsets within the text).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.errors import GlasspaneError
from glasspane.kernel.entry import run
from glasspane.protocol import AttributionResult

TEXT = "The capital of France is"
SPAIN = "The capital of Spain is"


@pytest.fixture(scope="module")
def pair() -> tuple[Any, Any]:
    return make_model("gpt2"), tokenizer("byte_level")


@pytest.fixture(scope="module")
def sound(pair: Any) -> dict[str, Any]:
    """Every part of a report, as JSON."""
    explained = gp.explain(*pair, TEXT, method="kernel_shap", check=True)
    explained.data = explained.data.model_copy(update={"margins": [[0.1] * len(explained.tokens)]})
    assert explained.faithfulness is not None
    compared = gp.compare(*pair, TEXT, methods=["saliency", "occlusion"])
    differing = gp.diff(*pair, TEXT, SPAIN, method="occlusion")
    parts = {
        "attribution": explained,
        "faithfulness": explained.faithfulness,
        "comparison": compared,
        "difference": differing,
    }
    return {name: json.loads(part.json()) for name, part in parts.items()}


def changed(whole: Any, path: str, value: Any) -> Any:
    whole = deepcopy(whole)
    *route, last = [int(step) if step.lstrip("-").isdigit() else step for step in path.split(".")]
    place = whole
    for step in route:
        place = place[step]
    place[last] = value
    return whole


ATTRIBUTIONS = [
    ("tokens", []),
    ("tokens.1.index", 3),
    ("tokens.1.start", -2),
    ("tokens.1.end", 10**9),
    ("tokens.1.end", 0),
    ("tokens.1.segment", 0),
    ("tokens.1.segment", -1),
    ("text", "The"),
    ("segments", [{"role": "user", "start": 0, "end": 10**6}]),
    ("segments", [{"role": "user", "start": 4, "end": 2}]),
    ("scores", []),
    ("scores", [[]]),
    ("scores", [[1.0]]),
    ("scores", [[1.0] * 99]),
    ("scores", [[1.0] * 5, [1.0]]),
    ("scores", [[1e308] * 5]),
    ("scores.0.0", 1e308),
    ("scores.0.0", float("nan")),
    ("scores.0.0", float("inf")),
    ("margins", []),
    ("margins", [[1.0]]),
    ("margins", [[float("nan")] * 5]),
    ("target.ids", []),
    ("target.ids", [-1]),
    ("target.versus_ids", [1, 2]),
    ("target.value", float("inf")),
    ("target.probability", float("nan")),
    ("predictions", []),
    ("predictions.0.probability", float("nan")),
    ("checks.completeness_gap", float("nan")),
    ("cost.seconds", float("inf")),
]


@pytest.mark.parametrize(("path", "value"), ATTRIBUTIONS, ids=str)
def test_an_explanation_that_contradicts_itself_is_not_loaded(
    sound: Any, path: str, value: Any, tmp_path: Path
) -> None:
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(changed(sound["attribution"], path, value)), "utf-8")
    with pytest.raises(GlasspaneError) as caught:
        gp.load(file)
    assert caught.value.code == "bad_request"


OTHERS = [
    ("faithfulness.curves.0.values", []),
    ("faithfulness.curves.0.random_low", [0.5]),
    ("comparison.rows.0.scores", [1.0]),
    ("comparison.rows.0.shares", []),
    ("comparison.rows.0.margins", [1.0]),
    ("comparison.rows", []),
    ("comparison.tokens", []),
    ("comparison.tokens.0.index", 9),
    ("comparison.agreement", []),
    ("comparison.agreement.0", []),
    ("difference.pairs.0.before", 99),
    ("difference.pairs.0.after", -1),
    ("difference.pairs.0.before", None),
    ("difference.pairs", []),
    ("difference.moved", [99]),
    ("difference.before.scores", [[1.0]]),
]


@pytest.mark.parametrize(
    ("path", "value"), [*((f"attribution.{path}", value) for path, value in ATTRIBUTIONS), *OTHERS], ids=str
)
def test_the_kernel_writes_no_report_of_it(sound: Any, path: str, value: Any) -> None:
    answer = run(json.dumps({"kind": "report", **changed(sound, path, value)}))._repr_json_()
    assert answer["kind"] == "error"
    assert answer["code"] == "bad_request"
    assert answer["detail"] is None


def test_a_report_is_about_one_explanation(sound: Any, pair: Any) -> None:
    """A verdict on other scores beside these would say that they were checked."""
    assert run(json.dumps({"kind": "report", **sound}))._repr_json_()["kind"] == "report"
    other = gp.explain(*pair, SPAIN, method="occlusion", check=True)
    assert other.faithfulness is not None
    foreign = json.loads(other.faithfulness.json())
    compared = json.loads(gp.compare(*pair, SPAIN, methods=["saliency", "occlusion"]).json())
    for part in ({"faithfulness": foreign}, {"comparison": compared}):
        answer = run(json.dumps({"kind": "report", **sound, **part}))._repr_json_()
        assert answer["code"] == "bad_request"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("target.ids", [10**6]),
        ("target.ids", [1, 2, 3]),
        ("target.versus_ids", [10**6]),
        ("request.target", {"kind": "completion", "text": None, "tokens": 3}),
        ("request.prompt.text", "Another prompt"),
        ("tokens.0.id", 7),
    ],
    ids=str,
)
def test_what_the_model_cannot_have_said_is_not_checked(sound: Any, pair: Any, path: str, value: Any) -> None:
    data = AttributionResult.model_validate(changed(sound["attribution"], path, value))
    with pytest.raises(GlasspaneError) as caught:
        gp.check(*pair, gp.Explanation(data))
    assert caught.value.code == "bad_request"


def test_a_method_without_a_name_can_still_be_shown(sound: Any) -> None:
    shown = gp.Explanation(
        AttributionResult.model_validate(changed(sound["attribution"], "method.label", ""))
    )
    assert "by " in repr(shown)


def test_a_fault_of_ours_is_not_blamed_on_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    from glasspane.kernel import entry

    def failing(*_: Any) -> Any:
        return AttributionResult.model_validate({})

    monkeypatch.setattr(entry, "_hello", failing)
    ask: Callable[[], Any] = lambda: run('{"kind": "hello"}')._repr_json_()  # noqa: E731
    assert ask()["code"] == "internal"
