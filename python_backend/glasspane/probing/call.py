"""The Python calls that reproduce a probe and its test."""

from __future__ import annotations

from ..attribution.call import subject_argument
from ..protocol import FrameExamples, ProbeRequest, ProbeTestRequest, RowExamples, TaskExamples
from ..subjects import Subject

_IMPORT = "import glasspane as gp\n\n"


def probe_call(request: ProbeRequest, subject: Subject) -> str:
    """``gp.probe(…)`` with every choice that differs from the defaults spelled out."""
    return _IMPORT + _probe(request, subject)


def probe_test_call(request: ProbeTestRequest, subject: Subject) -> str:
    """``gp.probe(…).test(…)``."""
    arguments = [str(request.layer)]
    if request.answers is not None:
        arguments.append(f"answers={request.answers!r}")
    defaults = ProbeTestRequest(probe=request.probe, layer=request.layer)
    for name in ("where", "examples", "directions"):
        if getattr(request, name) != getattr(defaults, name):
            arguments.append(f"{name}={getattr(request, name)!r}")
    return f"{_IMPORT}probes = {_probe(request.probe, subject)}\nprobes.test({', '.join(arguments)})"


def _probe(request: ProbeRequest, subject: Subject) -> str:
    asked = request.examples
    arguments = [subject_argument(subject)]
    if isinstance(asked, TaskExamples):
        arguments.append(repr(asked.name))
        if asked.count != TaskExamples().count:
            arguments.append(f"examples={asked.count}")
    elif isinstance(asked, FrameExamples):
        arguments.append(asked.name)
        defaults = FrameExamples(name=asked.name)
        for name in ("text", "label", "span", "group"):
            if getattr(asked, name) != getattr(defaults, name):
                arguments.append(f"{name}={getattr(asked, name)!r}")
    else:
        assert isinstance(asked, RowExamples)
        arguments.append(
            repr([_as_dict(row.text, row.label, row.start, row.end, row.group) for row in asked.rows])
        )
    defaults_of = ProbeRequest()
    for name in ("layers", "folds", "seed"):
        if getattr(request, name) != getattr(defaults_of, name):
            arguments.append(f"{name}={getattr(request, name)!r}")
    return f"gp.probe({', '.join(arguments)})"


def _as_dict(text: str, label: str, start: int | None, end: int | None, group: str) -> dict[str, object]:
    span = {} if start is None else {"span": (start, end)}
    return {"text": text, "label": label, **span, "group": group}
