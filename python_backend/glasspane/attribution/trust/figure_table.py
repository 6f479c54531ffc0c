"""The faithfulness figures: one row each, with what it says in words, which way is better and its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["probability", "log probability", "share of the tokens", "score²", "ratio", "predicted number"]


@dataclass(frozen=True)
class FigureRow:
    """``meaning`` begins the sentence that the value ends; ``together``: counts for the overall verdict."""

    name: str
    label: str
    higher: bool
    unit: Unit
    meaning: str
    reference: str
    together: bool = True


FIGURES: dict[str, FigureRow] = {
    row.name: row
    for row in (
        FigureRow(
            "comprehensiveness",
            "Comprehensiveness (AOPC)",
            True,
            "probability",
            "Leaving out the strongest tokens (mean over 1, 5, 10, 20 and 50 %) lowers {measured} by",
            "DeYoung et al. 2020, arXiv:1911.03429",
        ),
        FigureRow(
            "sufficiency",
            "Sufficiency (AOPC)",
            False,
            "probability",
            "Keeping only the strongest tokens (mean over 1, 5, 10, 20 and 50 %) lowers {measured} by",
            "DeYoung et al. 2020, arXiv:1911.03429",
        ),
        FigureRow(
            "log_odds",
            "Log-odds",
            False,
            "log probability",
            "Leaving out the strongest tokens (mean over 1, 5, 10, 20 and 50 %) changes the logarithm of {measured} by",
            "Shrikumar et al. 2017, arXiv:1704.02685; for text Sanyal & Ren 2021, arXiv:2108.13654",
        ),
        FigureRow(
            "decision_flip",
            "Decision flip",
            False,
            "share of the tokens",
            "Share of the tokens, strongest first, without which the model decides otherwise (1: never):",
            "Serrano & Smith 2019, arXiv:1906.03731",
        ),
        FigureRow(
            "deletion_auc",
            "Deletion AUC",
            False,
            "probability",
            "While tokens are left out, strongest first, {measured} averages",
            "Petsiuk et al. 2018, arXiv:1806.07421",
        ),
        FigureRow(
            "insertion_auc",
            "Insertion AUC",
            True,
            "probability",
            "While tokens are put in, strongest first, {measured} averages",
            "Petsiuk et al. 2018, arXiv:1806.07421",
        ),
        FigureRow(
            "infidelity",
            "Infidelity",
            False,
            "score²",
            "Between the scores of tokens left out and what that changes lies a mean squared error of",
            "Yeh et al. 2019, arXiv:1901.09392",
        ),
        FigureRow(
            "soft_sufficiency",
            "Soft sufficiency (Soft-NS)",
            True,
            "ratio",
            "Of what {measured} loses without any token, vectors kept in proportion to their scores hold a share of",
            "Zhao & Aletras 2023, arXiv:2305.10496",
            together=False,
        ),
        FigureRow(
            "soft_comprehensiveness",
            "Soft comprehensiveness (Soft-NC)",
            True,
            "ratio",
            "Of what {measured} loses without any token, vectors erased in proportion to their scores take a share of",
            "Zhao & Aletras 2023, arXiv:2305.10496",
            together=False,
        ),
        FigureRow(
            "sensitivity_max",
            "Sensitivity-max",
            False,
            "ratio",
            "A little noise on the prompt's embeddings moves the map by up to, as a share of its size,",
            "Yeh et al. 2019, arXiv:1901.09392",
            together=False,
        ),
    )
}
"""In the order in which they are shown."""
