"""Audits of endpoints through the kernel's door. Truth: a scripted endpoint, an interpreter that has no torch, and a
canary key that is searched for in all that leaves the kernel or stays on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from scripted_endpoint import ScriptedEndpoint
from test_endpoint_secrets import CANARY, left
from test_entry import run

from glasspane.kernel import model_answers
from glasspane.protocol import AuditPreview, AuditRequest, AuditResult, ErrorResult

TRAIN = (
    "Question: A train carries 5 people. 7 more get on. Then 4 more get on. How many people are on the train? "
    "Answer step by step."
)


def asked(endpoint: ScriptedEndpoint, **more: Any) -> dict[str, Any]:
    model = {
        "source": "endpoint",
        "base_url": endpoint.url,
        "model": "scripted",
        "key_variable": "CANARY_KEY",
    }
    prompt = {"form": "text", "text": TRAIN, "template": "ask"}
    return {"kind": "audit", "model": model, "prompt": prompt, "samples": 10, **more}


def test_without_torch_an_endpoint_is_audited() -> None:
    """Blocked for good: importing torch or transformers fails."""
    with ScriptedEndpoint() as endpoint:
        request = AuditRequest.model_validate(asked(endpoint)).model_dump_json()
        script = dedent(
            """
            import sys, json
            for name in ("torch", "transformers", "safetensors"):
                sys.modules[name] = None
            import importlib.metadata as metadata
            read = metadata.version
            def version(name):
                if name in ("torch", "transformers"):
                    raise metadata.PackageNotFoundError(name)
                return read(name)
            metadata.version = version
            from glasspane.kernel.entry import run
            answer = run(sys.stdin.read())._repr_json_()
            print(json.dumps([answer["kind"], answer.get("verdict"), answer.get("message")]))
            import glasspane as gp
            print(gp.endpoint("http://127.0.0.1:9/v1", "m").name)
            """
        )
        done = subprocess.run(
            [sys.executable, "-c", script], input=request, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    answer, name = done.stdout.strip().splitlines()
    assert json.loads(answer) == ["audit", "faithful", None]
    assert name == "m"


def test_a_server_that_wants_no_key_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANARY_KEY", raising=False)
    with ScriptedEndpoint() as endpoint:
        assert isinstance(run(**asked(endpoint, tests=["consistency"])), AuditResult)
        # As `code` says it, with the variable that is usual.
        usual = asked(endpoint, tests=["consistency"])
        del usual["model"]["key_variable"]
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        assert isinstance(run(**usual), AuditResult)


def test_a_key_that_is_wanted_and_not_set_is_said_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANARY_KEY", raising=False)
    with ScriptedEndpoint(key=CANARY) as endpoint:
        unset = run(**asked(endpoint))
        assert isinstance(unset, ErrorResult)
        assert unset.code == "endpoint_key"
        assert "CANARY_KEY is not set" in unset.message
        assert "getpass" in unset.next_step
        monkeypatch.setenv("CANARY_KEY", "sk-another-one")
        wrong = run(**asked(endpoint))
        assert isinstance(wrong, ErrorResult)
        assert wrong.code == "endpoint_key"
        assert "does not accept the key in CANARY_KEY" in wrong.message
        assert "another-one" not in wrong.model_dump_json()


def test_the_key_is_in_nothing_that_leaves_the_kernel_or_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers with their request, progress, the ledger, logs; the endpoint repeats it wherever it can."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("CANARY_KEY", CANARY)
    told: list[str] = []

    def report(fraction: float, stage: str, partial: AuditResult | None = None) -> None:
        told.append(f"{stage} {'' if partial is None else partial.model_dump_json()}")

    monkeypatch.setattr(model_answers, "report_for", lambda *_: report)
    with ScriptedEndpoint(key=CANARY, repeats_key=True) as endpoint:
        request = asked(endpoint, ledger=str(tmp_path / "audit.jsonl"), job="audit-1")
        preview, result = run(**request, preview=True), run(**request)
        endpoint.behaviour.refuses = ("messages",)
        refused = run(**{**request, "ledger": None})
    assert isinstance(preview, AuditPreview)
    assert isinstance(result, AuditResult)
    assert isinstance(refused, ErrorResult)
    assert result.complete
    assert any("scripted" in each for each in told), "what was told on the way holds results"
    kept = [file.read_text() for file in tmp_path.rglob("*") if file.is_file()]
    assert kept
    answers = [each.model_dump_json() for each in (preview, result, refused)]
    for text in (*answers, *told, *kept, caplog.text, result.code):
        assert not left(text)
