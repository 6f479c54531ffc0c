"""The documentation page is the method table, word for word."""

from pathlib import Path

from glasspane.attribution.methods_page import page


def test_the_page_has_not_drifted() -> None:
    written = (Path(__file__).parents[3] / "docs" / "methods.md").read_text("utf-8")
    assert written == page(), "run: python -m glasspane.attribution.methods_page > docs/methods.md"
