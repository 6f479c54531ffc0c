"""What a user installs: the wheel carries the built front end and the server's configuration, and needs no Node."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Wheel and sdist, built from this tree with the front end that the set-up built."""
    out = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--sdist",
        "--outdir",
        str(out),
        str(ROOT),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


def test_wheel_carries_the_front_end_once_and_the_servers_configuration(
    distributions: tuple[Path, Path],
) -> None:
    names = zipfile.ZipFile(distributions[0]).namelist()
    data = "glasspane-0.1.0.data/data"
    built = [name for name in names if "labextension" in name and name.endswith("package.json")]
    assert built == [f"{data}/share/jupyter/labextensions/glasspane/package.json"]
    assert f"{data}/share/jupyter/labextensions/glasspane/install.json" in names
    assert f"{data}/etc/jupyter/jupyter_server_config.d/glasspane.json" in names
    assert "glasspane/protocol/__init__.py" in names
    assert not [name for name in names if "node_modules" in name or name.endswith(".ts")]


def test_sdist_carries_what_a_build_without_node_needs(distributions: tuple[Path, Path]) -> None:
    with tarfile.open(distributions[1]) as sdist:
        names = sdist.getnames()
    assert "glasspane-0.1.0/python_backend/glasspane/labextension/package.json" in names
    assert not [name for name in names if "node_modules" in name]


def test_wheel_installs_without_node_and_both_halves_are_enabled(
    distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    place = tmp_path / "venv"
    venv.create(place, with_pip=False, symlinks=os.name != "nt")
    python = place / "bin" / "python"
    # The environment of the tests lends its packages; glasspane itself must come from the wheel.
    site = next((place / "lib").glob("python*")) / "site-packages"
    lender = tmp_path / "lender"
    lender.mkdir()
    for path in sys.path:
        if path.endswith("site-packages"):
            _lend(Path(path), lender)
    (site / "lender.pth").write_text(f"{lender}\n")
    without_node = {
        "PATH": f"{place / 'bin'}:{_without_node(tmp_path)}",
        "HOME": str(tmp_path),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    install = ["-m", "pip", "install", "--no-deps", "--no-index", "--quiet", str(distributions[0])]
    subprocess.run([str(python), *install], check=True, env=without_node, capture_output=True)

    server = _run([str(python), "-m", "jupyter_server", "extension", "list"], without_node)
    assert "glasspane enabled" in server
    assert "glasspane 0.1.0 OK" in server
    lab = _run([str(python), "-m", "jupyterlab.labextensions", "list"], without_node)
    assert "glasspane v0.1.0 enabled OK" in lab
    assert str(place) in _run(
        [str(python), "-c", "import glasspane; print(glasspane.__file__)"], without_node
    )


def _lend(packages: Path, lender: Path) -> None:
    """Links every installed package but glasspane's own editable install."""
    for entry in packages.iterdir():
        if "glasspane" not in entry.name.lower() and not (lender / entry.name).exists():
            (lender / entry.name).symlink_to(entry)


def _without_node(tmp_path: Path) -> Path:
    """A PATH with the few programs a shell script may call, and neither node nor npm."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "env", "uname"):
        found = shutil.which(name)
        if found is not None:
            (programs / name).symlink_to(found)
    return programs


def _run(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(
        command, check=True, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    # The listings colour their words even into a pipe.
    plain = done.stdout + done.stderr
    for code in ("\x1b[32m", "\x1b[0m", "\x1b[31m"):
        plain = plain.replace(code, "")
    return " ".join(plain.split())
