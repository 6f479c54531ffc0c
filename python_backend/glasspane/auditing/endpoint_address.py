"""Where an OpenAI-compatible endpoint is: an address without secrets, and what should be said about it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from ..errors import GlasspaneError


@dataclass(frozen=True)
class Address:
    """``url`` has no trailing slash, no user, no query; it may be shown and kept."""

    url: str
    warnings: tuple[str, ...]


def read_address(given: str) -> Address:
    """Raises ``bad_option`` for what is no web address, and for one that may hold a secret, which is not repeated."""
    given = given.strip()
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    # What cannot be sent or seen, and the backslash, behind which others see another host.
    if not given.isprintable() or any(sign in " \\" for sign in given):
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise GlasspaneError(
            "bad_option",
            "The endpoint's address is no web address.",
            "Give one such as http://127.0.0.1:8000/v1.",
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise GlasspaneError(
            "bad_option",
            "The endpoint's address holds a user name, a password or a query, which would be kept with every result.",
            "Leave that out, and give the key by the name of an environment variable.",
        )
    warnings: tuple[str, ...] = ()
    if parts.scheme == "http" and not _loopback(host):
        warnings = (
            f"Prompts and the key go to {host} unencrypted (http): whoever is on the way can read them.",
        )
    return Address(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", warnings)


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
