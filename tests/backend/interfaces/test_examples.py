"""The notebooks a person opens first: every cell runs in a real kernel, and says what the text promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from glasspane.protocol import MIME_TYPE, AttributionResult

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def first_look() -> Any:
    notebook = nbformat.read(EXAMPLES / "first_look.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "ship it without outputs"
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    return {cell.id: cell.get("outputs", []) for cell in notebook.cells}


def explanation(outputs: list[Any]) -> AttributionResult:
    (shown,) = [o for o in outputs if o.output_type in ("execute_result", "display_data")]
    assert {"text/html", "image/svg+xml", "text/plain"} <= set(shown.data)
    return AttributionResult.model_validate(shown.data[MIME_TYPE])


def strongest(result: AttributionResult) -> str:
    written = [
        (score, t.text) for score, t in zip(result.scores[0], result.tokens, strict=True) if not t.special
    ]
    return max(written)[1].strip()


def test_no_cell_prints_an_error_or_a_warning(first_look: Any) -> None:
    noise = [o.text for outputs in first_look.values() for o in outputs if o.get("name") == "stderr"]
    assert noise == []


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
