"""The Python call that reproduces a result in a cell."""

from __future__ import annotations

from ..protocol import (
    AttentionRequest,
    BundledSubject,
    CheckRequest,
    ClassTarget,
    CompareRequest,
    CompletionTarget,
    ContrastTarget,
    ExplainRequest,
    FolderSubject,
    HeadView,
    HubSubject,
    KernelSubject,
    MessagesPrompt,
    ResidualView,
    RolloutView,
    TokenTarget,
)
from ..subjects import Subject
from .targets import id_text

_IMPORT = "import glasspane as gp\n\n"


def python_call(request: ExplainRequest, subject: Subject) -> str:
    """``gp.explain(…)`` with every choice that differs from the defaults spelled out."""
    return _IMPORT + _explain(request, subject)


def _explain(request: ExplainRequest, subject: Subject) -> str:
    arguments = [*_asked(request, subject), f"method={request.method!r}", *_choices(request, subject)]
    arguments += [f"{name}={value!r}" for name, value in request.options.items()]
    return f"gp.explain({', '.join(arguments)})"


def attention_call(request: AttentionRequest, subject: Subject) -> str:
    """``gp.attention(…)`` and the view asked for."""
    arguments = ", ".join([*_asked(request, subject), *_choices(request, subject)])
    match request.view:
        case HeadView(layer=layer, head=head, without_sink=without_sink):
            view = f"head({layer}, {head}{', without_sink=True' if without_sink else ''})"
        case RolloutView():
            view = "rollout()"
        case ResidualView(lines=lines):
            view = f"residual(lines={lines})"
        case _:
            view = "overview()"
    return f"{_IMPORT}gp.attention({arguments}).{view}"


def _asked(request: ExplainRequest | AttentionRequest, subject: Subject) -> list[str]:
    prompt = request.prompt
    if isinstance(prompt, MessagesPrompt):
        return [
            subject_argument(subject),
            repr([{"role": m.role, "content": m.content} for m in prompt.messages]),
        ]
    return [subject_argument(subject), repr(prompt.text)]


def _choices(request: ExplainRequest | AttentionRequest, subject: Subject) -> list[str]:
    """Target, score and template, where they differ from the defaults."""
    arguments: list[str] = []
    prompt, target = request.prompt, request.target
    if isinstance(target, TokenTarget):
        arguments.append(f"target={_readable(subject, target.token)!r}")
    elif isinstance(target, ContrastTarget):
        pair = tuple(_readable(subject, choice) for choice in (target.token, target.versus))
        arguments.append(f"target={pair!r}")
    elif isinstance(target, ClassTarget):
        arguments.append(f"target={_readable(subject, target.label)!r}")
    elif isinstance(target, CompletionTarget):
        arguments.append(f"completion={True if target.text is None else target.text!r}")
        if target.text is None and target.tokens != 16:
            arguments.append(f"new_tokens={target.tokens}")
        if target.each:
            arguments.append("each=True")
    if request.score != "logit":
        arguments.append(f"score={request.score!r}")
    if not isinstance(prompt, MessagesPrompt) and prompt.template == "chat":
        arguments.append('template="chat"')
    return arguments


def check_call(explained: ExplainRequest, subject: Subject, request: CheckRequest) -> str:
    """``gp.check(…)`` of the explanation, with every choice that differs from the defaults spelled out."""
    arguments = [subject_argument(subject), "explanation"]
    defaults = CheckRequest(explain=explained)
    for name in ("replacement", "seed", "rankings"):
        if getattr(request, name) != getattr(defaults, name):
            arguments.append(f"{name}={getattr(request, name)!r}")
    return f"{_IMPORT}explanation = {_explain(explained, subject)}\ngp.check({', '.join(arguments)})"


def compare_call(request: CompareRequest, subject: Subject) -> str:
    """``gp.compare(…)``: a method with options is a pair of its name and them."""
    first = (request.explain.method, request.explain.options)
    rows = [first, *((each.method, each.options) for each in request.methods)]
    methods = [name if not options else (name, options) for name, options in rows]
    arguments = [*_asked(request.explain, subject), f"methods={methods!r}"]
    return f"{_IMPORT}gp.compare({', '.join([*arguments, *_choices(request.explain, subject)])})"


def diff_call(before: str, after: str) -> str:
    """``gp.diff(…)`` of two explanations, given the calls that reproduce them."""
    first, second = (call.removeprefix(_IMPORT) for call in (before, after))
    return f"{_IMPORT}before = {first}\nafter = {second}\ngp.diff(before, after)"


def _readable(subject: Subject, choice: int | str) -> int | str:
    """An id as the text that stands for it, where that text names this id and no other."""
    if isinstance(choice, str):
        return choice
    text = id_text(subject, choice)
    if subject.family == "sequence_classifier":
        return text if subject.labels.count(text) == 1 else choice
    ids = subject.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return text if list(ids) == [choice] else choice


def subject_argument(subject: Subject) -> str:
    ref = subject.ref
    if isinstance(ref, KernelSubject):
        return f"{ref.model}, {ref.tokenizer}" if ref.tokenizer else ref.model
    if isinstance(ref, BundledSubject):
        return f"gp.subject({ref.name!r})"
    if isinstance(ref, FolderSubject):
        return f"gp.subject({ref.path!r})"
    assert isinstance(ref, HubSubject)
    revision = f", revision={ref.revision!r}" if ref.revision else ""
    return f"gp.subject({ref.id!r}{revision})"
