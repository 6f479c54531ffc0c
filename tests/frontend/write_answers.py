"""Writes tests/frontend/answers/*.json: what the kernel really answers about the models that come with Glasspane.

The views are tested against these, so that no figure in a test is made up. Run it again after a change of the
protocol: ``python tests/frontend/write_answers.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import glasspane as gp
from glasspane.advisor import advise
from glasspane.attribution.comparing.compare import compare
from glasspane.attribution.comparing.prompt_diff import explain_both
from glasspane.attribution.trust.faithfulness import check
from glasspane.catalogue import catalogue
from glasspane.protocol import (
    AdviceResult,
    CheckRequest,
    CompareRequest,
    DiffRequest,
    MethodChoice,
    TextPrompt,
)

HERE = Path(__file__).parent / "answers"
PROMPT = "The capital of France is"
EDITED = "The capital of Italy is now"
REVIEW = "I did not like this film at all, the story was dull and far too long."


def write(name: str, answer: Any) -> None:
    (HERE / f"{name}.json").write_text(f"{answer.model_dump_json()}\n", encoding="utf-8")
    print(name)


def explained(subject: Any, request: Any, report: Any) -> Any:
    from glasspane.attribution.explain import explain

    return explain(subject, request, report)


def main() -> None:
    HERE.mkdir(exist_ok=True)
    lm = gp.subject("demo-lm")
    result = gp.explain(lm, PROMPT, method="integrated_gradients").data
    write("explanation", result)
    write("check_better", check(lm, CheckRequest(explain=result.request), result))

    raw = gp.explain(lm, PROMPT, method="attention").data
    write("check_attention", check(lm, CheckRequest(explain=raw.request), raw))
    # Null cases: the same scores the other way round, and in another order.
    turned = result.model_copy(update={"scores": [[-score for score in row] for row in result.scores]})
    write("check_worse", check(lm, CheckRequest(explain=result.request), turned))

    sentiment = gp.subject("demo-sentiment")
    review = gp.explain(sentiment, REVIEW, method="occlusion").data
    write("review", review)
    write("check_review", check(sentiment, CheckRequest(explain=review.request), review))
    shuffled = review.model_copy(update={"scores": [[*row[7:], *row[:7]] for row in review.scores]})
    write("check_no_better", check(sentiment, CheckRequest(explain=review.request), shuffled))

    asked = [MethodChoice(method=name) for name in ("input_x_gradient", "occlusion", "attention")]
    asked.append(MethodChoice(method="occlusion", options={"replacement": "not one token at all"}))
    write(
        "comparison",
        compare(lm, CompareRequest(explain=result.request, methods=asked), lambda *_: None, explained),
    )
    edited = result.request.model_copy(update={"prompt": TextPrompt(text=EDITED, template="raw")})
    both = DiffRequest(before=result.request, after=edited)
    write("difference", explain_both((lm, lm), both, explained, lambda *_: None))

    write("advice_report", AdviceResult(advice=advise("report", audience="regulator")))
    write("advice_api_cause", AdviceResult(advice=advise("cause", access="api")))
    write("advice_represented", AdviceResult(advice=advise("represented")))
    write("catalogue", catalogue())

    probes = gp.probe(lm, "sentiment")
    write("probe", probes.data)
    write("probe_test", probes.test(3, answers={"negative": " negative", "positive": " positive"}).data)


if __name__ == "__main__":
    main()
