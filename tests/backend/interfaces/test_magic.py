"""``%%explain`` in a real IPython shell, against the function it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from tiny_models import make_model, tokenizer

import glasspane as gp

CELL = "When Mary and John went to the store, John gave\n"


@pytest.fixture
def shell() -> Iterator[Any]:
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "glasspane")
    shell.user_ns["net"] = make_model("gpt2", vocabulary=len(tokenizer("byte_level")))
    shell.user_ns["tok"] = tokenizer("byte_level")
    yield shell
    shell.user_ns.clear()
    InteractiveShell.clear_instance()


def test_explains_the_cells_text_with_the_model_at_hand(shell: Any) -> None:
    shown = shell.run_cell_magic("explain", "--method input_x_gradient --target ' Mary'", CELL)
    called = gp.explain(
        shell.user_ns["net"], shell.user_ns["tok"], CELL[:-1], method="input_x_gradient", target=" Mary"
    )
    np.testing.assert_array_equal(shown.scores, called.scores)
    named = shell.run_cell_magic("explain", "-m net --method input_x_gradient --target ' Mary'", CELL)
    np.testing.assert_array_equal(named.scores, called.scores)


def test_a_check_comes_with_it_when_asked_for(shell: Any) -> None:
    shown = shell.run_cell_magic("explain", "--method occlusion --check", CELL)
    called = gp.explain(shell.user_ns["net"], shell.user_ns["tok"], CELL[:-1], method="occlusion", check=True)
    assert shown.faithfulness.data.figures == called.faithfulness.data.figures
    assert shown.faithfulness.sentence in shown._repr_mimebundle_()["text/plain"]
    assert shell.run_cell_magic("explain", "--method occlusion", CELL).faithfulness is None


def test_what_the_model_says_itself_is_explained_token_by_token(shell: Any) -> None:
    shown = shell.run_cell_magic("explain", "--method input_x_gradient --generate 3 --each", "The\n")
    called = gp.explain(
        shell.user_ns["net"], shell.user_ns["tok"], "The", method="input_x_gradient", completion=True,
        new_tokens=3, each=True,
    )  # fmt: skip
    assert len(shown.target.pieces) > 1
    assert shown.target == called.target
    np.testing.assert_array_equal(shown.scores, called.scores)


def test_errors_are_sentences(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    result = shell.run_cell("%%explain --method magic\nHello")
    assert isinstance(result.error_in_exec, gp.GlasspaneError)
    printed = capsys.readouterr().out
    assert "no attribution method called 'magic'" in printed
    assert "Traceback" not in printed
    assert isinstance(shell.run_cell("%%explain --wat\nHello").error_in_exec, gp.GlasspaneError)


def test_a_lone_apostrophe_is_a_sentence(shell: Any) -> None:
    error = shell.run_cell("%%explain --target don't\nHello").error_in_exec
    assert isinstance(error, gp.GlasspaneError)
    assert error.code == "bad_request"
