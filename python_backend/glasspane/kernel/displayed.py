"""The code by which a host asks when all it can do is run code and read what that displays.

Such a host (VS Code's Jupyter extension is one) sends this to a kernel that may have no Glasspane.
"""

from __future__ import annotations

import re

from ..version import BARE_PROGRAM, INSTALL_LINE, PLAIN_IN_QUOTES, install_requirement

CODE = """\
try:
    __import__("glasspane.kernel.entry", fromlist=["shown"]).shown
except (ImportError, AttributeError):
    if (__import__("sys").exc_info()[1].name or "").partition(".")[0] not in ("glasspane", "shown"):
        raise
    (lambda shell, python, problem, old, requirement, quoted: shell.display_pub.publish({
        "application/vnd.glasspane.answer.v1+json": {
            "kind": "error",
            "code": "glasspane_too_old" if old else "glasspane_missing",
            "message": "The Glasspane in this kernel's Python is too old for this editor."
            if old
            else "Glasspane is not installed in this kernel's Python.",
            "next_step": "Run this command, then restart the kernel."
            if python
            else "Install glasspane[kernel] in the kernel's environment, then restart the kernel.",
            "pieces": [],
            "candidates": [],
            "tokenizers": [],
            "command": INSTALL_LINE
            % (
                python if __import__("re").fullmatch(BARE_PROGRAM, python) else quoted(python),
                quoted(requirement),
            )
            if python
            else None,
            "detail": "%s: %s" % (problem[0].__name__, problem[1]),
        }
    }, {}))(
        __import__("IPython").get_ipython(),
        __import__("sys").executable,
        __import__("sys").exc_info(),
        __import__("sys").exc_info()[0] is not ModuleNotFoundError,
        REQUIREMENT,
        lambda words: '"%s"' % words
        if __import__("re").fullmatch(PLAIN_IN_QUOTES, words)
        else "'%s'" % words.replace("'", "''" if __import__("os").name == "nt" else "'\\\\''"),
    )
else:
    __import__("glasspane.kernel.entry", fromlist=["shown"]).shown(REQUEST, CANCEL_FILE)
""".replace("INSTALL_LINE", ascii(INSTALL_LINE))
CODE = CODE.replace("BARE_PROGRAM", ascii(BARE_PROGRAM)).replace("PLAIN_IN_QUOTES", ascii(PLAIN_IN_QUOTES))
"""Displays the answer to REQUEST; without Glasspane in the kernel, an error that says how to get it.

REQUEST is the request's JSON, CANCEL_FILE a path or ``None``, REQUIREMENT what pip is to install:
Python literals in plain ASCII, put in in one pass, since what is put in may itself contain these words.
Only where Glasspane itself cannot be imported, or has no ``shown``, is it missing or too old; whatever
else goes wrong is raised. The code leaves no name, makes no ``Out`` and uses no built-in function that
the user may have shadowed; ``except … as name`` would delete a variable of theirs.
"""


def code(request_json: str, cancel_file: str | None = None, requirement: str | None = None) -> str:
    """:data:`CODE` for one request, with this Glasspane as the one to install."""
    literals = {
        "REQUEST": ascii(request_json),
        "CANCEL_FILE": ascii(cancel_file),
        "REQUIREMENT": ascii(requirement or install_requirement("kernel")),
    }
    return re.sub(r"\b(REQUEST|CANCEL_FILE|REQUIREMENT)\b", lambda found: literals[found[0]], CODE)
