"""How cost grows with the prompt and with the completion."""

from __future__ import annotations

from attribution_lines.measuring import measured
from attribution_lines.random_models import PROMPT_TOKENS, language_model, texts


def lines(_runs: int) -> None:
    import glasspane as gp

    model, tokenizer = language_model()
    print("how cost grows (gradient × input; passes are rows):")
    for tokens in (64, 256, 1024):
        prompt, _ = texts(tokenizer, tokens, 0)
        took = measured(lambda p=prompt: gp.explain(model, tokenizer, p, method="input_x_gradient"))
        cost = took.found.cost
        print(
            f"  prompt {tokens:5d}, next token: {took}, {cost.forwards} + {cost.backwards} passes", flush=True
        )
    for said in (1, 16, 64):
        prompt, completion = texts(tokenizer, PROMPT_TOKENS, said)
        for each in (False, True):
            took = measured(
                lambda p=prompt, c=completion, e=each: gp.explain(
                    model, tokenizer, p, completion=c, each=e, method="input_x_gradient"
                )
            )
            cost = took.found.cost
            print(
                f"  prompt {PROMPT_TOKENS}, completion {said:3d}{' each' if each else ' span'}: {took}, "
                f"{cost.forwards} + {cost.backwards} passes",
                flush=True,
            )
