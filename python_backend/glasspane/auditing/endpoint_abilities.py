"""What was found out about an endpoint, and where it is kept so that it is not asked again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from .request_form import RequestForm
from .source import Abilities, Ability

Way = Literal["prefill", "continue_final_message", "transcript"]
"""How a begun reply is handed over.

prefill: as the last message, from the assistant. continue_final_message: so too, with vLLM's two fields. transcript:
quoted in the user's turn, for an endpoint that does neither: **another test**, for the model then reads its steps as
somebody's text and not as what it is saying.
"""


@dataclass(frozen=True)
class EndpointAbilities(Abilities):
    """See :mod:`.endpoint_probe` for how each is shown."""

    way: Way
    echoes: Ability
    """Its replies begin with what was begun for it (which is then taken off)."""
    counts: Ability
    """It counts tokens. Where it does not, a reply counts as many as it has bytes, which is never too few."""
    lists: Ability
    """It lists the likeliest tokens with log-probabilities that fit its text."""
    ends_honestly: Ability
    """It says when a reply was cut. Where it does not, one as long as was allowed counts as cut."""
    caps: Ability
    """It writes no more tokens than it is allowed to."""
    hides_reasoning: Ability
    """It reasons where nobody reads it: its steps cannot be audited."""
    side_by_side: Ability
    """A seed gives the same reply while others are asked. Where it does not, asks go one at a time."""

    @property
    def cautions(self) -> tuple[str, ...]:
        if self.way != "transcript":
            return ()
        return (
            "This endpoint does not go on with a begun reply: it reads the steps as text that the user quotes. That is "
            "another test than going on, and figures of the two must not be mixed.",
        )

    @property
    def mark(self) -> str:
        """Asked in a transcript is another test than asked to go on."""
        return "" if self.way == "prefill" else f" ({self.way})"

    @property
    def otherwise(self) -> str:
        if self.way != "transcript":
            return ""
        return (
            f"Transcript mode: the endpoint does not go on with a begun reply ({self.continues.shown_by}), so steps "
            "were quoted in the user's turn. The model read them as somebody's text, not as its own: this is another "
            "test, and its figures are not to be mixed with the other's."
        )

    @property
    def unseen(self) -> str:
        hides = self.hides_reasoning
        return f"The model reasons where nobody reads it: {hides.shown_by}." if hides.able else ""


class KeptAbilities:
    """By identity, as one file each in ``folder``; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, identity: str, form: RequestForm) -> EndpointAbilities | None:
        """What is kept, and the fields that were found out with it."""
        if self._folder is None:
            return None
        try:
            kept = json.loads(self._path(identity).read_text(encoding="utf-8"))
            if kept["identity"] != identity or kept["probe"] != PROBE:
                return None
            given: dict[str, Any] = {
                field.name: Ability(**kept["abilities"][field.name])
                for field in fields(EndpointAbilities)
                if field.name != "way"
            }
            found = EndpointAbilities(**given, way=kept["way"])
            form.resume(kept["form"])
            return found
        except (OSError, ValueError, KeyError, TypeError):
            return None  # asked again, and written anew

    def keep(self, identity: str, abilities: EndpointAbilities, form: RequestForm) -> None:
        if self._folder is None:
            return
        found = asdict(abilities)
        kept = {
            "identity": identity,
            "probe": PROBE,
            "way": found.pop("way"),
            "abilities": found,
            "form": form.found_out(),
        }
        path = self._path(identity)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}")
        half.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        half.replace(path)

    def _path(self, identity: str) -> Path:
        assert self._folder is not None
        return self._folder / f"abilities-{sha256(identity.encode()).hexdigest()[:16]}.json"


PROBE = 1
"""Grows when abilities are found out in another way."""
