"""Running a shipped folder: batched greedy text and next tokens, in fp32."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

ANSWER = re.compile(r"Answer:\s*(\(?[A-Z]\)|-?\d+)")


@dataclass(frozen=True)
class Gate:
    """A figure measured on held-out cases, and the bound it must meet (``None``: only reported)."""

    name: str
    hits: int
    cases: int
    bound: float | None = None
    at_least: bool = True

    @property
    def figure(self) -> float:
        """The share of cases that hit."""
        return self.hits / self.cases

    @property
    def passed(self) -> bool:
        """Whether the figure meets its bound."""
        if self.bound is None:
            return True
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def line(self) -> str:
        """The gate as one printed line."""
        sign = ">=" if self.at_least else "<="
        wanted = (
            "reported"
            if self.bound is None
            else f"{sign} {100 * self.bound:.1f} %: {'pass' if self.passed else 'FAIL'}"
        )
        return f"{self.name}: {100 * self.figure:.2f} % ({self.hits}/{self.cases}) {wanted}"


def share(name: str, outcomes: Sequence[bool], bound: float | None = None, at_least: bool = True) -> Gate:
    """A gate over a list of outcomes."""
    return Gate(name, sum(outcomes), len(outcomes), bound, at_least)


class Subject:
    """A language model loaded as a user loads it."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.end = int(self.tokenizer.eos_token_id)

    @torch.inference_mode()
    def next_tokens(self, prompts: Sequence[str], batch: int = 128) -> list[str]:
        """The most likely next token of each prompt."""
        found: list[str] = [""] * len(prompts)
        rows = [self.tokenizer(prompt)["input_ids"] for prompt in prompts]
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            width = max(len(rows[index]) for index in chosen)
            ids = torch.tensor([rows[index] + [self.end] * (width - len(rows[index])) for index in chosen])
            last = torch.tensor([len(rows[index]) - 1 for index in chosen])
            mask = torch.arange(width) <= last[:, None]
            hidden = self.model.transformer(input_ids=ids, attention_mask=mask.long()).last_hidden_state
            logits: Tensor = self.model.lm_head(hidden[torch.arange(len(chosen)), last])
            for index, token in zip(chosen, logits.argmax(-1).tolist(), strict=True):
                found[index] = self.tokenizer.decode([token])
        return found

    @torch.inference_mode()
    def continuations(
        self, prompts: Sequence[str], batch: int = 128, length: int = 72, sample: bool = False
    ) -> list[str]:
        """Greedy (or sampled) text after each prompt, up to the end-of-text token."""
        found: list[str] = [""] * len(prompts)
        rows = [self.tokenizer(prompt)["input_ids"] for prompt in prompts]
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            width = max(len(rows[index]) for index in chosen)
            ids = torch.tensor([[self.end] * (width - len(rows[index])) + rows[index] for index in chosen])
            lengths = torch.tensor([len(rows[index]) for index in chosen])
            mask = (torch.arange(width) >= width - lengths[:, None]).long()
            written = self.model.generate(
                ids, attention_mask=mask, max_new_tokens=length, do_sample=sample, pad_token_id=self.end
            )
            texts = self.tokenizer.batch_decode(written[:, width:], skip_special_tokens=True)
            for index, text in zip(chosen, texts, strict=True):
                found[index] = text
        return found

    def answers(self, prompts: Sequence[str], sample: bool = False) -> list[str | None]:
        """The answer after "Answer:" in each prompt's continuation, or right after a prompt that ends so."""
        found: list[str | None] = []
        for prompt, text in zip(prompts, self.continuations(prompts, sample=sample), strict=True):
            stem = "Answer:" if prompt.endswith("Answer:") else ""
            match = ANSWER.search(stem + text)
            found.append(match.group(1) if match else None)
        return found
