"""Is everything in place? Each finding says what was looked at and the command that mends it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from .version import glasspane_version, install_requirement

INSEQ_NEEDS = {
    "captum": "captum",
    "jaxtyping": "jaxtyping",
    "matplotlib": "matplotlib",
    "yaml": "pyyaml",
    "rich": "rich",
    "treescope": "treescope",
    "tqdm": "tqdm",
}
"""What inseq imports, and the distribution that brings it; inseq's own metadata cannot be resolved
beside transformer_lens (typeguard)."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``commands`` mend it when run in order."""

    what: str
    fine: bool
    said: str
    optional: bool = False
    commands: list[list[str]] = field(default_factory=list)


def examine() -> list[Finding]:
    """Look at the interpreter, the kernel's packages, the extension and the optional engines."""
    return [
        _interpreter(),
        _package("torch", "2.6", "kernel"),
        _package("transformers", "5.9", "kernel"),
        _package("ipykernel", "6.29", "kernel"),
        _package("pandas", "2.0", "kernel"),
        _package("scipy", "1.11", "kernel"),
        _editors(),
        *_extension(),
        _package("transformer_lens", "4.0", "lens", optional=True),
        _inseq(),
    ]


def report(findings: list[Finding]) -> str:
    """A line each, with the mending command below what is not fine."""
    lines = []
    for finding in findings:
        sign = "ok  " if finding.fine else "note" if finding.optional else "MEND"
        lines.append(f"{sign}  {finding.what}: {finding.said}")
        if not finding.fine:
            lines += [f"      {_shown(command)}" for command in finding.commands]
    return "\n".join(lines)


def mend(findings: list[Finding]) -> int:
    """Run the mending commands, showing each; returns the first exit status that is not 0."""
    for finding in findings:
        for command in [] if finding.fine else finding.commands:
            print(f"> {_shown(command)}", flush=True)
            status = subprocess.call(command)
            if status:
                return status
    remaining = [f for f in examine() if not f.fine and not f.optional]
    return 1 if remaining else 0


def _interpreter() -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "python",
        sys.version_info >= (3, 10),
        f"{python} at {sys.executable}, glasspane {glasspane_version()}",
    )


def _package(name: str, least: str, extra: str, optional: bool = False) -> Finding:
    command = [[sys.executable, "-m", "pip", "install", install_requirement(extra)]]
    try:
        have = version(name)
    except PackageNotFoundError:
        return Finding(name, False, f"absent (needed: {least} or newer)", optional, command)
    fine = _numbers(have) >= _numbers(least)
    said = have if fine else f"{have} is too old (needed: {least} or newer)"
    upgrade = [[sys.executable, "-m", "pip", "install", "--upgrade", f"{name}>={least}"]]
    return Finding(name, fine, said, optional, upgrade)


def _editors() -> Finding:
    """Whether an editor can start ``glasspane serve`` from this interpreter."""
    server = _package("jupyter_server", "2.14", "kernel")
    return replace(server, what="serving editors", said=f"jupyter_server {server.said}")


def _extension() -> list[Finding]:
    reinstall = [
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--force-reinstall",
            "--no-deps",
            install_requirement("kernel"),
        ]
    ]
    findings = []
    server = _json_of(
        "from jupyter_server.extension.serverextension import ExtensionConfigManager\n"
        "from jupyter_core.paths import jupyter_config_path\n"
        "import json, os\n"
        "on = [p for p in jupyter_config_path() if ExtensionConfigManager(read_config_path=[p], "
        "write_config_dir=os.devnull).get_jpserver_extensions().get('glasspane')]\n"
        "import glasspane.server.extension\n"
        "print(json.dumps(on))"
    )
    findings.append(
        Finding(
            "server extension",
            bool(server),
            "enabled" if server else "not enabled for this Python's Jupyter server",
            commands=[
                [
                    sys.executable,
                    "-m",
                    "jupyter",
                    "server",
                    "extension",
                    "enable",
                    "glasspane",
                    "--sys-prefix",
                ]
            ],
        )
    )
    lab = _json_of(
        "import json, os\n"
        "from jupyter_core.paths import jupyter_path\n"
        "found = [p for d in jupyter_path('labextensions') "
        "if os.path.isfile(p := os.path.join(d, 'glasspane', 'package.json'))]\n"
        "print(json.dumps(found))"
    )
    findings.append(
        Finding(
            "front end",
            bool(lab),
            "installed" if lab else "the prebuilt JupyterLab extension is not installed",
            commands=reinstall,
        )
    )
    return findings


def _json_of(code: str) -> list[str]:
    """Run a look-up in a process of its own, so that doctor neither imports nor configures anything."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    try:
        return list(json.loads(done.stdout.strip().splitlines()[-1]))
    except (IndexError, json.JSONDecodeError):
        return []


def _inseq() -> Finding:
    pip = [sys.executable, "-m", "pip", "install"]
    commands = [[*pip, "--no-deps", "inseq>=0.7.1"], [*pip, *INSEQ_NEEDS.values()]]
    missing = [brings for module, brings in INSEQ_NEEDS.items() if find_spec(module) is None]
    if find_spec("inseq") is None:
        said = "absent (only the inseq:* methods need it)"
    elif missing:
        said = f"installed, but it imports {', '.join(missing)}, which are absent"
    else:
        return Finding("inseq", True, version("inseq"), True)
    return Finding("inseq", False, said, True, commands)


def _numbers(text: str) -> tuple[int, ...]:
    parts = []
    for part in text.split("+")[0].split("."):
        digits = "".join(c for c in part if c.isdigit())
        if not digits:
            break
        parts.append(int(digits))
    return tuple(parts)


def _shown(command: list[str]) -> str:
    return " ".join(f'"{part}"' if any(c in part for c in " [<>") else part for part in command)
