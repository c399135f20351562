# SPDX-License-Identifier: Apache-2.0
# Values that a caller gives: each is accepted in one form, or refused by the name of its parameter.
import inspect
import textwrap
from datetime import datetime, timezone
from typing import Any, Iterable, Optional

from asn1crypto import core, keys, x509

SIGNATURE_HASHES = ("sha1", "sha256", "sha512")
CERTID_HASHES = ("sha1", "sha256")


def type_name(value: Any) -> str:
    """The name of a value's type, or of a type, with its module unless that is a built-in one."""
    kind = value if inspect.isclass(value) else type(value)
    if kind.__module__ in ("builtins", "__builtin__"):
        return str(kind.__name__)
    return f"{kind.__module__}.{kind.__name__}"


def pretty_message(string: str, *params: Any) -> str:
    """A message out of indented text: lines are joined, but for blank ones, lists and underlines."""
    lines = textwrap.dedent(string).strip().split("\n")
    text = lines[0]
    for before, line in zip(lines, lines[1:]):
        starts_anew = not before.strip() or not line or line[0] in " \t*-=0123456789"
        text += ("\n" if starts_anew else " ") + line
    return text % params if params else text


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def choice(parameter: str, value: Any, allowed: Iterable[str]) -> str:
    """One word of a few."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{parameter} must be one of {_listed(allowed)}, not {value!r}")
    return value


def certificate(parameter: str, value: Any) -> x509.Certificate:
    """A certificate of asn1crypto, or what holds one."""
    if isinstance(value, x509.Certificate):
        return value
    held = getattr(value, "asn1", None)
    if isinstance(held, x509.Certificate):
        return held
    raise TypeError(f"{parameter} must be an instance of asn1crypto.x509.Certificate or "
                    f"oscrypto.asymmetric.Certificate, not {type_name(value)}")


def private_key(parameter: str, value: Any) -> keys.PrivateKeyInfo:
    """A private key of asn1crypto, or what holds one."""
    if isinstance(value, keys.PrivateKeyInfo):
        return value
    held = getattr(value, "asn1", None)
    if isinstance(held, keys.PrivateKeyInfo):
        return held
    raise TypeError(f"{parameter} must be an instance of asn1crypto.keys.PrivateKeyInfo or "
                    f"oscrypto.asymmetric.PrivateKey, not {type_name(value)}")


def moment(parameter: str, value: Any) -> Optional[datetime]:
    """A datetime, kept as it came."""
    if value is not None and not isinstance(value, datetime):
        raise TypeError(f"{parameter} must be an instance of datetime.datetime, not {type_name(value)}")
    return value


def whole_seconds(value: datetime) -> datetime:
    """The second in UTC: GeneralizedTime has no zone and no fraction here (RFC 5280 4.1.2.5.2).  Naive is UTC."""
    aware = value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)
    return aware.replace(microsecond=0)


def generalized_time(value: datetime) -> core.GeneralizedTime:
    """YYYYMMDDHHMMSSZ; spelled here since strftime has years of less than four digits."""
    t = whole_seconds(value)
    return core.GeneralizedTime(f"{t.year:04d}{t.month:02d}{t.day:02d}{t.hour:02d}{t.minute:02d}{t.second:02d}Z")
