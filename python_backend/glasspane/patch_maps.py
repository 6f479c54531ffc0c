"""Maps of patched activations as Python objects that display themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .display.terminal import safe
from .errors import GlasspaneError
from .protocol import PatchMap, PatchResult
from .saved_result import DrawnResult

if TYPE_CHECKING:
    import pandas as pd

    FloatArray = np.ndarray[Any, np.dtype[np.float64]]
    BoolArray = np.ndarray[Any, np.dtype[np.bool_]]


class SiteMap:
    """One site's map. Axes are named by :attr:`axes`: ``("layer", "position")`` and so on."""

    def __init__(self, data: PatchMap) -> None:
        self.data = data

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self.data.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis.places) for axis in self.data.axes)

    @property
    def raw(self) -> FloatArray:
        """The metric with each activation patched (of several pairs, its mean)."""
        return np.array(self.data.raw).reshape(self.shape)

    @property
    def normalised(self) -> FloatArray | None:
        """0: as in the corrupted run, 1: as in the clean one; None where the two hardly differ."""
        values = self.data.normalised
        return None if values is None else np.array(values).reshape(self.shape)

    @property
    def interval(self) -> tuple[FloatArray, FloatArray] | None:
        """Both ends of the 95 % interval of :attr:`raw`'s means over pairs; None for one pair."""
        if self.data.low is None or self.data.high is None:
            return None
        return np.array(self.data.low).reshape(self.shape), np.array(self.data.high).reshape(self.shape)

    @property
    def exact(self) -> BoolArray:
        """Which cells are computed, not estimated."""
        flags = np.ones(len(self.data.raw), dtype=bool)
        flags[self.data.estimated] = False
        return flags.reshape(self.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        values = self.raw
        return values if dtype is None else values.astype(dtype)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {size}" for name, size in zip(self.axes, self.shape, strict=True))
        return f"<SiteMap {self.data.site} [{sizes}]>"


class PatchMaps(DrawnResult[PatchResult]):
    """What the answer does when activations of one prompt are put into the run of another.

    ``data`` is the typed result itself; ``maps`` has one :class:`SiteMap` per site, and where there is only one,
    its ``raw``, ``normalised``, ``exact``, ``interval`` and ``axes`` are here too.
    """

    def __init__(self, data: PatchResult) -> None:
        super().__init__(data)
        self.maps: dict[str, SiteMap] = {each.site: SiteMap(each) for each in data.maps}

    def __getitem__(self, site: str) -> SiteMap:
        try:
            return self.maps[site]
        except KeyError:
            raise KeyError(f"{site}: the sites patched are {', '.join(self.maps)}") from None

    @property
    def raw(self) -> FloatArray:
        return self._only.raw

    @property
    def normalised(self) -> FloatArray | None:
        return self._only.normalised

    @property
    def exact(self) -> BoolArray:
        return self._only.exact

    @property
    def interval(self) -> tuple[FloatArray, FloatArray] | None:
        return self._only.interval

    @property
    def axes(self) -> tuple[str, ...]:
        return self._only.axes

    @property
    def tokens(self) -> list[str]:
        """The clean prompt's tokens, which are the positions of a map."""
        return [token.text for token in self.data.clean.tokens]

    @property
    def clean_value(self) -> float:
        """The metric of the clean prompt as it is."""
        return self.data.clean.value

    @property
    def corrupted_value(self) -> float:
        return self.data.corrupted.value

    def to_frame(self) -> pd.DataFrame:
        """One row per cell: site, layer, head, position, token, raw, normalised, low, high, exact."""
        import pandas as pd

        tokens = self.tokens
        frames = []
        for site, one in self.maps.items():
            places = [axis.places for axis in one.data.axes]
            grid = np.array(np.meshgrid(*places, indexing="ij")).reshape(len(places), -1)
            frame = pd.DataFrame({"site": site, **dict(zip(one.axes, grid, strict=True))})
            if "position" in frame:
                frame["token"] = [tokens[place] for place in frame["position"]]
            frame["raw"] = one.data.raw
            for name, values in (
                ("normalised", one.data.normalised),
                ("low", one.data.low),
                ("high", one.data.high),
            ):
                if values is not None:
                    frame[name] = values
            frame["exact"] = one.exact.reshape(-1)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def svg(self) -> str:
        """The maps as an image."""
        from .display.patch_maps import svg

        return svg(self.data)

    def html(self) -> str:
        """Maps and words as a page of its own, which loads nothing from anywhere."""
        from .display.patch_maps import page

        return page(self.data)

    @property
    def _only(self) -> SiteMap:
        if len(self.maps) > 1:
            raise GlasspaneError(
                "bad_option",
                f"Several sites were patched: {', '.join(self.maps)}.",
                f"Choose one, e.g. result[{next(iter(self.maps))!r}].",
            )
        return next(iter(self.maps.values()))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display.patch_maps import fragment, lines

        return {"text/html": fragment(self.data), "text/plain": "\n".join(lines(self.data))}

    def __repr__(self) -> str:
        sites = ", ".join(self.maps)
        return safe(
            f"<PatchMaps of {sites} on {self.data.subject.name}: {self.data.metric}, {self.data.direction}>"
        )
