"""The sentiment classifier: a small DistilBERT with WordPiece, trained on the reviews alone."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor
from torch.nn import functional
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedTokenizerFast,
)

from . import reviews
from .common_words import COMMON
from .documents import words
from .measure import Gate, share

LABELS = ("NEGATIVE", "POSITIVE")
SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
LENGTH = 128


SUFFIXES = words("s es ed ing er est ly ful less ness ment able y")


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Lower-cased WordPiece: every word of the reviews is one token, others fall to letters and endings."""
    rng = random.Random("review vocabulary")
    texts = [reviews.sample(rng, unseen=rng.random() < 0.2).text for _ in range(6000)]
    known = {word for text in [*texts, *COMMON] for word in re.findall(r"[a-z]+", text.lower())}
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = [
        *SPECIAL.values(),
        *letters,
        *(f"##{letter}" for letter in letters),
        *(f"##{end}" for end in SUFFIXES),
    ]
    pieces = list(dict.fromkeys([*pieces, *sorted(known)]))
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(list(SPECIAL.values()))
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=LENGTH,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        **SPECIAL,
    )


def new_classifier(tokenizer: PreTrainedTokenizerFast) -> DistilBertForSequenceClassification:
    """A DistilBERT of 3 layers, width 128 and 4 heads, without dropout."""
    config = DistilBertConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=LENGTH,
        dim=128,
        n_layers=3,
        n_heads=4,
        hidden_dim=512,
        dropout=0.0,
        attention_dropout=0.0,
        seq_classif_dropout=0.0,
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    return DistilBertForSequenceClassification(config)


def classifier_losses(
    model: DistilBertForSequenceClassification, tokenizer: PreTrainedTokenizerFast, seed: int, rows: int = 96
) -> Callable[[int], Iterator[tuple[Tensor, float]]]:
    """Cross-entropy on fresh reviews, one in five without its final stop."""

    def losses(step: int) -> Iterator[tuple[Tensor, float]]:
        rng = random.Random(f"{seed}:{step}")
        drawn = [reviews.sample(rng, unseen=False) for _ in range(rows)]
        texts = [review.text if rng.random() < 0.8 else review.text.rstrip(".") for review in drawn]
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        yield functional.cross_entropy(logits, torch.tensor([review.label for review in drawn])), 1.0

    return losses


class Classifier:
    """The shipped classifier, loaded as a user loads it."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.model: Any = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32
        ).eval()

    @torch.inference_mode()
    def labels(self, texts: Sequence[str], batch: int = 256) -> list[str]:
        """The predicted label of each text."""
        found: list[str] = []
        for start in range(0, len(texts), batch):
            encoded = self.tokenizer(list(texts[start : start + batch]), padding=True, return_tensors="pt")
            found += [
                self.model.config.id2label[label]
                for label in self.model(**encoded).logits.argmax(-1).tolist()
            ]
        return found


def classifier_gates(folder: Path, count: int) -> list[Gate]:
    """Held-out reviews, those with negation, those with intensifiers, and "not terrible at all"."""
    rng = random.Random("classifier gates")
    cases = [reviews.sample(rng, unseen=True) for _ in range(count)]
    intensified = [case for case in cases if any(f" {word} " in case.text for word in reviews.INTENSIFIERS)]
    triple = [
        reviews.Review(f"The {noun} was not terrible at all.", 1, True)
        for noun in dict.fromkeys(reviews.NOUNS)
    ]
    classifier = Classifier(folder)
    gates = []
    for name, group in (
        ("sentiment", cases),
        ("sentiment with negation", [case for case in cases if case.negated]),
        ("sentiment with intensifiers", intensified),
        ('"not terrible at all"', triple),
    ):
        found = classifier.labels([case.text for case in group])
        right = [one == LABELS[case.label] for one, case in zip(found, group, strict=True)]
        gates.append(share(name, right, 0.97))
    return gates
