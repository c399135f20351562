# SPDX-License-Identifier: Apache-2.0
# Extensions that a caller sets: which there are by name, and where each belongs.
from typing import Any, Dict, Iterable, List, Tuple

from ._values import type_name

# Where an extension belongs: (class of its identifier, class of the extension, what was set so far).
Place = Tuple[Any, Any, Dict[str, Any]]


def _names_of(kind: Any) -> Dict[str, str]:
    """Both spellings of every extension that asn1crypto knows of that class: dotted, and its name."""
    names = dict(kind._map)
    names.update({name: name for name in kind._map.values()})
    return names


def _identify(name: Any, places: Iterable[Place]) -> Tuple[Any, Place]:
    places = list(places)
    if isinstance(name, str):
        for place in places:
            if name in _names_of(place[0]):
                return place[0](name), place
        known = sorted({word for place in places for word in place[0]._map.values()})
        raise ValueError(f"name must be one of {', '.join(known)} or the dotted form of one, not {name!r}")
    for place in places:
        if isinstance(name, place[0]):
            return name, place
    kinds = " or ".join(type_name(place[0]) for place in places)
    raise TypeError(f"name must be a unicode string or an instance of {kinds}, not {type_name(name)}")


def set_extension(name: Any, value: Any, places: Iterable[Place], refused: Dict[str, str]) -> None:
    """Sets or, by None, removes; `refused` are names that have an attribute of their own."""
    identifier, (_, extension_class, held) = _identify(name, places)
    native = identifier.native
    if native in refused:
        raise ValueError(f'name may not be "{native}": use {refused[native]} instead')
    if value is None:
        held.pop(native, None)
        return
    wanted = extension_class({"extn_id": identifier}).spec("extn_value")
    if not isinstance(value, wanted):
        raise TypeError(f"value must be an instance of {type_name(wanted)}, not {type_name(value)}")
    held[native] = value


def encoded(held: Dict[str, Any], *more: Tuple[str, Any]) -> List[Dict[str, Any]]:
    """As asn1crypto builds them; none is critical (RFC 6960 4.4)."""
    return [{"extn_id": name, "critical": False, "extn_value": value} for name, value in [*held.items(), *more]]
