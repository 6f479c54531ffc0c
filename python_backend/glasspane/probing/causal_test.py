"""Does the model use what a probe reads? Its direction is changed in the stream, beside random directions."""

from __future__ import annotations

import time

import numpy as np

from ..attribution.explain import IN_TRAINING
from ..kernel.progress import Report, part_of, silent
from ..protocol import Cost, ProbeTestRequest, ProbeTestResult
from ..subjects import Subject
from ..subjects.architecture import Meter
from ..subjects.guard import unharmed
from ..version import glasspane_version
from .activations import read_activations
from .behaviour import MEASURED, answer_texts
from .call import probe_test_call
from .changed_runs import ChangedRuns, tested_texts
from .classifier import inner_unseen
from .direction import probe_direction
from .effects import changes_of
from .examples import Examples, refuse_too_few
from .folds import refuse_missing, unseen_groups
from .intervals import share_of
from .sentences import causal_sentence, unread_sentence
from .stream import blocks_of, chosen_layers, site_name

READING = 0.2
"""Share of the progress that reading activations and fitting is."""


def causal_test(
    subject: Subject, request: ProbeTestRequest, examples: Examples, report: Report = silent
) -> ProbeTestResult:
    """Fit the probe of ``request.probe`` at one layer, then change what it reads and watch the predictions.

    The direction is fitted on some groups and tested on others. Three changes: its component taken out, replaced
    by its mean, or moved by the distance of two classes' means. Each is also made along ``request.directions`` random
    directions, with the same coefficients, so that the changes are of the same size, text by text.
    Raises :class:`GlasspaneError` as :func:`probe` does, also for answers that are not one token each, and
    ``Cancelled`` from ``report`` between batches. Model, tokenizer and random state are as before in every case.
    """
    began = time.perf_counter()
    asked = request.probe
    refuse_too_few(examples, asked.folds)
    blocks = blocks_of(subject)
    (layer,) = chosen_layers([request.layer], len(blocks))
    site = site_name(layer, len(blocks))
    y, groups = examples.y, examples.groups
    fitted_on, tested_on = refuse_missing(unseen_groups(y, groups, asked.folds, asked.seed), asked.folds)[0]
    tested = tested_texts(tested_on, y, request.examples, asked.seed)
    meter = Meter()
    with unharmed(subject) as was_training:
        read = read_activations(subject, blocks, [layer], examples.rows, part_of(report, 0.0, READING), meter)
        about = subject.card()
        x = read.at[layer].astype(np.float64)
        split = inner_unseen(y, groups, asked.seed)
        found = probe_direction(x[fitted_on], y[fitted_on], list(split(fitted_on)))
        run_texts = ChangedRuns(subject, blocks, layer, request, examples, found, read.placed, tested, meter)
        measured = run_texts.measure(part_of(report, READING, 1.0))
    accuracy = share_of(found.fitted.predict(x[tested_on]) == y[tested_on], groups[tested_on])
    majority = float(np.bincount(y[tested_on]).max() / len(tested_on))
    reads = accuracy.low > majority
    norms = np.linalg.norm(x[tested.rows], axis=1)
    changes = changes_of(measured, groups[tested.rows], norms)
    warnings = list(read.warnings)
    if was_training:
        warnings.append(IN_TRAINING)
    report(1.0, "done")
    return ProbeTestResult(
        glasspane=glasspane_version(),
        subject=about,
        task=examples.task,
        layer=layer,
        site=site,
        labels=examples.labels,
        answers=answer_texts(subject, run_texts.answers),
        dimensions=found.basis.shape[1],
        fitted_on=len(fitted_on),
        tested_on=len(tested.rows),
        accuracy=accuracy.value,
        accuracy_low=accuracy.low,
        accuracy_high=accuracy.high,
        majority=majority,
        measured=MEASURED[subject.family],
        changed=f"{site} at {examples.read_at if request.where == 'readout' else 'every token'}",
        directions=request.directions,
        changes=changes,
        used=reads and any(each.used for each in changes),
        sentence=causal_sentence(examples.task, site, changes)
        if reads
        else unread_sentence(examples.task, site, accuracy, majority),
        warnings=warnings,
        cost=Cost(seconds=time.perf_counter() - began, forwards=meter.forwards),
        code=probe_test_call(request, subject),
        request=request.model_copy(
            update={"job": None, "probe": asked.model_copy(update={"job": None, "subject": subject.ref})}
        ),
    )
