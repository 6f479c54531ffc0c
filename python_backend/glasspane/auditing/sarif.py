"""A run over a file of prompts as SARIF 2.1.0, for editors and code hosts: every note where its prompt stands.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, sections 3.13 to 3.30.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..version import glasspane_version
from .note_rules import NOT_ALLOWED, NOT_AUDITED, RULES
from .prompt_audits import FileAudit, PromptAudit

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {"warning": "warning", "information": "note"}
_PLACES = {rule.code: place for place, rule in enumerate(RULES)}


def sarif(found: FileAudit, root: Path) -> str:
    """One run. Files below ``root``, the folder that the run was started in, are named relative to it, as code hosts
    take them. Columns count code points.
    """
    address, base = _address(Path(found.file), root)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "Glasspane",
                "semanticVersion": glasspane_version(),
                "rules": [
                    {
                        "id": rule.code,
                        "name": rule.name,
                        "shortDescription": {"text": rule.summary},
                        "fullDescription": {"text": rule.help},
                        "help": {"text": f"{rule.summary} {rule.help}"},
                        "defaultConfiguration": {"level": rule.level},
                    }
                    for rule in RULES
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        # Of the run itself: what it found of prompts is among the results.
        "invocations": [{"executionSuccessful": len(found.prompts) == found.asked}],
        "artifacts": [{"location": {"uri": address, **base}}],
        "results": [
            result
            for audit in found.prompts
            for result in _results(audit, {"uri": address, "index": 0, **base})
        ],
    }
    if base:
        run["originalUriBaseIds"] = {"SRCROOT": {"uri": f"{root.resolve().as_uri()}/"}}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _results(audit: PromptAudit, artifact: dict[str, Any]) -> list[dict[str, Any]]:
    if audit.error is not None:
        said = f"{audit.error.message} {audit.error.next_step}".strip()
        return [_result(audit, artifact, NOT_AUDITED, "error", said, None)]
    if audit.result is None:
        return []
    results = [
        _result(audit, artifact, note.code, _LEVELS[note.severity], note.message, note.step)
        for note in audit.result.notes
    ]
    if audit.result.verdict in audit.why:
        said = audit.why[audit.result.verdict]
        results.append(_result(audit, artifact, NOT_ALLOWED, "error", said, None))
    return results


def _result(
    audit: PromptAudit, artifact: dict[str, Any], code: str, level: str, said: str, step: int | None
) -> dict[str, Any]:
    # The same finding of the same prompt is told by this, wherever the prompt has moved in the file.
    same = sha256(json.dumps([artifact["uri"], audit.name, code, step]).encode()).hexdigest()
    return {
        "ruleId": code,
        "ruleIndex": _PLACES[code],
        "level": level,
        "message": {"text": f"{audit.name}: {said}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": artifact,
                    "region": {
                        "startLine": audit.line,
                        "startColumn": audit.column,
                        "endLine": audit.end_line,
                        "endColumn": audit.end_column,
                    },
                },
                "logicalLocations": [{"name": audit.name, "kind": "member"}],
            }
        ],
        "partialFingerprints": {"glasspanePromptNote/v1": same},
        "properties": {} if step is None else {"step": step},
    }


def _address(file: Path, root: Path) -> tuple[str, dict[str, str]]:
    whole = file.resolve()
    try:
        return quote(whole.relative_to(root.resolve()).as_posix()), {"uriBaseId": "SRCROOT"}
    except ValueError:
        return whole.as_uri(), {}
