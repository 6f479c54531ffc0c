"""A run over a file of prompts as JUnit XML: one test case a prompt."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .prompt_audits import FileAudit, PromptAudit

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write, which a model's reply may hold."""


def junit(found: FileAudit) -> str:
    """A document with one suite. A prompt that does not pass is a failure, whose type is the first reason by its
    short name or, where it could not be audited, the error's code; prompts that the run did not come to are not in it.
    """
    counts = {
        "tests": str(len(found.prompts)),
        "failures": str(sum(not each.passed for each in found.prompts)),
        "errors": "0",
        "time": f"{sum(each.seconds for each in found.prompts):.3f}",
    }
    suites = Element("testsuites", {"name": "glasspane audit", **counts})
    suite = SubElement(suites, "testsuite", {"name": _clean(found.file), **counts})
    for each in found.prompts:
        _case(suite, found, each)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, "unicode") + "\n"


def _case(suite: Element, found: FileAudit, audit: PromptAudit) -> None:
    case = SubElement(
        suite,
        "testcase",
        {
            "name": _clean(audit.name),
            "classname": _clean(found.file),
            "file": _clean(found.file),
            "line": str(audit.line),
            "time": f"{audit.seconds:.3f}",
        },
    )
    if audit.why:
        reason, sentence = next(iter(audit.why.items()))
        failure = SubElement(case, "failure", {"type": _clean(reason), "message": _clean(sentence)})
        said = [f"{found.file}, line {audit.line}", *audit.why.values()]
        failure.text = _clean("\n".join(said))
    if audit.result is not None:
        from ..display.audit import lines

        SubElement(case, "system-out").text = _clean("\n".join(lines(audit.result)))
    elif audit.error is not None and audit.error.lines:
        SubElement(case, "system-out").text = _clean("\n".join(audit.error.lines))


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
