"""Truth: a report says what the result says, loads nothing, and its bars add up to all scores."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

import glasspane as gp
from glasspane.display.bar_chart import bars
from glasspane.display.report import report
from glasspane.errors import GlasspaneError
from glasspane.kernel.entry import run

HOSTILE = '<img src="https://example.org/x" onerror=alert(1)>'


class Page(HTMLParser):
    """What a browser would find: tags, addresses, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def checked() -> gp.Explanation:
    return gp.explain(gp.subject("demo-lm"), "The capital of France is", check=True)


def test_it_names_method_baseline_gap_versions_seed_and_every_figure(checked: gp.Explanation) -> None:
    page = Page(checked.html())
    data, check = checked.data, checked.faithfulness
    assert check is not None
    assert data.method.label in page.text
    assert data.method.baseline is not None
    assert data.method.baseline in page.text
    assert "δ" in page.text
    assert f"torch {data.versions['torch']}" in page.text
    assert f"check {check.data.request.seed}" in page.text
    assert data.subject.weights in page.text
    assert data.code in page.text
    assert check.sentence in page.text
    for figure in check.data.figures:
        assert figure.sentence in page.text
    for warning in data.warnings:
        assert warning in page.text


def test_it_loads_and_runs_nothing_whatever_the_prompt_holds() -> None:
    page = Page(gp.explain(gp.subject("demo-lm"), f"{HOSTILE} is", method="input_x_gradient").html())
    assert not page.tags & {"script", "link", "iframe", "object", "form"}
    assert not page.handlers
    assert not page.addresses
    assert HOSTILE in page.text


def test_its_images_are_well_formed_whatever_the_prompt_holds() -> None:
    html = gp.explain(
        gp.subject("demo-lm"), f"\x00\x1b {HOSTILE} \u202e&amp; 🙂 is", method="occlusion"
    ).html()
    images = re.findall(r"<svg .*?</svg>", html, re.DOTALL)
    assert len(images) == 2
    for image in images:
        ElementTree.fromstring(image)


def test_bars_add_up_to_all_scores_and_the_strongest_come_first() -> None:
    found = gp.explain(
        gp.subject("demo-lm"), "The film was not good , the capital of France is not good at all"
    )
    shown = bars(found.data, top=3)
    assert len(shown) == 4
    assert shown[-1].rest
    assert sum(bar.score for bar in shown) == pytest.approx(float(found.scores.sum()), abs=1e-9)
    written = [abs(s) for s, t in zip(found.data.scores[0], found.tokens, strict=True) if not t.special]
    assert [abs(bar.score) for bar in shown[:3]] == sorted(written, reverse=True)[:3]


def test_a_conversation_s_parts_and_its_template_share_out_all_of_it() -> None:
    subject = gp.subject("demo-lm")
    tokenizer = subject.tokenizer
    before = tokenizer.chat_template
    tokenizer.chat_template = (
        "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}\n{% endfor %}[assistant]"
    )
    try:
        messages = [
            {"role": "system", "content": "Answer with a city."},
            {"role": "user", "content": "The capital of France is"},
        ]
        html = gp.explain(subject, messages, method="input_x_gradient").html()
    finally:
        tokenizer.chat_template = before
    table = re.search(r"<table><thead><tr><th>part</th>.*?</table>", html)
    assert table is not None
    shares = [float(each) for each in re.findall(r">([0-9.]+) %<", table.group(0))]
    assert len(shares) == 3
    assert sum(shares) == pytest.approx(100, abs=0.3)
    for role in ("system", "user", "template"):
        assert f"<td>{role}</td>" in table.group(0)


def test_the_kernel_writes_the_same_page(checked: gp.Explanation) -> None:
    assert checked.faithfulness is not None
    request = {
        "kind": "report",
        "attribution": checked.data.model_dump(mode="json"),
        "faithfulness": checked.faithfulness.data.model_dump(mode="json"),
    }
    answer = run(json.dumps(request))._repr_json_()
    assert answer["kind"] == "report"
    assert answer["html"] == report(checked.data, checked.faithfulness.data, made=date.today())


@pytest.mark.parametrize("top", [0, -1, 1.5, "12", None, True])
def test_bars_are_a_whole_number(checked: gp.Explanation, top: Any) -> None:
    with pytest.raises(GlasspaneError) as caught:
        checked.bar_chart(top)
    assert caught.value.code == "bad_option"


def test_pages_hold_no_character_that_html_forbids() -> None:
    """The HTML standard: no controls but white space, and no noncharacters (its section on input streams)."""
    forbidden = {chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0xFDD0, 0xFFFE, 0xFFFF, 0x10FFFF)}
    forbidden -= set("\t\n")
    subject = gp.subject("demo-lm")
    text = f"The {''.join(sorted(forbidden))} capital of France is"
    explained = gp.explain(subject, text, method="input_x_gradient", check=True)
    compared = gp.compare(subject, text, methods=["saliency", "input_x_gradient"])
    differing = gp.diff(subject, text, "The capital of France is", method="input_x_gradient")
    for shown in (explained, compared, differing):
        assert not forbidden & set(shown.html())
        assert not forbidden & set(shown._repr_mimebundle_()["text/html"])
    assert "␀" in explained.html()
