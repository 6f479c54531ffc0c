"""The result as an object, as static output and over JSON; numbers are compared, not shapes."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.display.terminal import report
from glasspane.protocol import MIME_TYPE, RESULT, AttributionResult

HOSTILE = 'Say <script>alert(1)</script> & <img src=x onerror="x"> \x1b[31m red\x07'


@pytest.fixture(scope="module")
def result() -> Any:
    return gp.explain(make_model("gpt2"), tokenizer("byte_level"), "The capital of France is", max_steps=16)


@pytest.fixture(scope="module")
def hostile() -> Any:
    return gp.explain(make_model("gpt2"), tokenizer("byte_level"), HOSTILE, method="input_x_gradient")


def test_json_round_trip_is_exact(result: Any, tmp_path: Path) -> None:
    back = gp.load(result.save(tmp_path / "r.json"))
    assert back.data == result.data
    np.testing.assert_array_equal(back.scores, result.scores)
    assert RESULT.validate_json(result.json()) == result.data


def test_loading_something_else_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"kind": "attribution"}')
    with pytest.raises(gp.GlasspaneError, match="holds no saved explanation"):
        gp.load(tmp_path / "x.json")


def test_frame_holds_every_token_with_its_score_and_share(result: Any) -> None:
    frame = result.to_frame()
    assert list(frame["text"]) == [t.text for t in result.tokens]
    np.testing.assert_array_equal(frame["score"], result.scores[0])
    np.testing.assert_allclose(frame["share"], np.abs(result.scores[0]) / np.abs(result.scores[0]).sum())


def test_sign_and_size_survive_without_styles_and_scripts(result: Any) -> None:
    """A viewer that keeps text only still shows each token with its signed number."""

    class Text(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.cells: list[str] = []
            self.inside = False

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            assert tag != "script"
            if tag in ("td", "th"):
                self.cells.append("")
                self.inside = True

        def handle_endtag(self, tag: str) -> None:
            if tag in ("td", "th"):
                self.inside = False

        def handle_data(self, data: str) -> None:
            if self.inside:
                self.cells[-1] += data

    page = Text()
    page.feed(result._repr_mimebundle_()["text/html"])
    cells = page.cells[5:]
    for index, score in enumerate(result.scores[0]):
        shown = cells[5 * index + 2]
        assert shown[0] == ("+" if score > 0 else "−")
        assert float(shown[1:]) == pytest.approx(abs(score), rel=1e-3)


def test_the_image_is_valid_and_carries_sign_by_line_and_number(result: Any) -> None:
    root = ElementTree.fromstring(result._repr_mimebundle_()["image/svg+xml"])
    lines = [e for e in root if e.tag.endswith("line")]
    dashed = ["stroke-dasharray" in e.attrib for e in lines]
    assert dashed == [bool(s < 0) for s in result.scores[0]]
    numbers = [
        e.text for e in root if e.tag.endswith("text") and re.fullmatch(r"[+−±][\d.e-]+", e.text or "")
    ]
    assert [n[0] == "−" for n in numbers if n] == dashed


def test_token_text_is_never_markup_nor_control(hostile: Any) -> None:
    bundle = hostile._repr_mimebundle_()
    assert bundle[MIME_TYPE]["kind"] == "attribution"
    for surface in (bundle["text/html"], bundle["image/svg+xml"], hostile.html()):
        assert "<script" not in surface
        assert "<img" not in surface
    ElementTree.fromstring(bundle["image/svg+xml"])
    for colour in (False, True):
        text = re.sub(r"\x1b\[[\d;:]*m", "", report(hostile.data, colour))
        assert "\x1b" not in text
        assert "\x07" not in text


def test_the_page_needs_no_network(result: Any) -> None:
    page = result.html()
    assert not re.search(r"(src|href)\s*=|url\(|@import", page)


@pytest.mark.parametrize(
    "choices",
    [
        {"target": " Paris"},
        {"target": 17},
        {"target": (" Paris", 17)},
        {"completion": " Paris, not Rome", "score": "log_prob"},
        {"target": 17, "score": "prob"},
        {"template": "chat"},
        {"method": "integrated_gradients", "baseline": "zero", "max_steps": 8},
        {"method": "attention", "layer": 1, "head": 3},
    ],
)
@pytest.mark.parametrize(
    "prompt", ["The capital of France is", [{"role": "user", "content": 'What\'s "it"?'}]]
)
def test_the_reproducing_call_reproduces(choices: dict[str, Any], prompt: Any) -> None:
    namespace: dict[str, Any] = {"model": make_model("gpt2"), "tokenizer": tokenizer("chat")}
    choices = {"method": "input_x_gradient", **choices}
    first = gp.explain(namespace["model"], namespace["tokenizer"], prompt, **choices)
    exec(first.data.code.replace("gp.explain", "again = gp.explain"), namespace)
    again = namespace["again"]
    assert (again.target, again.method, again.data.template) == (
        first.target,
        first.method,
        first.data.template,
    )
    assert [t.id for t in again.tokens] == [t.id for t in first.tokens]
    np.testing.assert_array_equal(again.scores, first.scores)


def test_the_reproducing_call_names_answers_as_people_do() -> None:
    subject = gp.subject("demo-lm")
    first = gp.explain(subject, "The capital of France is", method="input_x_gradient")
    rome = subject.tokenizer(" Rome")["input_ids"][0]
    chosen = gp.explain(subject, first.text, method="input_x_gradient", target=(first.target.ids[0], rome))
    assert "target=(' Paris', ' Rome')" in chosen.data.code


def test_the_request_in_the_result_gives_it_again(result: Any) -> None:
    from glasspane.attribution.explain import explain
    from glasspane.subjects.load import resolve

    namespace = {"model": make_model("gpt2"), "tokenizer": tokenizer("byte_level")}
    request = AttributionResult.model_validate_json(result.json()).request
    assert explain(resolve(request.subject, namespace), request).scores == result.data.scores


def test_what_a_first_heatmap_imports() -> None:
    """Importing glasspane imports neither torch nor transformers; a gradient heatmap none of the oracles."""
    code = (
        "import sys; import glasspane as gp; gp.explain; "
        "assert not {'torch', 'transformers'} & set(sys.modules), 'import glasspane'\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from tiny_models import make_model, tokenizer\n"
        "gp.explain(make_model('gpt2'), tokenizer('byte_level'), 'The capital of France is')._repr_mimebundle_()\n"
        "heavy = {'captum', 'inseq', 'transformer_lens', 'shap', 'lime'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("target", ["\x1b", ("\x1b", "\x00")])
def test_a_target_of_control_characters_moves_no_cursor_and_breaks_no_image(target: Any) -> None:
    result = gp.explain(
        make_model("gpt2"), tokenizer("byte_level"), "x", target=target, baseline="\x1b", max_steps=2
    )
    assert "\x1b" not in report(result.data, colour=False)
    assert "\x00" not in report(result.data, colour=False)
    ElementTree.fromstring(result.svg())


def test_half_a_surrogate_pair_is_replaced_and_the_result_can_be_kept(tmp_path: Path) -> None:
    """Half an emoji, as a slice of UTF-16 leaves it: no JSON takes it, so nothing may hold it."""
    half = "a\ud83db"
    result = gp.explain(
        make_model("gpt2"), tokenizer("byte_level"), half, completion=" c\ud83d", method="input_x_gradient"
    )
    assert result.text == "a\ufffdb c\ufffd"
    assert any("surrogate" in warning for warning in result.warnings)
    for name in ("r.json", "r.html"):
        assert result.save(tmp_path / name).stat().st_size
    assert gp.load(tmp_path / "r.json").data == result.data


def test_options_of_numpys_types_can_be_kept_and_written_down() -> None:
    options: dict[str, Any] = {"method": "lime", "samples": np.int64(64), "seed": np.uint8(3)}
    result = gp.explain(make_model("gpt2"), tokenizer("byte_level"), "The capital", **options)
    assert AttributionResult.model_validate_json(result.json()).request.options == {"samples": 64, "seed": 3}
    assert "samples=64, seed=3" in result.data.code


def test_a_methods_name_keeps_its_capitals_within_a_sentence() -> None:
    from glasspane.display.words import headline

    said = {
        name: headline(gp.explain(gp.subject("demo-lm"), "The capital of France is", method=name).data)
        for name in ("integrated_gradients", "deeplift", "lime", "smoothgrad")
    }
    assert [line.rsplit(", ", 1)[1] for line in said.values()] == [
        "by integrated gradients", "by DeepLIFT", "by LIME", "by SmoothGrad",
    ]  # fmt: skip


def test_what_turns_writing_around_is_drawn_and_turns_no_number_around() -> None:
    """A right-to-left override in one token would mirror the tokens and scores that follow it."""
    turning = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    shown = gp.explain(gp.subject("demo-lm"), f"The {turning} capital of France is", method="saliency")
    bundle = shown._repr_mimebundle_()
    for form in ("text/html", "image/svg+xml", "text/plain"):
        assert not set(bundle[form]) & set(turning)
        assert "◌" in bundle[form]
    assert turning in shown.text
