"""Brings a clone to the state in which it runs: packages, front end, editable install.

Each step is skipped while the files it reads are what they were when it last
succeeded, so a second run costs a few hashes. The remembered hashes lie in
``.cache/setup``; deleting that folder repeats everything.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
MEMORY = ROOT / ".cache" / "setup"
LABEXTENSION = ROOT / "python_backend" / "glasspane" / "labextension"
VSCODE_BUNDLES = ROOT / "extension_frontend" / "vscode" / "dist"
INSTALLED_LABEXTENSION = VENV / "share" / "jupyter" / "labextensions" / "glasspane"
PIP = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", "constraints.txt"]


@dataclass(frozen=True)
class Step:
    """One thing to do, the files that decide whether it must be done again, and what it leaves behind."""

    name: str
    reads: tuple[str, ...]
    leaves: tuple[Path, ...]
    action: Callable[[], None]

    def fingerprint(self) -> str:
        digest = hashlib.sha256(str(ROOT).encode())
        for pattern in self.reads:
            for path in sorted(ROOT.glob(pattern)):
                if path.is_file():
                    digest.update(f"{path.relative_to(ROOT)}\0".encode())
                    digest.update(path.read_bytes())
        return digest.hexdigest()

    def run(self) -> None:
        remembered = MEMORY / self.name.replace(" ", "-")
        fingerprint = self.fingerprint()
        if (
            all(path.exists() for path in self.leaves)
            and remembered.exists()
            and remembered.read_text() == fingerprint
        ):
            return
        print(f"glasspane: {self.name} …", flush=True)
        self.action()
        MEMORY.mkdir(parents=True, exist_ok=True)
        remembered.write_text(fingerprint)


def call(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)


def make_venv() -> None:
    if not PYTHON.exists():
        call(sys.executable, "-m", "venv", str(VENV))


def install_build_tools() -> None:
    # editables: what hatchling asks for when it makes an editable install without build isolation;
    # setuptools and wheel: the same for dependencies that come as source only (lime).
    call(
        *PIP,
        *("hatchling", "hatch-jupyter-builder", "hatch-nodejs-version", "jupyter-builder", "editables"),
        *("setuptools", "wheel"),
    )


def install_node_packages() -> None:
    call("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")


def build_front_end() -> None:
    call("npm", "run", "--silent", "build:prod")
    call("npm", "run", "--silent", "build:vscode")


def install_glasspane() -> None:
    """Editable, with every extra that resolves together and what the tests need.

    inseq's metadata forbids the typeguard that transformer_lens asks for, though inseq
    never imports it; so inseq comes without its dependencies, and what it does import
    (captum, jaxtyping, matplotlib, rich, treescope) is part of the ``test`` extra.
    """
    # pip replaces what it installed before: through the link it would write into the working tree.
    remove_installed_labextension()
    call(*PIP, "--no-build-isolation", "--editable", ".[test]")
    call(*PIP, "--no-deps", "inseq")
    remove_installed_labextension()
    INSTALLED_LABEXTENSION.parent.mkdir(parents=True, exist_ok=True)
    # JupyterLab reads the working tree's build, so that a rebuild needs no reinstall.
    INSTALLED_LABEXTENSION.symlink_to(LABEXTENSION, target_is_directory=True)


def remove_installed_labextension() -> None:
    if INSTALLED_LABEXTENSION.is_symlink():
        INSTALLED_LABEXTENSION.unlink()
    elif INSTALLED_LABEXTENSION.exists():
        shutil.rmtree(INSTALLED_LABEXTENSION)


STEPS = (
    Step("virtual environment", (), (PYTHON,), make_venv),
    Step(
        "build tools",
        ("constraints.txt", "setup/environment.py"),
        (BIN / "jupyter-builder",),
        install_build_tools,
    ),
    Step(
        "Node packages",
        (
            "package-lock.json",
            "package.json",
            ".npmrc",
            "extension_frontend/core/package.json",
            "extension_frontend/jupyterlab/package.json",
        ),
        (ROOT / "node_modules" / ".package-lock.json",),
        install_node_packages,
    ),
    Step(
        "front end",
        (
            "package-lock.json",
            "extension_frontend/*/*.json",
            "extension_frontend/*/*.mjs",
            "extension_frontend/*/src/**/*",
            "extension_frontend/*/style/**/*",
            "extension_frontend/*/schema/**/*",
        ),
        (LABEXTENSION / "package.json", VSCODE_BUNDLES / "extension.js"),
        build_front_end,
    ),
    Step(
        "Python packages",
        (
            "constraints.txt",
            "pyproject.toml",
            "package.json",
            "python_backend/jupyter-config/**/*.json",
            "setup/environment.py",
        ),
        (BIN / "glasspane", BIN / "jupyter-lab"),
        install_glasspane,
    ),
)


def main() -> int:
    for step in STEPS:
        try:
            step.run()
        except subprocess.CalledProcessError as failure:
            print(
                f"glasspane: setting up stopped at “{step.name}”; the reason stands above. "
                "Mend it and run the same command again: finished steps are not repeated.",
                file=sys.stderr,
            )
            return failure.returncode or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
