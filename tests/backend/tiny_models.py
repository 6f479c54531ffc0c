"""Small random models of every family, and tokenizers of every kind, made on the fly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertGenerationTokenizer,
    BloomConfig,
    BloomForCausalLM,
    ByT5Tokenizer,
    CTRLTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    FalconConfig,
    FalconForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    GPT2Config,
    GPT2ForSequenceClassification,
    GPT2LMHeadModel,
    GPTJConfig,
    GPTJForCausalLM,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MptConfig,
    MptForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy

CORPUS = [
    "The capital of France is Paris. The capital of Spain is Madrid, not Rome.",
    "When Mary and John went to the store, John gave a bottle to Mary.",
    "The film was not terrible at all: naïve café, 日本語, Ελλάδα, emoji 👩‍👩‍👧 and don't.",
] * 20

CHAT_TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] | trim }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


@cache
def tokenizer(kind: str) -> Any:
    """A fast tokenizer of the named family, trained on CORPUS; do not change it in a test."""
    return make_tokenizer(kind)


def make_tokenizer(kind: str) -> Any:
    tok = {
        "byte_level": _byte_level,
        "wordpiece": _wordpiece,
        "unigram": _unigram,
        "byte_fallback": _byte_fallback,
        "chat": _byte_level,
    }[kind]()
    if kind == "wordpiece":
        return PreTrainedTokenizerFast(
            tokenizer_object=tok, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
            pad_token="[PAD]", mask_token="[MASK]",
        )  # fmt: skip
    if kind == "unigram":
        return PreTrainedTokenizerFast(
            tokenizer_object=tok, unk_token="<unk>", eos_token="</s>", pad_token="<pad>"
        )
    if kind == "byte_fallback":
        return PreTrainedTokenizerFast(tokenizer_object=tok, unk_token="<unk>", bos_token="<s>")
    made = PreTrainedTokenizerFast(tokenizer_object=tok, eos_token="<|endoftext|>", pad_token="<|endoftext|>")
    if kind == "chat":
        made.chat_template = CHAT_TEMPLATE
    return made


def _byte_level() -> Tokenizer:
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=600,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=["<|endoftext|>"],
            show_progress=False,
        ),
    )
    return tok


def _wordpiece() -> Tokenizer:
    # Spelt out: the trainer breaks ties differently in every process, and ids decide a random model's numbers.
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted({word for line in CORPUS for word in re.findall(r"\w+|[^\w\s]", line.lower())})
    letters = sorted({letter for word in words for letter in word})
    pieces = [*special, *letters, *(f"##{letter}" for letter in letters), *(w for w in words if len(w) > 1)]
    tok = Tokenizer(models.WordPiece(vocab={p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    tok.normalizer = normalizers.BertNormalizer()
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.decoder = decoders.WordPiece()
    tok.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tok


def _unigram() -> Tokenizer:
    tok = Tokenizer(models.Unigram())
    tok.normalizer = normalizers.NFKC()
    tok.pre_tokenizer = pre_tokenizers.Metaspace()
    tok.decoder = decoders.Metaspace()
    tok.train_from_iterator(
        CORPUS,
        trainers.UnigramTrainer(
            vocab_size=120, unk_token="<unk>", special_tokens=["<pad>", "</s>", "<unk>"], show_progress=False
        ),
    )
    tok.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    return tok


def _byte_fallback() -> Tokenizer:
    tok = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tok.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = ["<unk>", "<s>", *(f"<0x{i:02X}>" for i in range(256))]
    tok.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=500, special_tokens=special, show_progress=False)
    )
    tok.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 1)])
    return tok


def make_python_tokenizer(kind: str, folder: Path) -> Any:
    """A tokenizer written in Python, which tells no offsets, made from vocabulary files in ``folder``."""
    if kind == "bytes":
        return ByT5Tokenizer()
    if kind == "wordpiece":
        vocabulary = make_tokenizer("wordpiece").get_vocab()
        (folder / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)), "utf-8")
        return BertTokenizerLegacy(str(folder / "vocab.txt"))
    if kind == "bpe":  # CTRL: pieces that go on are marked behind, as in "capi@@ tal"
        letters = sorted({letter for line in CORPUS for letter in line if not letter.isspace()})
        pieces = ["<unk>", "The", "Th@@", *letters, *(f"{letter}@@" for letter in letters)]
        (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}), "utf-8")
        (folder / "merges.txt").write_text("#version: 0.2\nT h\nTh e</w>\n\n", "utf-8")
        return CTRLTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    assert kind == "sentencepiece"
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_prefix=str(folder / "sp"), vocab_size=120, minloglevel=9,
        hard_vocab_limit=False,
    )  # fmt: skip
    return BertGenerationTokenizer(str(folder / "sp.model"))


_SMALL: dict[str, Any] = {"num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 128}


def tokenizer_of(family: str) -> Any:
    """The kind of tokenizer that models of this family come with."""
    kinds = {"distilbert": "wordpiece", "bert": "wordpiece", "bert_masked": "wordpiece", "t5": "unigram"}
    return tokenizer(kinds.get(family, "byte_level"))


def make_model(family: str, vocabulary: int = 600, seed: int = 0) -> Any:
    """A random model in fp32 and evaluation mode; the caller may change it."""
    torch.manual_seed(seed)
    # Wide enough initial weights that attention and MLPs matter; eos/pad 0 = <|endoftext|>.
    ids: dict[str, Any] = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0, "initializer_range": 0.25}
    gqa = {**_SMALL, "hidden_size": 32, "intermediate_size": 64, "num_key_value_heads": 2, "head_dim": 8}
    _bert: dict[str, Any] = {
        **_SMALL, "vocab_size": 200, "hidden_size": 32, "intermediate_size": 64, "initializer_range": 0.25,
    }  # fmt: skip
    build = {
        "gpt2": lambda: GPT2LMHeadModel(
            GPT2Config(vocab_size=vocabulary, n_layer=2, n_head=4, n_embd=32, n_positions=64, **ids)
        ),
        "gpt2_classifier": lambda: GPT2ForSequenceClassification(
            GPT2Config(
                vocab_size=vocabulary, n_layer=2, n_head=4, n_embd=32, n_positions=64, num_labels=3, **ids
            )
        ),
        "llama": lambda: LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, **gqa, **ids)),
        "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(vocab_size=vocabulary, **gqa, **ids)),
        "gemma2": lambda: Gemma2ForCausalLM(
            Gemma2Config(vocab_size=vocabulary, sliding_window=32, **gqa, **ids)
        ),
        "gemma": lambda: GemmaForCausalLM(GemmaConfig(vocab_size=vocabulary, **gqa, **ids)),
        # Local layers and global ones, with rotations of their own.
        "gemma3": lambda: Gemma3ForCausalLM(
            Gemma3TextConfig(
                vocab_size=vocabulary,
                sliding_window=6,
                layer_types=["sliding_attention", "full_attention"],
                query_pre_attn_scalar=8,
                **gqa,
                **ids,
            )
        ),
        "mistral": lambda: MistralForCausalLM(
            MistralConfig(vocab_size=vocabulary, sliding_window=5, **gqa, **ids)
        ),
        "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(vocab_size=vocabulary, **gqa, **ids)),
        "neox": lambda: GPTNeoXForCausalLM(
            GPTNeoXConfig(vocab_size=vocabulary, hidden_size=32, intermediate_size=64, **_SMALL, **ids)
        ),
        "distilbert": lambda: DistilBertForSequenceClassification(
            DistilBertConfig(
                vocab_size=200,
                dim=32,
                n_layers=2,
                n_heads=4,
                hidden_dim=64,
                max_position_embeddings=64,
                id2label={0: "NEGATIVE", 1: "POSITIVE"},
                initializer_range=0.25,
            )
        ),
        "bert": lambda: BertForSequenceClassification(BertConfig(**_bert, num_labels=3)),
        "bert_masked": lambda: BertForMaskedLM(BertConfig(**_bert)),
        "t5": lambda: T5ForConditionalGeneration(
            T5Config(
                vocab_size=200,
                d_model=32,
                d_kv=8,
                d_ff=64,
                num_layers=2,
                num_heads=4,
                initializer_factor=1.0,
                pad_token_id=0,
                eos_token_id=1,
                decoder_start_token_id=0,
            )
        ),
    }
    return build[family]().eval()


def older_model(kind: str) -> Any:
    """Models that look up no attention function by name."""
    torch.manual_seed(0)
    ids: dict[str, Any] = {
        "vocab_size": 600, "n_layer": 2, "n_head": 4, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0,
        "initializer_range": 0.25,
    }  # fmt: skip
    layers = {"num_hidden_layers": 2, "num_attention_heads": 4}
    made: dict[str, Callable[[], Any]] = {
        "bloom": lambda: BloomForCausalLM(BloomConfig(hidden_size=32, **ids)),
        "gptj": lambda: GPTJForCausalLM(GPTJConfig(n_embd=32, rotary_dim=4, n_positions=64, **ids)),
        "falcon": lambda: FalconForCausalLM(FalconConfig(hidden_size=32, **layers, **ids)),
        "falcon_alibi": lambda: FalconForCausalLM(
            FalconConfig(hidden_size=32, alibi=True, parallel_attn=False, **layers, **ids)
        ),
        "gpt_neo": lambda: GPTNeoForCausalLM(
            GPTNeoConfig(
                hidden_size=32, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]], **ids
            )
        ),
        "mpt": lambda: MptForCausalLM(MptConfig(d_model=32, n_layers=2, n_heads=4, **ids)),
    }
    return made[kind]().eval()
