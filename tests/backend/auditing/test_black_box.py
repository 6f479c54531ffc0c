"""What an answer depends on, by asking alone. Truth: models with planted answers behind a server with known manners,
exact call counts, what lies in the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from planted_answers import PlantedModel, WeighedModel
from scripted_endpoint import ScriptedEndpoint

import glasspane as gp
from glasspane.auditing.kernel_source import KernelSource
from glasspane.black_box import call
from glasspane.cli import main
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.protocol import TextPrompt
from glasspane.protocol.audit import EndpointSourceRef
from glasspane.protocol.black_box import BlackBoxRequest, BlackBoxResult

CITY = "I like cheese. The city has a tower. It rains here. Which city is it?"
CHAT = [
    {"role": "system", "content": "Answer in one word."},
    {"role": "user", "content": "Think of a city with a tower."},
    {"role": "assistant", "content": "Done."},
    {"role": "user", "content": "Which city is it?"},
]


def served(model: PlantedModel, **manners: Any) -> ScriptedEndpoint:
    return ScriptedEndpoint(**{"model": model, "logprobs": "none", **manners})


def asked(endpoint: ScriptedEndpoint, prompt: Any = CITY, **options: Any) -> BlackBoxResult:
    found = gp.explain_black_box(gp.endpoint(endpoint.url, "scripted"), prompt, **options)
    assert isinstance(found, gp.BlackBoxExplanation)
    return found.data


@pytest.fixture(scope="module")
def tower() -> Iterator[ScriptedEndpoint]:
    with served(PlantedModel(("tower",))) as endpoint:
        yield endpoint


def telling(result: BlackBoxResult) -> list[str]:
    return [each.text for each in result.pieces if each.tells]


# ── planted dependence ───────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["occlusion", "lime", "partition_shap"])
@pytest.mark.parametrize(
    ("grain", "carrier"), [("words", "tower."), ("sentences", "The city has a tower."), ("messages", None)]
)
def test_one_piece_gets_all_and_the_others_are_no_better_than_noise(
    method: str, grain: str, carrier: str
) -> None:
    prompt: Any = CITY if carrier else CHAT
    carrier = carrier or CHAT[1]["content"]
    maskings = 200 if grain == "words" else 64
    with served(PlantedModel(("tower",)), hears="all messages") as endpoint:
        result = asked(endpoint, prompt, method=method, grain=grain, samples=10, maskings=maskings)
    assert result.measure == "agreement"
    assert telling(result) == [carrier]
    for each in result.pieces:
        assert each.interval is not None
        assert each.tells == (each.text == carrier)
        if method != "lime":  # whose penalty shrinks scores
            assert each.score == pytest.approx(1.0 if each.tells else 0.0, abs=1e-12)
    assert carrier in result.sentence


def test_what_takes_two_pieces_is_halved_by_shap_and_counted_twice_by_occlusion() -> None:
    with served(PlantedModel(("tower", "rains"))) as endpoint:
        shap = asked(endpoint, method="partition_shap", samples=10)
        leaving = asked(endpoint, method="occlusion", samples=10)
    assert [each.score for each in shap.pieces] == pytest.approx([0, 0.5, 0.5, 0])
    assert shap.gap == pytest.approx(0, abs=1e-12)
    assert [each.score for each in leaving.pieces] == pytest.approx([0, 1, 1, 0])
    assert telling(shap) == telling(leaving) == ["The city has a tower.", "It rains here."]


def test_a_score_that_is_nothing_is_nothing_and_no_rounding_of_a_sum() -> None:
    """Truth: the scripted model reads no other words than those of the changes."""
    train = (
        "Question: A train carries 20 people. 6 people get off. Then 2 people get off. "
        "How many people are on the train? Answer step by step."
    )
    with ScriptedEndpoint("follow") as endpoint:
        result = asked(endpoint, train, grain="words", method="partition_shap", samples=10)
    unread = [each for each in result.pieces if each.text in ("A", "train", "carries", "get", "How", "many")]
    assert [each.score for each in unread] == [0.0] * 7


def test_a_piece_that_speaks_against_the_answer_is_negative() -> None:
    model = PlantedModel(("cheese",), answer="London", other="Paris")
    with served(model) as endpoint:
        result = asked(endpoint, answer="Paris", samples=10)
    assert [each.score for each in result.pieces] == [-1, 0, 0, 0]
    assert any("little that a missing piece could take away" in each for each in result.warnings)


def test_random_answers_are_told_from_noise_no_more_often_than_promised() -> None:
    """A coin answers: of 40 runs at most 5 % may name any piece, so more than 6 has a chance of 0.3 % (binomial)."""
    named = 0
    with served(PlantedModel((), there=0.5, missing=0.5)) as endpoint:
        source = gp.endpoint(endpoint.url, "scripted")
        source.abilities()
        for seed in range(40):
            method = ("occlusion", "partition_shap")[seed % 2]
            found = gp.explain_black_box(source, CITY, answer="Paris", method=method, samples=10, seed=seed)
            named += bool(telling(found.data))  # type: ignore[union-attr]
    assert named <= 6


# ── calls, ledger, budget ────────────────────────────────────────────────────


def test_calls_are_counted_to_the_last_and_nothing_is_asked_twice(
    tower: ScriptedEndpoint, tmp_path: Path
) -> None:
    ledger = tmp_path / "kept.jsonl"
    before = len(tower.calls)
    gp.explain_black_box(gp.endpoint(tower.url, "scripted"), CITY, preview=True, ledger=str(ledger))
    found_out = len(tower.calls) - before
    preview = gp.explain_black_box(
        gp.endpoint(tower.url, "scripted"),
        CITY,
        preview=True,
        ledger=str(ledger),
        prices={"prompt": 1, "reply": 2},
    )
    assert len(tower.calls) - before == found_out, "a second preview is free"
    assert (preview.calls, preview.kept) == (5 * 20 + found_out, found_out)  # type: ignore[union-attr]
    assert preview.tokens == 5 * 20 * 256  # type: ignore[union-attr]
    assert preview.price > 5 * 20 * 256 * 2 / 1e6  # type: ignore[union-attr,operator]
    first = asked(tower, ledger=str(ledger))
    assert len(tower.calls) - before == found_out + 100
    assert (first.spent.calls, first.spent.failed) == (100, 0)
    lines = [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]
    assert len([line for line in lines if line["kind"] != "sent"]) == len(tower.calls) - before
    assert sum(line["tokens"] for line in lines if line["kind"] == "reply") == first.spent.tokens + 2
    again = asked(tower, ledger=str(ledger))
    assert len(tower.calls) - before == found_out + 100
    assert again.spent.calls == 0
    assert again.pieces == first.pieces
    assert again.masked == first.masked
    preview = gp.explain_black_box(gp.endpoint(tower.url, "scripted"), CITY, preview=True, ledger=str(ledger))
    assert preview.calls == preview.kept >= 101  # type: ignore[union-attr]


@pytest.mark.parametrize("method", ["occlusion", "lime", "partition_shap"])
def test_a_budget_stops_the_run_and_what_was_paid_for_is_kept(
    tower: ScriptedEndpoint, tmp_path: Path, method: str
) -> None:
    ledger = str(tmp_path / "kept.jsonl")
    options: dict[str, Any] = {"method": method, "samples": 10, "ledger": ledger, "maskings": 12}
    source = gp.endpoint(tower.url, "scripted")
    preview = gp.explain_black_box(source, CITY, preview=True, **options)
    before = len(tower.calls)
    part = gp.explain_black_box(source, CITY, budget={"calls": 33}, **options)
    assert isinstance(part, gp.BlackBoxExplanation)
    assert len(tower.calls) - before == part.data.spent.calls == 33
    assert not part.data.complete
    assert "budget of 33 calls is spent" in part.data.warnings[0]
    assert sum(each.replies or 0 for each in part.data.masked) == 33
    if method == "partition_shap":
        assert part.data.gap == pytest.approx(0, abs=1e-12), "stretches that were not split share evenly"
    rest = gp.explain_black_box(source, CITY, **options)
    assert isinstance(rest, gp.BlackBoxExplanation)
    assert rest.data.complete
    assert len(tower.calls) - before <= preview.calls  # type: ignore[union-attr]
    assert rest.data.spent.calls == len(tower.calls) - before - 33
    whole = asked(tower, **{**options, "ledger": None})
    assert whole.pieces == rest.data.pieces


def test_a_budget_that_buys_nothing_is_an_error(tower: ScriptedEndpoint) -> None:
    with pytest.raises(GlasspaneError, match="budget of 2 calls") as caught:
        asked(tower, budget={"calls": 2})
    assert caught.value.code == "budget_spent"


def test_a_cancelled_run_tells_what_is_known(tower: ScriptedEndpoint) -> None:
    source = gp.endpoint(tower.url, "scripted")
    source.abilities()
    request = BlackBoxRequest(model=source.reference, prompt=TextPrompt(text=CITY), samples=10)

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if fraction > 0.5:
            raise Cancelled

    result = call.run(source, request, "code", report)
    assert isinstance(result, BlackBoxResult)
    assert not result.complete
    assert "cancelled" in result.warnings[0]
    assert result.whole is not None
    assert result.whole.replies == 10


# ── log-probabilities ────────────────────────────────────────────────────────

WEIGHED = WeighedModel((), weights=(("cheese", 0.5), ("tower", 3.0), ("rains", -1.0)))


def test_log_probabilities_are_read_where_they_are_listed_and_scores_are_the_planted_weights() -> None:
    with served(WEIGHED, logprobs="right") as endpoint:
        result = asked(endpoint)
        calls = len(endpoint.calls)
        shap = asked(endpoint, method="partition_shap")
    assert result.measure == "log_prob"
    assert [each.score for each in result.pieces] == pytest.approx([0.5, 3.0, -1.0, 0.0])
    assert [each.score for each in shap.pieces] == pytest.approx([0.5, 3.0, -1.0, 0.0])
    assert all(each.interval is None and each.tells is None for each in result.pieces)
    assert result.spent.calls == calls, "those that find out what it can do are in the ledger too"


def test_an_endpoint_that_does_not_go_on_is_read_at_the_first_token_and_says_so() -> None:
    with served(WEIGHED, logprobs="right", begun="new turn") as endpoint:
        result = asked(endpoint)
    assert result.measure == "first_token_log_prob"
    assert "first token" in result.measured_by
    assert [each.score for each in result.pieces] == pytest.approx([0.5, 3.0, -1.0, 0.0])


def test_an_answer_below_the_list_has_a_bound_and_no_made_up_number() -> None:
    """Without the tower p falls below what is listed: the listed leave at most what they do not add up to."""
    model = WeighedModel((), weights=(("tower", 3.0),), listed_above=-4.0)
    with served(model, logprobs="right") as endpoint:
        result = asked(endpoint)
    bounded = [each for each in result.masked if each.at_most]
    assert [each.missing for each in bounded] == [[1]]
    assert bounded[0].value >= -6.0, "a bound is above the truth"
    assert 0 < (result.pieces[1].score or 0) <= 3.0
    assert any("upper bound" in each for each in result.warnings)


def test_a_log_probability_that_is_asked_for_and_not_told_is_an_error(tower: ScriptedEndpoint) -> None:
    with pytest.raises(GlasspaneError, match="tells no log-probability"):
        asked(tower, score="log_prob")


def test_scoring_is_previewed_budgeted_and_resumed_like_any_call(tmp_path: Path) -> None:
    ledger = str(tmp_path / "kept.jsonl")
    with served(WEIGHED, logprobs="right") as endpoint:
        # One at a time: side by side, chance says which two of the batch a budget of two calls buys.
        source = gp.endpoint(endpoint.url, "scripted", concurrency=1)
        preview = gp.explain_black_box(source, CITY, preview=True, ledger=ledger)
        before = len(endpoint.calls)
        # "Paris" is one token here, and as many as it has letters elsewhere: that is the most.
        assert (preview.calls, preview.kept) == (before + 4 * 5, before)  # type: ignore[union-attr]
        part = gp.explain_black_box(source, CITY, ledger=ledger, budget={"calls": 2})
        assert isinstance(part, gp.BlackBoxExplanation)
        assert len(endpoint.calls) - before == 2
        assert [each.score for each in part.pieces] == [pytest.approx(0.5), pytest.approx(3.0), None, None]
        assert "2 of 4 sentences were reached" in part.data.sentence
        rest = gp.explain_black_box(source, CITY, ledger=ledger)
        assert len(endpoint.calls) - before == 4
        again = gp.explain_black_box(source, CITY, ledger=ledger, preview=True)
        assert again.calls == again.kept >= 5  # type: ignore[union-attr]
        assert again.tokens == 0  # type: ignore[union-attr]
        assert isinstance(rest, gp.BlackBoxExplanation)
        assert [each.score for each in rest.pieces] == pytest.approx([0.5, 3.0, -1.0, 0.0])


def test_log_probabilities_that_end_half_way_are_left_for_sampled_replies() -> None:
    """It lists what it likes behind the whole prompt, and nothing from then on."""
    with served(WEIGHED, logprobs="right") as endpoint:
        # One at a time: side by side all of them may have been asked by then.
        source = gp.endpoint(endpoint.url, "scripted", concurrency=1)

        def report(fraction: float, stage: str, partial: Any = None) -> None:
            if fraction > 0.05:
                endpoint.behaviour.logprobs = "none"

        request = BlackBoxRequest(
            model=source.reference, prompt=TextPrompt(text=CITY), samples=10, answer="Paris"
        )
        result = call.run(source, request, "code", report)
    assert isinstance(result, BlackBoxResult)
    assert result.measure == "agreement"
    assert "behind some versions" in result.measured_by
    assert all(each.replies == 10 for each in result.masked)
    assert result.complete


# ── answers in replies ───────────────────────────────────────────────────────


def test_the_answer_of_a_reasoned_reply_is_compared_and_not_its_words() -> None:
    """The scripted model reckons with the numbers of the question: a number left out is another answer."""
    question = "A train carries 5 people. 7 more get on. The sky is blue. How many people are on the train?"
    with ScriptedEndpoint("follow") as endpoint:
        result = asked(endpoint, question, samples=10)
    assert result.answer == "12"
    assert "more than its answer" in result.measured_by
    assert [each.score for each in result.pieces] == [1, 1, 0, 0]


def test_replies_that_are_alike_whatever_the_seed_are_asked_once_and_have_no_interval() -> None:
    with served(PlantedModel(("tower",)), seeds="all alike") as endpoint:
        result = asked(endpoint)
    assert [each.score for each in result.pieces] == [0, 1, 0, 0]
    assert all(each.interval is None for each in result.pieces)
    assert all(each.replies == 1 for each in result.masked)
    assert any("one reply whatever the seed" in each for each in result.warnings)


def test_a_reply_that_is_cut_holds_no_answer() -> None:
    with ScriptedEndpoint("endless", logprobs="none") as endpoint:
        with pytest.raises(GlasspaneError, match="was cut and holds no answer") as caught:
            asked(endpoint, max_tokens=8)
        assert caught.value.code == "unknown_target"


# ── the interfaces ───────────────────────────────────────────────────────────


def test_gp_explain_says_where_endpoints_are_explained(tower: ScriptedEndpoint) -> None:
    with pytest.raises(GlasspaneError, match=r"neither weights nor tokens.*gp\.explain_black_box"):
        gp.explain(gp.endpoint(tower.url, "scripted"), CITY)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "saliency"}, "method: "),
        ({"grain": "messages"}, "has no messages"),
        ({"temperature": 0}, "temperature: "),
        ({"samples": 9}, "samples: "),
        ({"reply": 3}, "reply: "),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    tower: ScriptedEndpoint, options: dict[str, Any], said: str
) -> None:
    before = len(tower.calls)
    with pytest.raises(GlasspaneError, match=said):
        asked(tower, **options)
    assert len(tower.calls) == before


def test_the_command_line_gives_what_python_gives(
    tower: ScriptedEndpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, page = str(tmp_path / "kept.jsonl"), tmp_path / "page.html"
    line = ["blackbox", "--endpoint", tower.url, "--endpoint-model", "scripted", "--ledger", ledger]
    line += ["--samples", "10"]
    assert main([*line, "--preview", CITY]) == 0
    assert "50 calls" in capsys.readouterr().out
    assert main([*line, "--budget-calls", "20", CITY]) == 1
    assert "budget of 20 calls is spent" in capsys.readouterr().out
    assert main([*line, "--html", str(page), CITY]) == 0
    printed = capsys.readouterr().out
    assert "● The city has a tower." in printed
    assert "○ I like cheese." in printed
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert main([*line, "--json", CITY]) == 0
    result = BlackBoxResult.model_validate_json(capsys.readouterr().out)
    assert result.pieces == asked(tower, samples=10).pieces
    chat = tmp_path / "chat.json"
    chat.write_text(json.dumps(CHAT), "utf-8")
    assert main([*line, "--grain", "messages", "--messages", str(chat), "--answer", "Paris"]) == 0
    assert "Answer in one word." in capsys.readouterr().out
    assert main([*line, "--messages", str(chat), CITY]) == 1
    assert "Either a prompt or --messages" in capsys.readouterr().err
    assert main(["blackbox", "--endpoint", tower.url, CITY]) == 1
    assert "--endpoint-model" in capsys.readouterr().err
    paid = len(tower.calls)
    assert main([*line, "--seed", "7", "--html", str(tmp_path / "nowhere" / "page.html"), CITY]) == 1
    assert "its folder is not there" in capsys.readouterr().err
    assert len(tower.calls) == paid, "a page that cannot be written is refused before it is paid for"


def test_the_code_of_a_result_gives_it_again(tower: ScriptedEndpoint) -> None:
    result = asked(tower, method="partition_shap", samples=10)
    assert isinstance(result.request.model, EndpointSourceRef)
    again = eval(result.code, {"gp": gp})
    assert again.data.pieces == result.pieces


def test_a_model_in_the_kernel_needs_no_calls_for_its_log_probabilities() -> None:
    source = KernelSource(gp.subject("demo-lm"))
    request = BlackBoxRequest(
        prompt=TextPrompt(text="The capital of France is"), answer=" Paris", grain="words"
    )
    result = call.run(source, request, "code")
    assert isinstance(result, BlackBoxResult)
    assert (result.measure, result.spent.calls) == ("log_prob", 0)


def test_the_lines_of_the_documentation_run_as_they_are_printed(
    tower: ScriptedEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server with known manners, in place of the one that is named there."""
    page = (Path(__file__).parents[3] / "docs" / "endpoints.md").read_text("utf-8")
    section = page.partition("## What an answer depends on")[2]
    lines = section.partition("```python\n")[2].partition("```")[0]
    lines = lines.replace("http://127.0.0.1:8000/v1", tower.url).replace("my-model", "scripted")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"gp": gp}
    exec(lines, names)
    frame = names["found"].to_frame()
    assert frame["tells"].tolist() == [False, True, False, False]
    assert (frame["low"] <= frame["score"]).all()
    assert gp.load("found.json").data == names["found"].data  # type: ignore[union-attr]


def test_half_a_surrogate_pair_is_told_before_anything_is_asked(tower: ScriptedEndpoint) -> None:
    """Nothing can write it: neither the ledger nor the result."""
    before = len(tower.calls)
    with pytest.raises(GlasspaneError, match="half of a letter") as refused:
        gp.explain_black_box(gp.endpoint(tower.url, "scripted"), "\ud800 tower", samples=10, grain="words")
    assert refused.value.code == "bad_option"
    assert len(tower.calls) == before


def test_a_spreadsheet_runs_nothing_of_a_prompt(tower: ScriptedEndpoint, tmp_path: Path) -> None:
    """As the editors' tables: what begins like a formula is marked as text, numbers stay numbers."""
    prompt = "=cmd() @tower -1 +1 'tower"
    found = gp.explain_black_box(gp.endpoint(tower.url, "scripted"), prompt, samples=10, grain="words")
    assert isinstance(found, gp.BlackBoxExplanation)
    read = pd.read_csv(found.save(tmp_path / "a.csv"))
    assert list(read["text"]) == ["'=cmd()", "'@tower", "'-1", "'+1", "'tower"]
    assert list(read["low"]) == pytest.approx(list(found.to_frame()["low"]))
    assert (read["low"] < 0).any()


def test_a_saved_text_does_not_move_the_cursor_of_who_prints_its_object(
    tower: ScriptedEndpoint, tmp_path: Path
) -> None:
    saved = json.loads(asked(tower, samples=10).model_dump_json())
    saved["model"] = saved["sentence"] = "\x1b[2J"
    path = tmp_path / "a.json"
    path.write_text(json.dumps(saved), "utf-8")
    assert "\x1b" not in repr(gp.load(path))


@pytest.mark.parametrize("preview", [False, True])
def test_prices_beyond_all_reckoning_are_refused(tower: ScriptedEndpoint, preview: bool) -> None:
    with pytest.raises(GlasspaneError) as refused:
        asked(tower, samples=10, prices={"prompt": 1e308, "reply": 1e308}, preview=preview)
    assert refused.value.code == "bad_option"
