"""Memory that one head's attention takes at 2,048 tokens, beside ``output_attentions=True`` on the whole model.

A random model of GPT-2 small's size (124 M parameters, 12 layers, 12 heads) with 2,048 positions. Each way
runs in a process of its own; what is printed is the growth of its peak resident memory (``ru_maxrss``) over
what it had once the model was loaded and had read two tokens. So neither Python and torch nor the weights
count, and everything the way allocates does: activations, weights of attention, and for the pane the JSON.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from typing import Any

TOKENS = 2048
LAYER, HEAD = 5, 7
OTHER_VIEWS = ("overview", "rollout", "residual")


def main() -> None:
    whole, head, pane, *others = (_measured(way) for way in ("whole", "head", "pane", *OTHER_VIEWS))
    print(f"GPT-2 small's size, float32, {TOKENS:,} tokens; growth of the peak over the loaded model:")
    print(f"  output_attentions=True, whole model   {whole[0]:8.0f} MiB  {whole[1]:6.1f} s")
    print(f"  one head, exact (gp.attention)        {head[0]:8.0f} MiB  {head[1]:6.1f} s")
    print(f"  one head, as a pane gets it (JSON)    {pane[0]:8.0f} MiB  {pane[1]:6.1f} s")
    for name, view in zip(OTHER_VIEWS, others, strict=True):
        print(f"  {name + ' (gp.attention)':<38}{view[0]:8.0f} MiB  {view[1]:6.1f} s")
    exact, drawn = whole[0] / head[0], whole[0] / pane[0]
    print(f"  one head takes {exact:.1f} × less memory, as JSON {drawn:.1f} × (wanted: at least 5 ×)")


def _measured(way: str) -> tuple[float, float]:
    """(MiB, seconds), from a fresh process."""
    said = subprocess.check_output([sys.executable, __file__, way], text=True).split()
    return float(said[-2]), float(said[-1])


def _measure(way: str) -> None:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    import glasspane as gp
    from glasspane.attribution.by_attention.attend import attend
    from glasspane.protocol import AttentionRequest, HeadView, TextPrompt

    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(n_positions=TOKENS, bos_token_id=0, eos_token_id=0)).eval()
    subject = gp.subject(model, _words())
    text = " ".join(f"w{place % 500}" for place in range(TOKENS))
    gp.attention(subject, "w1 w2").head(0, 0)  # imports and first-time set-up are not the question
    before, began = _peak(), time.perf_counter()
    if way == "whole":
        model.set_attn_implementation("eager")
        ids = torch.tensor([subject.tokenizer(text)["input_ids"]])
        with torch.no_grad():
            maps = model(ids, output_attentions=True, logits_to_keep=1, use_cache=False).attentions
        assert maps[LAYER][0, HEAD].shape == (TOKENS, TOKENS)
    elif way == "head":
        assert gp.attention(subject, text).head(LAYER, HEAD).shape == (TOKENS, TOKENS)
    elif way in OTHER_VIEWS:
        assert repr(getattr(gp.attention(subject, text), way)())
    else:
        view = HeadView(layer=LAYER, head=HEAD, token=TOKENS - 1)
        request = AttentionRequest(subject=subject.ref, prompt=TextPrompt(text=text), view=view)
        assert len(attend(subject, request).model_dump_json()) > 2 * TOKENS**2
    print(_peak() - before, time.perf_counter() - began)


def _peak() -> float:
    """Peak resident memory of this process so far, in MiB (Linux counts KiB, macOS bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _words() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(
        models.WordLevel({"<unk>": 0, **{f"w{i}": i + 1 for i in range(500)}}, unk_token="<unk>")
    )
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", eos_token="<unk>")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(sys.argv[1])
    else:
        main()
