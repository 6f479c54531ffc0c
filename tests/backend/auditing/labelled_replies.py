"""Replies in the formats that models write, each labelled by hand with its steps, its answer and its findings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Labelled:
    """``steps`` are the bodies; ``answer`` is the normal form that must be read (``None``: unparsed)."""

    reply: str
    style: str
    steps: tuple[str, ...]
    answer: str | None
    findings: tuple[str, ...] = ()
    finish: str | None = None


A, B = "12 - 7 = 5.", "5 × 5 = 25."
NO_ANSWER = ("no_answer_marker",)

REPLIES = (
    Labelled("\nStep 1: 12 - 7 = 5.\nStep 2: 5 × 5 = 25.\nAnswer: 25.", "numbered", (A, B), "25"),
    Labelled("Step 1: 12 - 7 = 5. Step 2: 5 × 5 = 25. Answer: 25.", "numbered", (A, B), "25"),
    Labelled("Step 1. 12 - 7 = 5.\nStep 2. 5 × 5 = 25.\nThe answer is 25.", "numbered", (A, B), "25"),
    Labelled("STEP 1) 12 - 7 = 5.\nSTEP 2) 5 × 5 = 25.\n#### 25", "numbered", (A, B), "25"),
    Labelled("step one: 12 - 7 = 5.\nstep two: 5 × 5 = 25.\nanswer: 25", "numbered", (A, B), "25"),
    Labelled("Step 1 - 12 - 7 = 5.\nStep 2 – 5 × 5 = 25.\nAnswer: 25", "numbered", (A, B), "25"),
    Labelled(
        "**Step 1:** 12 - 7 = 5.\n\n**Step 2:** 5 × 5 = 25.\n\n**Answer:** 25", "numbered", (A, B), "25"
    ),
    Labelled("**Step 1**: 12 - 7 = 5.\n**Step 2**: 5 × 5 = 25.\n**Answer**: 25", "numbered", (A, B), "25"),
    Labelled(
        "### Step 1\n12 - 7 = 5.\n\n### Step 2\n5 × 5 = 25.\n\n### Answer\n25", "numbered", (A, B), "25"
    ),
    Labelled(
        "Step 1 (get off): 12 - 7 = 5.\nStep 2 (times): 5 × 5 = 25.\nAnswer: 25", "numbered", (A, B), "25"
    ),
    Labelled("1. 12 - 7 = 5.\n2. 5 × 5 = 25.\nAnswer: 25", "numbered", (A, B), "25"),
    Labelled("1) 12 - 7 = 5.\n2) 5 × 5 = 25.\nSo the answer is 25.", "numbered", (A, B), "25"),
    Labelled("(1) 12 - 7 = 5.\n(2) 5 × 5 = 25.\nThus, the final answer is 25.", "numbered", (A, B), "25"),
    Labelled("Let me see.\n\n1. 12 - 7 = 5.\n\n2. 5 × 5 = 25.\n\nAnswer: 25", "numbered", (A, B), "25"),
    Labelled(
        "1. Subtract:\n   12 - 7 = 5.\n2. Multiply:\n   5 × 5 = 25.\nAnswer: 25",
        "numbered",
        ("Subtract:\n   12 - 7 = 5.", "Multiply:\n   5 × 5 = 25."),
        "25",
    ),
    Labelled(
        "1. 12 - 7 = 5.\n2. 5 × 5 = 25.\n\nThat is many people.\n\nAnswer: 25", "numbered", (A, B), "25"
    ),
    Labelled("Step 2: 5 × 5 = 25.\nAnswer: 25", "numbered", (B,), "25"),
    Labelled("2. 5 + 1 = 6.\n3. 6 + 1 = 7.\nAnswer: 7", "numbered", ("5 + 1 = 6.", "6 + 1 = 7."), "7"),
    Labelled("- 12 - 7 = 5.\n- 5 × 5 = 25.\nAnswer: 25", "bullets", (A, B), "25"),
    Labelled("* 12 - 7 = 5.\n* 5 × 5 = 25.\n\nThe answer is **25**.", "bullets", (A, B), "25"),
    Labelled("• 12 - 7 = 5.\n• 5 × 5 = 25.\nAnswer: 25 people", "bullets", (A, B), "25"),
    Labelled(
        "- First:\n  - 12 - 7 = 5.\n- Then:\n  - 5 × 5 = 25.\nAnswer: 25",
        "bullets",
        ("First:\n  - 12 - 7 = 5.", "Then:\n  - 5 × 5 = 25."),
        "25",
    ),
    Labelled("12 - 7 = 5.\n5 × 5 = 25.\nAnswer: 25", "lines", (A, B), "25"),
    Labelled("12 - 7 = 5\n\n5 × 5 = 25\n\n\\boxed{25}", "lines", ("12 - 7 = 5", "5 × 5 = 25"), "25"),
    Labelled("Let's think step by step.\n12 - 7 = 5.\n5 × 5 = 25.\nAnswer: 25", "lines", (A, B), "25"),
    Labelled(
        "Compute what is left:\n12 - 7 = 5.\n5 × 5 = 25.\nAnswer: 25",
        "lines",
        ("Compute what is left:\n12 - 7 = 5.", B),
        "25",
    ),
    Labelled(
        "There are 12 people and\nthen 7 leave.\nSo 5 stay.\nAnswer: 5",
        "lines",
        ("There are 12 people and\nthen 7 leave.", "So 5 stay."),
        "5",
    ),
    Labelled("12 - 7 = 5. 5 × 5 = 25. The answer is 25.", "sentences", (A, B), "25"),
    Labelled(
        "Seven leave, i.e. 5 stay. Each has 2.5 coins. The answer is 12.5.",
        "sentences",
        ("Seven leave, i.e. 5 stay.", "Each has 2.5 coins."),
        "12.5",
    ),
    Labelled(
        "Dr. Smith has 3 pens, e.g. red ones. Mr. J. Doe has 4. The answer is 7.",
        "sentences",
        ("Dr. Smith has 3 pens, e.g. red ones.", "Mr. J. Doe has 4."),
        "7",
    ),
    Labelled(
        "It opens at 9 a.m. and closes at 5 p.m. That is 8 hours. The answer is 8 hours.",
        "sentences",
        ("It opens at 9 a.m. and closes at 5 p.m.", "That is 8 hours."),
        "8",
    ),
    Labelled("Is it 5? Yes! 5 × 5 = 25. The answer is 25.", "sentences", ("Is it 5?", "Yes!", B), "25"),
    Labelled(
        "We have 12. We lose 7... So 5. The answer is 5.",
        "sentences",
        ("We have 12.", "We lose 7...", "So 5."),
        "5",
    ),
    Labelled(
        'He said "there are 5." Then 5 × 5 = 25. The answer is 25.',
        "sentences",
        ('He said "there are 5."', "Then 5 × 5 = 25."),
        "25",
    ),
    Labelled("12 - 7 = 5. Therefore, 5 × 5 = 25.", "sentences", (A, "Therefore, 5 × 5 = 25."), "25"),
    Labelled("There were 12.\nThus 12 - 7 = 5.", "lines", ("There were 12.", "Thus 12 - 7 = 5."), "5"),
    Labelled("<think>12 - 7 = 5. 5 × 5 = 25.</think>\n\nThe answer is 25.", "sentences", (A, B), "25"),
    Labelled(
        "<think>\nStep 1: 12 - 7 = 5.\nStep 2: 5 × 5 = 25.\n</think>\n\\boxed{25}", "numbered", (A, B), "25"
    ),
    Labelled("<think>12 - 7 = 5. 5 × 5 = 25.</think>25", "sentences", (A, B), "25"),
    Labelled("12 - 7 = 5. 5 × 5 = 25.\n</think>\nAnswer: 25", "sentences", (A, B), "25"),
    Labelled("<think>\n\n</think>\n\n12 - 7 = 5. 5 × 5 = 25. Answer: 25", "sentences", (A, B), "25"),
    Labelled("<think>Answer: 4? 12 - 7 = 5.</think>Answer: 5", "sentences", ("Answer: 4?", A), "5"),
    Labelled(
        "<thinking>12 - 7 = 5. 5 + 1 = 6.</thinking>The result is 6.", "sentences", (A, "5 + 1 = 6."), "6"
    ),
    Labelled("<think>12 - 7 = 5. Hmm.", "sentences", (A, "Hmm."), None, ("unclosed_reasoning",)),
    Labelled("Answer: 25", "none", (), "25", ("no_steps",)),
    Labelled("25.", "none", (), "25", ("no_steps",)),
    Labelled("(B)", "none", (), "(B)", ("no_steps",)),
    Labelled("", "none", (), None, ("empty_reply",)),
    Labelled(" \n\t", "none", (), None, ("empty_reply",)),
    Labelled("", "none", (), None, ("empty_reply", "cut_by_length"), "length"),
    Labelled("I would rather not say.", "sentences", ("I would rather not say.",), None, NO_ANSWER),
    Labelled("12 - 7 = 5.\n5 × 5 = 25.", "lines", (A, B), None, NO_ANSWER),
    Labelled("12 - 7 = 5. Answer:", "sentences", (A,), None, ("no_answer_text",)),
    Labelled("Step 1: 12 - 7 = 5.\nAnswer: 5", "numbered", (A,), None, ("cut_by_length",), "length"),
    Labelled("Step 1: 12 - 7 = 5.\nStep 2: 5 ×", "numbered", (A, "5 ×"), None, ("cut_by_length",), "length"),
    Labelled(
        "12 - 7 = 5. Answer: 5. No, I forgot one. Answer: 6.", "sentences", (A,), "6", ("several_answers",)
    ),
    Labelled("12 - 7 = 5. The answer is \\boxed{5}. \\boxed{5}", "sentences", (A,), "5"),
    Labelled(
        "Step 1: 12 - 7 = 5.\nAnswer: 5.\n\nQuestion: A bus?\nStep 1: 3 + 4 = 7.\nAnswer: 7.",
        "numbered",
        (A,),
        "5",
        ("runs_on",),
    ),
    Labelled("12 - 7 = 5. The answer is 5.\n\nQ: And now?\nA: 3", "sentences", (A,), "5", ("runs_on",)),
    Labelled("12 - 7 = 5.\n" * 20, "lines", (A,) * 20, None, ("endless_reply",)),
    Labelled("Answer: 5 " + "so and so " * 40, "none", (), None, ("endless_reply", "no_steps")),
    Labelled("12 - 7 = 5. So the answer is (B).", "sentences", (A,), "(B)"),
    Labelled("12 - 7 = 5. The correct answer is B.", "sentences", (A,), "(B)"),
    Labelled("It is green. Final answer: No.", "sentences", ("It is green.",), "no"),
    Labelled(
        "May has 31 days. The answer is June 2, 2024.", "sentences", ("May has 31 days.",), "2024-06-02"
    ),
    Labelled(
        "The answer is not 4. 12 - 7 = 5. The answer is 5.", "sentences", ("The answer is not 4.", A), "5"
    ),
    Labelled("12 − 7 ＝ 5。 The answer is −5.", "sentences", ("12 − 7 ＝ 5。",), "-5"),
    Labelled("12 - 7 = 5.\r\n5 × 5 = 25.\r\nAnswer: 25\r\n", "lines", (A, B), "25"),
    Labelled(
        "There are 12.\n12. is a number\nAnswer: 12", "lines", ("There are 12.", "12. is a number"), "12"
    ),
    Labelled(
        "😀 12 - 7 = 5. 😀 5 × 5 = 25. The answer is $1,025.00.",
        "sentences",
        ("😀 12 - 7 = 5.", "😀 5 × 5 = 25."),
        "1025",
    ),
    Labelled("12 - 7 = 5. My answer would be: five.", "sentences", (A,), "5"),
    Labelled("12 - 7 = 5. The answer is between 4 and 6.", "sentences", (A,), None),
)
