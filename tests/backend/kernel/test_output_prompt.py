"""Which prompt an output begins with. Truth: what each way of printing a completion looks like."""

from __future__ import annotations

from typing import Any

import pytest

from glasspane.kernel.output_prompt import output_prompt
from glasspane.protocol import OutputPromptRequest, OutputPromptResult

PROMPT = "It's said that\nthe capital of France is"
DONE = ' Paris, "the city" of light\n'


def find(output: str, candidates: list[str] | None = None, **namespace: Any) -> OutputPromptResult:
    return output_prompt(OutputPromptRequest(output=output, candidates=candidates or []), namespace)


@pytest.mark.parametrize(
    "output",
    [
        PROMPT + DONE,
        "\n  " + PROMPT + DONE,
        "<|begin_of_text|>" + PROMPT + DONE,
        "<s> " + PROMPT + DONE,
        repr(PROMPT + DONE),
        repr([{"generated_text": PROMPT + DONE}]),
        "\n" + repr([[{"generated_text": "another"}], [{"generated_text": PROMPT + DONE}]]) + "\n",
        repr({"generated_text": PROMPT + DONE, "score": 0.5}),
    ],
)
def test_every_way_of_printing_it(output: str) -> None:
    for found in (find(output, [PROMPT]), find(output, prompt=PROMPT)):
        assert (found.prompt, found.completion) == (PROMPT, DONE)


def test_the_longest_prompt_wins() -> None:
    found = find(PROMPT + DONE, ["It's"], short="It's said", whole=PROMPT)
    assert (found.prompt, found.origin) == (PROMPT, "variable whole")


def test_the_output_itself_is_not_its_prompt() -> None:
    text = PROMPT + DONE
    found = find(text, text=text, prompt=PROMPT, _=text, _3=text, _i2=text)
    assert (found.prompt, found.completion) == (PROMPT, DONE)
    assert find(text, _=PROMPT).prompt is None
    alone = find(PROMPT, prompt=PROMPT)
    assert (alone.prompt, alone.completion) == (PROMPT, "")


def test_nothing_fits() -> None:
    assert find("42", ["The capital"], n=42, blank="  ", letter="4").prompt is None
    assert find("[{'generated_text': broken", [PROMPT]).prompt is None
    assert find("[" * 50_000, [PROMPT]).prompt is None


def test_only_exact_strings_of_the_namespace_are_compared() -> None:
    class Sly(str):
        def startswith(self, *_: Any) -> bool:
            raise AssertionError("the user's code ran")

        strip = startswith

    assert find("Sly and more", sly=Sly("Sly")).prompt is None
