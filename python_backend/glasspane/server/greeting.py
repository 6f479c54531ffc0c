"""What a kernel says of itself before the first request, and what follows from it.

The kernel's environment is not the server's: it may be another interpreter, on another
machine, with another Glasspane or none at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel

from ..errors import GlasspaneError
from ..kernel.missing import READS_MODELS, missing_packages, reads_a_model
from ..protocol import Request
from ..version import glasspane_version, install_command


class Hello(BaseModel):
    """The part of a :class:`~glasspane.protocol.HelloResult` that any version is expected to send."""

    glasspane: str
    executable: str
    packages: dict[str, str | None] = {}
    subshells: bool = False


@dataclass(frozen=True)
class Greeting:
    """A kernel that Glasspane can talk to."""

    hello: Hello
    warnings: list[str] = field(default_factory=list)

    def require(self, request: Request) -> None:
        """Raise ``glasspane_missing`` if ``request`` needs a package that the kernel lacks."""
        missing = [name for name in READS_MODELS if self.hello.packages.get(name) is None]
        if missing and reads_a_model(request):
            raise missing_packages(missing, self.hello.executable)


def greeting(hello: Hello) -> Greeting:
    """Compare the kernel's version with the server's: drift warns, another major version refuses.

    Raises ``glasspane_too_old`` when the protocols cannot be assumed to agree.
    """
    ours = glasspane_version()
    if _major(hello.glasspane) != _major(ours):
        older = _major(hello.glasspane) < _major(ours)
        raise GlasspaneError(
            "glasspane_too_old",
            f"This kernel has Glasspane {hello.glasspane}, the server has {ours}: they do not understand "
            "each other.",
            "Run this command, then restart the kernel."
            if older
            else "Update Glasspane where the Jupyter server runs.",
            command=install_command(hello.executable) if older else None,
        )
    if hello.glasspane == ours:
        return Greeting(hello)
    return Greeting(
        hello,
        [f"This kernel has Glasspane {hello.glasspane}, the server {ours}: answers may differ in detail."],
    )


def glasspane_missing(executable: str | None) -> GlasspaneError:
    """The kernel's interpreter cannot import Glasspane."""
    return GlasspaneError(
        "glasspane_missing",
        "Glasspane is not installed in this kernel's Python.",
        "Run this command, then restart the kernel."
        if executable
        else "Install glasspane[kernel] in the kernel's environment, then restart the kernel.",
        command=install_command(executable) if executable else None,
    )


def not_python(language: str) -> GlasspaneError:
    """The kernel speaks another language."""
    return GlasspaneError(
        "not_python",
        f"This kernel runs {language}, and Glasspane explains models that live in Python.",
        "Use a Python kernel, or a separate one.",
    )


def _major(version: str) -> int:
    digits = version.split(".")[0]
    return int(digits) if digits.isdigit() else 0
