"""inseq's methods on the model that is there already: the user's own object, and the ids that we read.

inseq wraps a Hugging Face model without copying it; :mod:`.inseq_guard` keeps it as it was found.
Texts never pass through inseq's tokenising: it is given encoded batches, step by step, as its own
loop would.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import GlasspaneError
from ...kernel.progress import Report
from ...subjects import Subject
from ...subjects.architecture import embedding_rows
from ...subjects.guard import eager_attention
from ..by_attention.attention import gradient_check
from ..by_gradient.gradients import completeness, in_full
from ..evaluation import NO_GRADIENT, no_gradient
from ..memory import rows_that_fit
from ..outcome import Outcome, Task
from ..targets import id_text
from .inseq_guard import embeddings_with_gradients, held_still, quiet, stand_in, tracing_kept
from .inseq_table import INSEQ_ROWS, PREFIX, InseqRow

_LONGEST_REASON = 240


def inseq_method(task: Task, report: Report) -> Outcome:
    """The inseq method that ``task.method`` names. Scores [target, token].

    Of a completion explained as a sum, the scores of its steps are added up (where a method does not
    look at the score: averaged). Raises ``bad_request`` where inseq is absent and
    ``unsupported_model``, with inseq's own reason, where it does not run.
    """
    row = INSEQ_ROWS[task.method.removeprefix(PREFIX)]
    _refuse_what_inseq_does_not_take(task.subject)
    if row.takes_gradients:
        task.evaluator.refuse_stopped_gradient(task.embeddings)
    with ExitStack() as restore:
        restore.enter_context(quiet())
        report(0.02, "loading inseq")
        _import_inseq()
        restore.enter_context(torch.enable_grad())
        restore.enter_context(held_still(task.subject.core))
        restore.enter_context(embeddings_with_gradients(task.subject))
        if row.reads_attention:
            restore.enter_context(eager_attention(task.subject))
        try:
            return _Attribution(task, row).run(report)
        except (GlasspaneError, MemoryError, torch.OutOfMemoryError):
            raise
        except Exception as problem:
            raise _refusal(row, task.subject, problem) from problem


class _Attribution:
    """One inseq method hooked to one model, with the prompt and its targets as inseq's batch."""

    def __init__(self, task: Task, row: InseqRow) -> None:
        from inseq.attr.feat import FeatureAttribution
        from inseq.models import HuggingfaceModel

        self._task, self._row = task, row
        given, ids = task.read.given, task.evaluator.objective.ids
        device = given.ids.device
        # Not inseq.load_model: it does no more than this, under a spinner on the user's terminal.
        self._model: Any = HuggingfaceModel.load(
            task.subject.core, "dummy", stand_in(task.subject), device=device.type
        )
        self._model._device = str(device)  # it knows kinds of device only, but puts tensors there
        if row.name in _KEEP_FILES:  # by this name; the one in a configuration outlives a change of weights
            self._model.model_name = f"glasspane-{task.subject.weights()}"
        self._method: Any = FeatureAttribution.load(
            row.name, attribution_model=self._model, **self._loading_arguments()
        )
        self._encoded = given.length - given.decoded if given.decoded else 0
        whole = torch.cat([given.ids, torch.tensor([[ids[-1]]], device=device)], dim=1)
        said = self._encoding(whole[:, self._encoded :], decoded=bool(self._encoded))
        self._batch: Any = self._model.formatter.prepare_inputs_for_attribution(
            self._model, (self._encoding(whole[:, : self._encoded]), said) if self._encoded else said
        )
        self._read_by_last = given.length - self._encoded  # tokens before the last target

    def run(self, report: Report) -> Outcome:
        task, row = self._task, self._row
        self._refuse_another_function()
        objective = task.evaluator.objective
        count = len(objective.ids)
        rows = []
        for place, token in enumerate(objective.ids):

            def watch(place: int = place) -> None:
                report(max(0.05, (place + 0.1) / count), f"inseq, token {place + 1} of {count}")

            watch()
            rows.append(self._step(self._read_by_last - (count - 1) + place, token, watch))
        scores = torch.stack(rows)
        if not objective.each:
            scores = scores.sum(0, keepdim=True) if row.looks_at_score else scores.mean(0, keepdim=True)
        scores = scores.to(in_full(task.values).dtype).to(task.values.device)
        said: list[str] = []
        if self._encoded and row.encoder_only:
            said.append(
                "inseq attributes only what the encoder reads here: the decoder's tokens have no score."
            )
        if not row.looks_at_score:
            said.append("This method does not look at the chosen score or at what is compared.")
        if row.debugging_aid:
            said.append(f"{row.note} {gradient_check(task, scores.mean(0), report)}")
        if row.adds_up:
            start = self._values_at_baseline()
            change = task.values - start
            if not bool(scores.any()) and bool(change.any()):
                # Seen with its layer methods: the baseline's ids do not reach the model.
                raise GlasspaneError(
                    "unsupported_model",
                    f"inseq's {row.name} gave every token the score zero, though the answer differs from that at "
                    f"its baseline by {float(change.sum()):+.3g}: it compared the prompt with itself.",
                    "Choose another method, e.g. integrated_gradients.",
                )
            adding_up = completeness(scores, change)
            gap = adding_up["completeness_gap"]
            if gap is not None and gap > _WIDE_GAP:
                said.append(
                    f"The scores miss what they should add up to by {gap:.0%}. integrated_gradients, of our own, "
                    "takes as many steps as it needs and says when it has converged."
                )
            return Outcome(
                scores,
                baseline=self._baseline_phrase(),
                baseline_value=float(start.sum()),
                **adding_up,
                steps=self._option("steps"),
                warnings=said,
            )
        baseline = self._baseline_phrase() if self._method.use_baselines else None
        return Outcome(scores, baseline=baseline, steps=self._option("steps"), warnings=said)

    def _step(self, step: int, token: int, watch: Callable[[], None]) -> Tensor:
        """Scores [token] of the target that follows the first ``step`` tokens (the decoder's, where there is one)."""
        if self._row.random:
            seed = self._option("seed")
            assert seed is not None
            torch.manual_seed(seed)
            np.random.seed(seed)
        target = torch.tensor([[token]], device=self._task.read.given.ids.device)
        with tracing_kept():
            output: Any = self._method.filtered_attribute_step(
                self._batch[:step],
                target_ids=target,
                attributed_fn=self._score(watch),
                target_attention_mask=torch.ones_like(target),
                attribute_target=bool(self._encoded) and not self._row.encoder_only,
                attribution_args=self._arguments(),
            )
        read = self._read_by_last + self._encoded
        scores = torch.zeros(read, dtype=torch.float64)
        for start, raw in ((0, output.source_attributions), (self._encoded, output.target_attributions)):
            if raw is not None:
                one = self._per_token(raw[0].detach().cpu().double(), step)
                scores[start : start + len(one)] = one
        return scores

    def _per_token(self, raw: Tensor, step: int) -> Tensor:
        """inseq's numbers [token, …] as one for each token; see :class:`InseqRow`."""
        if self._row.raw == "token":
            return raw
        if self._row.raw == "copies":
            return raw[:, 0]
        if self._row.raw == "query":
            return raw[:, step - 1].flatten(1).mean(1)
        return raw.sum(-1) if self._row.signed else raw.norm(dim=-1)

    def _score(self, watch: Callable[[], None]) -> Callable[..., Tensor]:
        """inseq's step function for the score, minus the same of what is compared with."""
        from inseq.attr.step_functions import get_step_function

        objective, meter = self._task.evaluator.objective, self._task.evaluator.meter
        name = "logit" if objective.score == "logit" else "probability"
        function: Any = get_step_function(name)
        more = {"logprob": True} if objective.score == "log_prob" else {}

        def score(args: Any) -> Tensor:
            watch()
            rows = int(args.forward_output.logits.shape[0])
            meter.forwards += rows
            meter.backwards += rows if torch.is_grad_enabled() else 0
            value: Tensor = function(args, **more)
            for other in objective.versus:
                value = value - function(
                    replace(args, target_ids=torch.full_like(args.target_ids, other)), **more
                )
            return value

        return score

    def _encoding(self, ids: Tensor, decoded: bool = False) -> Any:
        """``ids`` [1, token] in inseq's terms, with the baseline that it takes by itself."""
        from inseq.data import BatchEncoding

        unknown, end = self._model.tokenizer.unk_token_id, self._model.eos_token_id
        if not 0 <= unknown < embedding_rows(self._task.subject):
            raise _nothing_for_a_baseline(self._task.subject)
        kept = ids == end
        if decoded:
            kept[:, 0] = True  # inseq puts the start token in front of prompt and baseline alike
        return BatchEncoding(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            input_tokens=[[str(one) for one in ids[0].tolist()]],
            baseline_ids=torch.where(kept, ids, unknown),
        )

    def _option(self, name: str) -> int | None:
        value = self._task.options.get(name)
        return None if value is None else int(value)

    def _loading_arguments(self) -> dict[str, Any]:
        if self._row.name.startswith("layer_"):
            # The layer that encoder and decoder share may never be called itself.
            return {"target_layer": self._task.subject.embedding}
        if self._row.name == "discretized_integrated_gradients" and (
            embedding_rows(self._task.subject) <= _QUICKLY_COMPARED
        ):
            return {"save_cache": False, "overwrite_cache": True, "cache_dir": tempfile.gettempdir()}
        return {}

    def _arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        if self._row.samples is not None:
            arguments["n_samples"] = self._option("samples")
        if self._row.steps is not None:
            arguments["n_steps"] = self._option("steps")
        if self._row.name in _BATCHED:
            length = self._task.read.given.length
            arguments["internal_batch_size"] = rows_that_fit(self._task.subject, length, length, False)
        return arguments

    def _refuse_another_function(self) -> None:
        """inseq calls the Hugging Face model with embeddings: that has to be what its owner calls."""
        task, batch = self._task, self._batch[: self._read_by_last]
        with torch.no_grad():
            logits = self._model.get_forward_output(batch, use_embeddings=True).logits
            theirs = task.evaluator.objective(in_full(logits[:, -task.read.keep :]))[0]
        near = 1e-3 if logits.dtype in (torch.float32, torch.float64) else 5e-2
        if not torch.allclose(theirs.to(task.values), task.values, rtol=near, atol=near):
            raise GlasspaneError(
                "unsupported_model",
                f"Called with embeddings, as inseq does, {task.subject.name} answers otherwise than called with ids.",
                "Use a method of our own: it calls the model as you do.",
            )
        if self._row.name == "discretized_integrated_gradients":
            ids = batch.source_ids if self._encoded else batch.input_ids
            seen = batch.source_embeds if self._encoded else batch.input_embeds
            rows = self._model.vocabulary_embeddings[ids] * self._model.embed_scale
            if not torch.allclose(rows, seen, rtol=near, atol=near):
                raise GlasspaneError(
                    "unsupported_model",
                    "inseq builds its discretized paths from rows of the embedding matrix, and "
                    f"{type(task.subject.core).__name__} scales what it reads there.",
                    _ANOTHER_METHOD,
                )

    def _values_at_baseline(self) -> Tensor:
        """f [target] where everything that is attributed is replaced by the baseline."""
        batch = self._batch[: self._read_by_last]
        if not self._encoded:
            return self._task.evaluator.values(batch.baseline_embeds)[0]
        said = batch.targets.input_embeds if self._row.encoder_only else batch.targets.baseline_embeds
        return self._task.evaluator.values(torch.cat([batch.sources.baseline_embeds, said], dim=1))[0]

    def _baseline_phrase(self) -> str:
        unknown = int(self._model.tokenizer.unk_token_id)
        return f"inseq's: the token {id_text(self._task.subject, unknown)!r}, end of text kept"


_ABSENCE = ("pad_token_id", "eos_token_id")
"""What can stand for a token's absence where there is no unknown token."""

_KEEP_FILES = {"discretized_integrated_gradients", "reagent"}

_BATCHED = {"integrated_gradients", "layer_integrated_gradients"}
"""What can be told to take its steps in portions."""

_QUICKLY_COMPARED = 20_000
"""Tokens whose neighbours are found in seconds; of larger vocabularies inseq keeps them on disk."""

_WIDE_GAP = 0.1
"""Share of f(prompt) − f(baseline) from which a gap is put in words."""

_ANOTHER_METHOD = "Choose another method; our own run on every model that can be explained."


def _import_inseq() -> None:
    """Seconds, the first time. Raises ``bad_request`` where it or something it needs is absent."""
    try:
        import_module("inseq.models")
    except ImportError as problem:
        lacks = "" if problem.name in (None, "inseq") else f" ({problem.name} is missing)"
        raise GlasspaneError(
            "bad_request",
            f"The methods of inseq need inseq, which this Python cannot import{lacks}.",
            "Run: glasspane doctor --mend",
            command=f"{sys.executable} -m glasspane doctor --mend",
            detail=str(problem),
        ) from problem


def _refuse_what_inseq_does_not_take(subject: Subject) -> None:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    # Anything else inseq takes for a name, and would look for on the hub.
    for thing, kind in ((subject.core, PreTrainedModel), (subject.tokenizer, PreTrainedTokenizerBase)):
        if not isinstance(thing, kind):
            raise GlasspaneError(
                "unsupported_model",
                f"inseq takes models and tokenizers of transformers; this is a {type(thing).__name__}.",
                _ANOTHER_METHOD,
            )

    config = subject.core.config
    ids = (getattr(owner, name, None) for owner in (config, subject.tokenizer) for name in _ABSENCE)
    if all(one is None for one in ids):
        raise _nothing_for_a_baseline(subject)


def _nothing_for_a_baseline(subject: Subject) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        "inseq makes its baseline of the unknown, padding or end-of-text token, and "
        f"{subject.name} embeds none.",
        _ANOTHER_METHOD,
    )


def _refusal(row: InseqRow, subject: Subject, problem: Exception) -> GlasspaneError:
    if any(sign in str(problem) for sign in NO_GRADIENT):
        return no_gradient(problem)
    reason = " ".join((str(problem) or type(problem).__name__).split())
    if len(reason) > _LONGEST_REASON:
        reason = f"{reason[:_LONGEST_REASON].rstrip()}…"
    elif not reason.endswith((".", "!", "?")):
        reason += "."
    return GlasspaneError(
        "unsupported_model",
        f"inseq's {row.name} does not run on {type(subject.core).__name__}. inseq says: {reason}",
        "Install what it asks for, or choose another method."
        if isinstance(problem, ImportError)
        else _ANOTHER_METHOD,
        detail=f"{type(problem).__name__}: {problem}",
    )
