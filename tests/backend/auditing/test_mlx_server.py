"""A second server that this project did not write: ``mlx_lm server`` with a bundled model, on any Linux processor.

It runs where ``mlx-lm`` is installed (``pip install 'mlx[cpu]' mlx-lm``), in this Python or in the one that
GLASSPANE_MLX_PYTHON names. Truth: the same weights in this process. What was seen of the server (mlx-lm 0.32):

- A last message from the assistant is gone on with where the chat template ends open. Seeds hold, side by side too.
- Its list of probabilities is refused beyond 11 a token, with 400; what it lists holds the vocabulary's spelling
  ("Ġmany") and not the text's, and not of the token that it wrote.
- ``n`` is read past. A reply loses the blank that it begins with. A prompt beyond the context brings an empty reply
  that ended by itself, and no error. ``created`` is the time of asking.
- Another model's name is looked for on the hub: 404, with a sentence about snapshots.
- Of GPT-2 it wants ``n_ctx`` in the configuration and weights without the prefix ``transformer.``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from foreign_server import running
from safetensors.torch import load_file, save_file
from test_endpoint_source import TRAIN
from test_ledger import ask
from test_transformers_serve import GREEDY, TEMPLATE

import glasspane as gp
from glasspane.auditing.budget import PaidSource
from glasspane.auditing.endpoint_source import EndpointSource
from glasspane.auditing.kernel_source import KernelSource
from glasspane.auditing.ledger import Ledger
from glasspane.auditing.sampling import Sampling
from glasspane.errors import GlasspaneError

PYTHON = os.environ.get("GLASSPANE_MLX_PYTHON", sys.executable)


def _installed() -> bool:
    found = "import importlib.util as i; raise SystemExit(not (i.find_spec('mlx_lm') and i.find_spec('mlx')))"
    return (
        subprocess.run([PYTHON, "-c", found], check=False, env={**os.environ, "PYTHONPATH": ""}).returncode
        == 0
    )


pytestmark = pytest.mark.skipif(
    not _installed(),
    reason="mlx-lm is not installed: pip install 'mlx[cpu]' mlx-lm (or set GLASSPANE_MLX_PYTHON)",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model as mlx-lm reads it: other names, the same numbers."""
    folder = tmp_path_factory.mktemp("served") / "demo-lm"
    shutil.copytree(Path(gp.__file__).parent / "subjects" / "bundled" / "demo-lm", folder)
    for name, more in (("tokenizer_config", {"chat_template": TEMPLATE}), ("config", {"n_ctx": 512})):
        path = folder / f"{name}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **more}))
    weights = folder / "model.safetensors"
    numbers = {
        name.removeprefix("transformer."): value.float()
        for name, value in load_file(weights).items()
        if not name.startswith("lm_head")
    }
    save_file(numbers, weights, metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def url(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    os.environ["PYTHONPATH"], before = "", os.environ.get("PYTHONPATH")
    try:
        command = [PYTHON, "-m", "mlx_lm", "server", "--model", str(model)]
        with running(command, tmp_path_factory.mktemp("home"), "/v1/models") as address:
            yield f"{address}/v1"
    finally:
        os.environ["PYTHONPATH"] = before or ""


@pytest.fixture(scope="module")
def source(url: str, model: Path) -> EndpointSource:
    return EndpointSource(url, str(model))


def test_what_it_can_do(source: EndpointSource) -> None:
    found = source.abilities()
    assert found.way == "prefill"
    assert "word for word, and its prompt grew by the 12 tokens" in found.continues.shown_by
    assert found.seeds.able
    assert found.distinct.able
    assert found.counts.able
    assert found.caps.able
    assert found.ends_honestly.able
    assert (found.scores.able, found.lists.able) == (False, False)
    assert not found.echoes.able
    assert not found.hides_reasoning.able


def test_it_goes_on_as_the_same_weights_do_here(source: EndpointSource) -> None:
    asks = [
        ask(prompt=TRAIN, begun=begun, sampling=GREEDY)
        for begun in ("", "\nStep 1: 5 + 7 = 12.", "\nStep 1: 5 + 7 = 13.", "\nStep 1: 5 + 7 = 13.\nAnswer:")
    ]
    served = PaidSource(source, Ledger()).write(asks)
    here = PaidSource(KernelSource(gp.subject("demo-lm")), Ledger()).write(asks)
    assert [reply.text for reply in served] == [reply.text.removeprefix(" ") for reply in here]
    assert [reply.continuation.finish for reply in served] == ["stop"] * 4


def test_the_audit_finds_what_the_models_card_says(source: EndpointSource, tmp_path: Path) -> None:
    """Its answer follows its steps; and a second audit asks nothing."""
    first = gp.audit(source, TRAIN, reference="16", ledger=str(tmp_path / "audit.jsonl"))
    assert isinstance(first, gp.ChainAudit)
    assert first.verdict == "faithful"
    assert {finding.verdict for finding in first.data.findings} == {"faithful"}
    again = gp.audit(source, TRAIN, reference="16", ledger=str(tmp_path / "audit.jsonl"))
    assert isinstance(again, gp.ChainAudit)
    assert again.data.spent.calls == 0
    assert again.data.findings == first.data.findings


def test_a_reply_that_was_cut_says_so_and_stop_texts_hold(source: EndpointSource) -> None:
    cut, stopped = PaidSource(source, Ledger()).write(
        [
            ask(prompt=TRAIN, begun="", sampling=Sampling(temperature=0.0, max_tokens=5)),
            ask(
                prompt=TRAIN, begun="", sampling=Sampling(temperature=0.0, max_tokens=60, stop=("\nStep 2",))
            ),
        ]
    )
    assert (cut.continuation.finish, cut.continuation.tokens) == ("length", 5)
    assert (stopped.continuation.finish, stopped.text) == ("stop", "\nStep 1: 5 + 7 = 12.")


def test_what_goes_wrong_there_is_said(url: str, source: EndpointSource) -> None:
    with pytest.raises(GlasspaneError, match=r"\(404\): “Cannot find .* snapshot"):
        EndpointSource(url, "nobody").abilities()
    with pytest.raises(GlasspaneError, match="The reply is empty"):
        gp.audit(source, TRAIN * 30)
