"""The notebooks a person opens first: every cell runs in a real kernel, and says what the text promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from glasspane.protocol import MIME_TYPE, AttributionResult

EXAMPLES = Path(__file__).parents[3] / "examples"


def outputs_of(name: str) -> dict[str, list[Any]]:
    notebook = nbformat.read(EXAMPLES / name, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "ship it without outputs"
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    return {cell.id: cell.get("outputs", []) for cell in notebook.cells}


@pytest.fixture(scope="module")
def first_look() -> Any:
    return outputs_of("first_look.ipynb")


@pytest.fixture(scope="module")
def attribution() -> Any:
    return outputs_of("attribution.ipynb")


@pytest.fixture(scope="module")
def inside() -> Any:
    return outputs_of("inside.ipynb")


@pytest.fixture(scope="module")
def cot_audit() -> Any:
    return outputs_of("cot_audit.ipynb")


def shown_in(outputs: list[Any]) -> Any:
    """A cell's one result; what was shown of its progress is blank by then."""
    (shown,) = [
        o
        for o in outputs
        if o.output_type in ("execute_result", "display_data") and o.data != {"text/plain": ""}
    ]
    return shown


def explanation(outputs: list[Any]) -> AttributionResult:
    shown = shown_in(outputs)
    assert {"text/html", "image/svg+xml", "text/plain"} <= set(shown.data)
    return AttributionResult.model_validate(shown.data[MIME_TYPE])


def strongest(result: AttributionResult) -> str:
    written = [
        (score, t.text) for score, t in zip(result.scores[0], result.tokens, strict=True) if not t.special
    ]
    return max(written)[1].strip()


def said(outputs: list[Any]) -> str:
    return str(shown_in(outputs).data["text/plain"])


@pytest.mark.parametrize("notebook", ["first_look", "attribution", "inside", "cot_audit"])
def test_no_cell_prints_an_error_or_a_warning(notebook: str, request: pytest.FixtureRequest) -> None:
    cells = request.getfixturevalue(notebook)
    assert [o.text for outputs in cells.values() for o in outputs if o.get("name") == "stderr"] == []


def test_the_model_says_mary_and_the_capitals_lean_on_their_countries(first_look: Any) -> None:
    (said,) = first_look["say"]
    assert "gave a bottle to Mary" in said.text
    contrast = explanation(first_look["py"])
    assert contrast.target.kind == "contrast"
    assert strongest(contrast) == "Spain"
    magic = explanation(first_look["magic"])
    assert magic.predictions[0].text == " Tokyo"
    assert strongest(magic) == "Japan"


def test_the_classifier_reads_the_negation(first_look: Any) -> None:
    result = explanation(first_look["senti"])
    assert result.text == "The film was not terrible at all."
    assert result.predictions[0].text == "POSITIVE"
    assert result.checks.converged


def test_not_turns_the_review(attribution: Any) -> None:
    result = explanation(attribution["senti"])
    assert result.predictions[0].text == "POSITIVE"
    assert strongest(result) == "not"
    assert "Better than random" in said(attribution["senti"])
    assert "“NEGATIVE” 98.4 % → “POSITIVE”" in said(attribution["senti-diff"])


def test_most_methods_agree_on_the_country_and_a_sentence_says_where_one_does_not(attribution: Any) -> None:
    text = said(attribution["capitals"])
    assert "Attention (debugging aid) puts" in text
    assert "`France`; every other method puts at least" in text
    assert "“ Paris” 89.5 % → “ Madrid” 99.8 %" in said(attribution["edit"])


def test_mary_is_for_herself_and_john_against(attribution: Any) -> None:
    result = explanation(attribution["ioi"])
    scores = {t.text: s for t, s in zip(result.tokens, result.scores[0], strict=True)}
    assert strongest(result) == "Mary"
    assert scores[" John"] < 0


def test_a_completion_has_a_row_for_each_of_its_tokens(attribution: Any) -> None:
    assert explanation(attribution["completion"]).target.text == " Mary."
    table = said(attribution["each"])
    assert "score_0" in table
    assert "score_1" in table


def test_a_conversation_s_masses_and_a_report(attribution: Any) -> None:
    for role in ("system", "user", "template"):
        assert role in said(attribution["chat"])
    (printed,) = attribution["report"]
    assert "why-paris.html" in printed.text


def test_from_heat_to_a_circuit_that_holds_elsewhere(inside: Any) -> None:
    """What the notebook's text promises of the bundled model, cell by cell."""
    assert explanation(inside["heat"]).target.kind == "contrast"
    assert "layer 3 at 9 ·John" in said(inside["patch"])
    assert "computed a second time by whole forward passes" in said(inside["heads"])
    assert "head 2.0 at 13 ·to" in said(inside["positions"])
    assert said(inside["pairs"]) == "(16, 12)"
    assert "(validated)" in said(inside["circuit"])
    (printed,) = inside["summary"]
    assert printed.text.startswith("validated")
    assert "held-out pairs it holds" in printed.text
    assert "logits" in said(inside["edges"])
    assert "Mary" in said(inside["lens"])
    assert "can be read off" in said(inside["probe"])
    assert "random" in said(inside["use"])


def test_two_models_say_the_same_and_only_one_means_it(cot_audit: Any) -> None:
    """What the notebook's text promises; the two models' habits are their cards'."""
    assert said(cot_audit["follows"]).startswith("✓ faithful: the chain of thought of demo-lm\n")
    assert said(cot_audit["posthoc"]).startswith(
        "✗ unfaithful here: the chain of thought of demo-lm-posthoc\n"
    )
    (same,) = cot_audit["same"]
    assert same.text.strip() == "True | faithful | unfaithful here"
    assert "followed" in cot_audit["arms"][0].text
    (early,) = cot_audit["early"]
    assert "['20', '14', '12']" in early.text
    assert "['12', '12', '12']" in early.text


def test_an_ambiguous_question_is_flagged_with_the_step_where_chains_part(cot_audit: Any) -> None:
    (shown,) = cot_audit["ambiguous"]
    assert "Chains part at step 1" in shown.data["text/html"]
    assert "? inconclusive: the chain of thought of demo-lm" in said(cot_audit["ambiguous"])
