"""``gp.probe``: what a model represents, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from .api import names_in_main, subject
from .errors import GlasspaneError
from .probes import Probes
from .protocol import FrameExamples, ProbeRequest, RowExamples, TaskExamples


def probe(
    subject_or_model: Any,
    *rest: Any,
    task: Any = None,
    text: str = "text",
    label: str = "label",
    span: str | None = None,
    group: str | None = None,
    examples: int = 400,
    layers: Sequence[int] | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Probes:
    """What can a linear classifier read off the residual stream, layer by layer?

    Called as ``probe(subject, task)`` or ``probe(model, tokenizer, task)``. ``task`` is a bundled one
    (``"part_of_speech"``, ``"sentiment"``, ``"syntactic_role"``, ``"factual_attribute"``, of which ``examples``
    texts are generated), or a pandas DataFrame (or a list of dicts) with the columns ``text`` and ``label`` and, if
    they are there, ``span`` ((start, end) or the marked words; otherwise the last token of the text is read) and
    ``group`` (rows never split between training and test; otherwise what is marked). ``layers``: 0 is the stream that
    the embedding gives, k what enters layer k, their number what leaves the last one; None: all.

    At each layer, a logistic regression of standardised activations is cross-validated over ``folds`` that split no
    group, beside the majority and a control task (Hewitt & Liang 2019): random labels, one for each group. Raises
    :class:`GlasspaneError` with a sentence and a next step.
    """
    from .display.progress import shown_progress
    from .probing.examples import examples_of, examples_of_table
    from .probing.probe import probe as run

    given = [subject_or_model, *rest]
    if task is None:
        task = given.pop()
    if not 1 <= len(given) <= 2:
        raise TypeError("probe() takes (subject, task) or (model, tokenizer, task)")
    try:
        if isinstance(task, str):
            asked: TaskExamples | RowExamples | FrameExamples = TaskExamples(name=task, count=examples)
            found = examples_of(asked, seed, {})
        else:
            name = names_in_main(task)
            columns = FrameExamples(name=name or "frame", text=text, label=label, span=span, group=group)
            found = examples_of_table(task, columns)
            asked = RowExamples(rows=found.rows) if name is None else columns
        request = ProbeRequest(
            examples=asked, layers=None if layers is None else list(layers), folds=folds, seed=seed
        )
    except (ValidationError, TypeError) as problem:
        raise GlasspaneError(
            "bad_option",
            "The probe cannot be fitted as asked.",
            "Give 1 to 20,000 examples, 2 to 20 folds, a seed from 0, and layers as a list of numbers.",
            detail=str(problem),
        ) from problem
    of = subject(*given)
    request = request.model_copy(update={"subject": of.ref})
    with shown_progress() as report:
        return Probes(run(of, request, found, report), of, found)
