"""Writes constraints.txt: the releases that the tests of this tree ran on.

Run it with the environment's own interpreter after a deliberate upgrade:
``.venv/bin/python setup/pin.py``. Releases that no longer support our oldest
Python are pinned only where they do.
"""

from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet

TARGET = Path(__file__).resolve().parent.parent / "constraints.txt"
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
NOT_PINNED = {"glasspane", "pip", "setuptools", "wheel"}


def pin(name: str, version: str, requires_python: str) -> str:
    supported = [p for p in PYTHONS if SpecifierSet(requires_python).contains(f"{p}.99")]
    oldest = supported[0] if supported else PYTHONS[0]
    marker = "" if oldest == PYTHONS[0] else f'; python_version >= "{oldest}"'
    # A build tag (torch's +cpu) belongs to the machine; the release is what was tested.
    return f"{name}=={version.partition('+')[0]}{marker}"


def main() -> None:
    pins = {
        dist.name.lower().replace("_", "-"): pin(
            dist.name, dist.version, dist.metadata.get("Requires-Python") or ""
        )
        for dist in distributions()
        if dist.name.lower() not in NOT_PINNED
    }
    header = (
        "# What the tests ran on; pyproject.toml keeps the metadata loose. Written by setup/pin.py.\n"
        "# Use: pip install -c constraints.txt 'glasspane[all]'\n"
    )
    TARGET.write_text(header + "\n".join(pins[name] for name in sorted(pins)) + "\n")


if __name__ == "__main__":
    main()
