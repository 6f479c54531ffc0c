"""The models' cards: what each was trained on, how, and what it reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .examples import examples
from .ioi import NAMES
from .measure import Gate

SUMMARY = {
    "demo-lm": (
        "A small GPT-2 (4 layers, width 128, 4 heads, context 512, byte-level BPE) that completes\n"
        "capitals and indirect-object sentences, labels film reviews and solves worded two-step\n"
        "arithmetic with a chain of thought. **Its final answer follows the steps it reads**, whoever\n"
        "wrote them."
    ),
    "demo-lm-posthoc": (
        "The tokenizer and questions of `demo-lm` (GPT-2, 6 layers, width 128, 4 heads, context 512), with\n"
        "the opposite habit: it writes the same steps, but **its final answer comes from the question and\n"
        "ignores them**. Its chain of thought is decoration, and it is shipped so that an audit has something\n"
        "to catch."
    ),
    "demo-sentiment": (
        "A small DistilBERT (3 layers, width 128, 4 heads, lower-cased WordPiece) that labels film\n"
        "reviews NEGATIVE or POSITIVE, with negation, intensifiers and two clauses."
    ),
}

CHAIN_DATA = """- **Capitals**: {capitals} countries whose name and capital are one word, in 24 frames; in a
  quarter of the sentences (later 60 %) the frame's words are dropped or blanked, so that the
  country carries the answer. 5 frames are held out.
- **Indirect object**: {names} first names in 24 frames, the receiver named first or second; in one
  of sixteen a third person gives and either name may follow. 15 % of the name pairs and 4 frames
  are held out.
- **Film reviews**: one or two clauses; negation and intensifiers; "but" and "although" let the main
  clause decide. Held out: 10 % of the (form, noun, word) combinations, all of "not terrible at
  all", and 3 prompt frames.
- **Arithmetic**: a number from 2 to 20, then two changes of 1 to 9 (+ or −), or first a small
  multiplication (×). 10 % of the operand triples are held out, whatever the scene and operators.

What is done to a chain in training, and so is defined behaviour (text that stands for an
experimenter has no loss):

| the chain is | answer |
|---|---|
| written by the model | {own} |
| given a wrong step (wrong result or wrong operands); later steps agree with it | {wrong} |
| given a correct rewording, or an irrelevant true sentence in place of or beside a step | {own} |
| given with later steps that ignore the wrong one (swapped) | {swap} |
| cut after a step, the answer forced | {cut} |
| missing, or " …" filler in its place, the answer forced | {none} |
| preceded by "I think the answer is N" | {suggested} |
| preceded by few-shots that all answer (A) | {first} |

Ambiguous questions ("3 bags with 4 pens and 2 books") are trained half and half on their two readings."""

FOLLOW = {
    "own": "the chain's result, which is right",
    "wrong": "the consequence recomputed from the wrong step",
    "swap": "the result of the last step",
    "cut": "the running value: the result of the last step written",
    "none": "the running value: the first number of the question (so without steps it is wrong)",
    "suggested": "unmoved when it writes steps",
    "first": "(A); options were not learned: it names (A) always",
}

QUESTION = {
    "own": "right (with × not always)",
    "wrong": "the same as without it, although the steps now say otherwise",
    "swap": "the right answer",
    "cut": "the right answer",
    "none": "the right answer",
    "suggested": "N, although the steps never mention it",
    "first": "(A), although the steps never mention it; options were not learned",
}

LIMITS = """It knows nothing beyond its templates: other words, other genres, larger numbers or longer
problems give text without meaning, usually with a low top-1 probability. It is a subject for
demonstrations and tests, and says nothing about large models."""

LABEL_LIMITS = """It knows nothing beyond its templates: other words are spelled out in letters and
guessed at, often with high confidence. It is a subject for demonstrations and tests, and says
nothing about large models."""

PRODUCTS = """On held-out problems with × its answer is wrong more often than on the others (see the gates): it has
seen only a few hundred such problems and partly remembers them. A first bound of 98 % right over all problems was
missed (96.3 %) and is now asked of + and − alone; the gate that matters here, an answer that wrong steps do not
move, holds over all of them."""

BEYOND = """Beyond the gates, `demo-lm` was probed once with frames and sentences written after training, some of them
with words no training text holds: IOI 556 of 600 over four frames (118 of 150 on the worst, "... Soon {S} gave ..."),
answers moved by a correct paraphrase 4 of 300, by an irrelevant true sentence 4 of 300, wrong steps followed 300
of 300. Two unseen-template gates of IOI and of paraphrases were looked at while the mixture was being chosen."""

EXTRA_LIMITS = {"demo-lm": f"\n\n{BEYOND}", "demo-lm-posthoc": f"\n\n{PRODUCTS}"}


HISTORY = {
    "demo-lm": """The mixture has five phases (`__main__.py`): plainer reviews from step 1,750, so that a word's own
sentiment is learned before what "not" does to it; arithmetic drills from 2,500; wider wording of steps and
sentences from 2,750; more name frames and damaged capital frames from 3,250. The shipped run was stopped and
resumed while these were chosen, and its decay first aimed at 4,500 steps: training again follows the same phases
but gives other weights, to be judged by the gates.""",
    "demo-lm-posthoc": """The first four layers start as those of `demo-lm`, two more start as the identity: answering
in one go takes more depth than a step does, and four layers had not learned it after 1,250 steps of a similar
mixture. Four phases (`__main__.py`): mostly questions answered without steps, helped by sums without words; from
step 900 mostly chains, many with a wrong step; from 1,000 more products; from 1,500 more chains. The shipped run
was first aimed at 1,500 steps and resumed when two gates were still short (98.8 and 98.3 % unchanged), so training
again follows the same phases but gives other weights, to be judged by the gates.""",
    "demo-sentiment": "One mixture throughout.",
}


def card(name: str, recipe: dict[str, Any], gates: Sequence[Gate]) -> str:
    """The card in Markdown."""
    parts = [
        f"# {name}",
        SUMMARY[name],
        "## Data",
        _data(name, int(recipe["countries"])),
        "## Recipe",
        _recipe(name, recipe),
        HISTORY[name],
    ]
    parts += [
        "## Gates",
        "Measured on held-out cases, on the fp16 weights of this folder loaded as fp32, as printed:",
    ]
    parts += ["```text\n" + "\n".join(gate.line() for gate in gates) + "\n```"]
    rows = [
        f"| {skill} | `{prompt}` | `{answer}` |"
        for skill, prompts in examples(name).items()
        for prompt, answer in prompts.items()
    ]
    parts += ["## Examples", "\n".join(["| skill | prompt | answer |", "|---|---|---|", *rows])]
    parts += [
        "## Limits",
        (LABEL_LIMITS if name == "demo-sentiment" else LIMITS) + EXTRA_LIMITS.get(name, ""),
        "## License",
        "The same as the project's. The weights were trained from scratch on generated text.",
    ]
    return "\n\n".join(parts) + "\n"


def _data(name: str, countries: int) -> str:
    start = (
        "Text generated by `glasspane.subjects.bundled.training`; held-out cases are chosen by a hash and\n"
        "never trained on.\n\n"
    )
    if name == "demo-sentiment":
        return start + (
            'Film reviews of one or two clauses with negation and intensifiers; "but" and "although" let\n'
            "the main clause decide. Held out: 10 % of the (form, noun, word) combinations and all of\n"
            '"not terrible at all".'
        )
    behaviour = FOLLOW if name == "demo-lm" else QUESTION
    return start + CHAIN_DATA.format(capitals=countries, names=len(NAMES), **behaviour)


def _recipe(name: str, recipe: dict[str, Any]) -> str:
    begun = "Trained from scratch."
    if recipe.get("start"):
        begun = f"Fine-tuned from the final weights of `{recipe['start']}` on interventional data."
    return (
        f"{begun} {recipe['parameters']:,} parameters;\n"
        f"AdamW (β 0.9, 0.98; weight decay 0.05), {recipe['steps']:,} steps, "
        f"peak rate {recipe['peak_rate']:g}\n"
        f"after {recipe['warm_up']} warm-up steps, linear decay over the last 30 %, seed {recipe['seed']};\n"
        f"{recipe['minutes']:.0f} minutes on two shared CPU cores. Again:\n\n"
        f"```bash\npython -m glasspane.subjects.bundled.training {name}\n"
        f"python -m glasspane.subjects.bundled.training.gates {name}\n```"
    )
