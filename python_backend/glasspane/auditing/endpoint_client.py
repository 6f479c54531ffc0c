"""One request to an OpenAI-compatible endpoint, and what it says: every answer is read as if it could be anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from ..errors import GlasspaneError
from ..version import install_requirement, quoted
from .api_key import ApiKey
from .endpoint_failures import Failure, garbled, of_connection, of_status, redirected, streamed
from .endpoint_request import whole_letters
from .endpoint_transport import guarded
from .retrying import retry_after


@dataclass(frozen=True)
class ListedToken:
    """A token that was written, with log p (nats), and the likeliest tokens in its place."""

    text: str
    log_prob: float
    likeliest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Said:
    """One answer; what the endpoint does not tell is None."""

    text: str
    finish: str | None
    tokens: int | None
    prompt_tokens: int | None
    reasoned: bool
    """It says that the model reasoned beside the text."""
    listed: tuple[ListedToken, ...] | None


class EndpointClient:
    """Makes every request once; whoever asks decides about the next attempt. ``timeout``: seconds without a word."""

    def __init__(self, url: str, model: str, key: ApiKey, timeout: float) -> None:
        self.url, self.model = url, model
        self._key = key
        self._timeout = timeout
        self._client = self._connected()

    def complete(self, fields: Mapping[str, Any]) -> Said | Failure:
        """A chat completion."""
        answer = self._asked(lambda: self._client.chat.completions.with_raw_response.create(**fields))
        return answer if isinstance(answer, Failure) else self._read(answer)

    def listed_model(self) -> dict[str, Any] | Failure:
        """What the list of models says about this one; empty where it is not there."""
        answer = self._asked(self._client.models.with_raw_response.list)
        if isinstance(answer, Failure):
            return answer
        models = answer.get("data")
        for entry in models if isinstance(models, list) else ():
            if isinstance(entry, dict) and entry.get("id") == self.model:
                return entry
        return {}

    def close(self) -> None:
        self._client.close()

    def _connected(self) -> Any:
        try:
            from openai import DefaultHttpxClient, OpenAI
        except ImportError:
            missing = quoted(install_requirement("audit"))
        else:
            client = OpenAI(
                base_url=self.url,
                api_key=self._key.reveal(),
                timeout=self._timeout,
                max_retries=0,
                http_client=guarded(DefaultHttpxClient, self._timeout),
            )
            # What the environment holds for OpenAI itself is no other server's business.
            client.organization = client.project = None
            return client
        raise GlasspaneError(
            "endpoint_failed",
            "Endpoints are asked through the package openai, which is not installed.",
            "Install it, and restart the kernel.",
            command=f"pip install {missing}",
        )

    def _asked(self, request: Any) -> dict[str, Any] | Failure:
        """The answer's JSON. Nothing is raised: exceptions of the client hold the request, and so the key."""
        from openai import APIConnectionError, APIStatusError

        try:
            answer = request()
            text, kind = answer.text, str(answer.headers.get("content-type", ""))
        except APIStatusError as problem:
            return self._status(problem.status_code, problem.response.text, problem.response.headers)
        except APIConnectionError as problem:
            return of_connection(problem, self.url)
        except Exception as problem:  # the transport's own, for a body that breaks off
            return of_connection(problem, self.url)
        except BaseException as stop:
            # An interrupt; below here stands the client, and its frames hold the request.
            raise stop.with_traceback(None) from None
        if "event-stream" in kind:
            return streamed(self.url)
        try:
            found = json.loads(text if isinstance(text, str) else text())
        except (ValueError, RecursionError):
            failure = garbled(self.url, "what is no JSON")
            return failure.lasting() if "html" in kind else failure
        if not isinstance(found, dict):
            return garbled(self.url, "JSON of another form")
        if found.get("error") and "choices" not in found:  # some gateways say so with status 200
            error = found["error"]
            code = error.get("code") if isinstance(error, dict) else None
            return self._status(code if isinstance(code, int) and code >= 400 else 502, text, {})
        return found

    def _status(self, status: int, body: str, headers: Mapping[str, str]) -> Failure:
        if 300 <= status < 400:
            return redirected(status, self.url)
        try:
            found, is_json = json.loads(body), True
        except (ValueError, RecursionError):
            found, is_json = None, False
        message = whole_letters(_message(found)) if self._key.findable else ""
        after = retry_after(dict(headers))
        failure = of_status(status, self._key.scrub(message), self.model, self.url, after, is_json)
        return self._about_key(failure) if failure.code == "endpoint_key" else failure

    def _about_key(self, refused: Failure) -> Failure:
        """What is wrong with the key, and what to do: hosts that keep keys put their own way in the place of that."""
        key, variable, status = self._key, self._key.variable, refused.status
        if key.given:
            where = "" if variable is None else f" in {variable}"
            return replace(
                refused,
                sentence=f"The endpoint {self.url} does not accept the key{where} ({status}).",
                next_step="Check that it is this endpoint's, whole and still valid, and what it is allowed to do.",
            )
        if variable is None:
            return replace(
                refused, sentence=f"The endpoint {self.url} wants a key ({status}), and none was given."
            )
        return replace(
            refused,
            sentence=f"The endpoint {self.url} wants a key ({status}), and {variable} is not set in this Python.",
            next_step="Set it where Python is started, or unseen in the running one: "
            f'import os, getpass; os.environ["{variable}"] = getpass.getpass()',
        )

    def _read(self, answer: dict[str, Any]) -> Said | Failure:
        usage = _dict(answer.get("usage"))
        tokens = _count(usage.get("completion_tokens"))
        choices = answer.get("choices")
        choice = _dict(choices[0]) if isinstance(choices, list) and choices else {}
        message = _dict(choice.get("message"))
        if not message:
            return garbled(self.url, "no reply in its answer", tokens or 0)
        details = _dict(usage.get("completion_tokens_details"))
        finish = choice.get("finish_reason")
        return Said(
            text=self._key.scrub(whole_letters(_content(message.get("content")))),
            finish=finish if isinstance(finish, str) and finish else None,
            tokens=tokens,
            prompt_tokens=_count(usage.get("prompt_tokens")),
            reasoned=bool(
                message.get("reasoning_content")
                or message.get("reasoning")
                or _count(details.get("reasoning_tokens"))
            ),
            listed=self._without_key(_listed(choice.get("logprobs"))),
        )

    def _without_key(self, listed: tuple[ListedToken, ...] | None) -> tuple[ListedToken, ...] | None:
        """None where the tokens spell the key."""
        texts = ["".join(each.text for each in listed or ())]
        texts += [text for each in listed or () for text, _ in each.likeliest]
        return None if any(self._key.scrub(text) != text for text in texts) else listed


def _message(found: Any) -> str:
    """The sentence in an error's body, wherever servers put it."""
    for name in ("error", "detail", "message"):
        inner = found.get(name) if isinstance(found, dict) else None
        if isinstance(inner, str):
            return inner
        if isinstance(inner, dict):
            said = [inner.get(part) for part in ("message", "param", "code")]
            return " ".join(str(part) for part in said if part is not None)
        if inner:
            return json.dumps(inner)
    return ""


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(
            str(part.get("text", "")) for part in content if isinstance(part, dict) and part.get("text")
        )
    return content if isinstance(content, str) else ""


def _listed(found: Any) -> tuple[ListedToken, ...] | None:
    entries = _dict(found).get("content")
    if not isinstance(entries, list) or not entries:
        return None
    try:
        return tuple(
            ListedToken(*_token(entry), tuple(_token(each) for each in entry.get("top_logprobs") or ()))
            for entry in entries
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _token(entry: Any) -> tuple[str, float]:
    log_prob = float(entry["logprob"])
    if not isfinite(log_prob):
        raise ValueError
    return whole_letters(str(entry["token"])), log_prob


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _count(found: Any) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
