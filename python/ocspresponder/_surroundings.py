# SPDX-License-Identifier: Apache-2.0
# What a program may have replaced: as long as it is ours, libvouch gives the same answers without it.
from datetime import datetime
from typing import Any, Callable, List, Optional
from urllib.parse import unquote_to_bytes

import asn1crypto.ocsp
import bottle
from ocspbuilder._response import AS_MADE, OCSPResponseBuilder

from ._application import STATUS

_METHODS = ("_parse_ocsp_request", "_build_ocsp_response", "_build_http_response", "_handle_get", "_handle_post",
            "_fail")
_OF_MODULE = {"OCSPResponseBuilder": OCSPResponseBuilder, "HTTPResponse": bottle.HTTPResponse, "datetime": datetime,
              "OCSPRequest": asn1crypto.ocsp.OCSPRequest, "OCSPResponse": asn1crypto.ocsp.OCSPResponse,
              "request": bottle.request}
_APP_METHODS = frozenset(("wsgi", "handle", "_handle", "_cast", "match", "trigger_hook", "__call__"))
_GET_RULE = STATUS + "<request_data>"


class Surroundings:
    """Of one responder; looked at for every request, since programs replace things whenever they like."""

    def __init__(self, responder: Any, original: Any, module: Any) -> None:
        self._responder = responder
        self._methods = [(name, original.__dict__[name]) for name in _METHODS]
        self._names = frozenset(_METHODS)
        self._module = vars(module)
        self._app: Any = None
        self._routes: List[Any] = []
        self._plugins: List[Any] = []
        self._get: Any = None
        self._post: Any = None
        self._is_plain = False

    def are_ours(self) -> bool:
        """Nothing on the way from the octets of a request to those of its response is a program's."""
        responder = self._responder
        kind = responder.__class__
        for name, ours in self._methods:
            if getattr(kind, name) is not ours:
                return False
        for name, ours in _OF_MODULE.items():
            if self._module[name] is not ours:
                return False
        return self._names.isdisjoint(responder.__dict__) and vars(OCSPResponseBuilder) == AS_MADE

    def route_is_ours(self, method: str, target: Callable[[], bytes]) -> bool:
        """Bottle would lead the request to our handler, and through nothing else."""
        app = self._responder._app
        if type(app) is not bottle.Bottle:
            return False
        if app is not self._app or app.routes != self._routes:
            self._study(app)
        if not _APP_METHODS.isdisjoint(app.__dict__) or app.plugins != self._plugins:
            return False
        if any(app._hooks.values()):
            return False
        route = self._get if method == "GET" else self._post
        if route is None or route.plugins or route.skiplist:
            return False
        if route.callback != (self._responder._handle_get if method == "GET" else self._responder._handle_post):
            return False
        return self._is_plain or self._matches(app, route, method, target)

    def _study(self, app: Any) -> None:
        """Once for each list of routes: which are ours, and whether another one could stand in their way."""
        self._app, self._routes = app, list(app.routes)
        self._plugins = [plugin for plugin in app.plugins if type(plugin).__module__ == "bottle"]
        self._get = self._find("GET", _GET_RULE)
        self._post = self._find("POST", STATUS)
        self._is_plain = not any(_may_match(route.rule) for route in app.routes
                                 if route is not self._get and route is not self._post)

    def _find(self, method: str, rule: str) -> Optional[Any]:
        return next((route for route in self._routes if route.method == method and route.rule == rule), None)

    @staticmethod
    def _matches(app: Any, route: Any, method: str, target: Callable[[], bytes]) -> bool:
        path = unquote_to_bytes(target().partition(b"?")[0]).decode("utf-8", "replace")
        try:
            return app.router.match({"REQUEST_METHOD": method, "PATH_INFO": path})[0] is route
        except Exception:       # a refusal of Bottle's, or a router of the program's
            return False


def _may_match(rule: str) -> bool:
    """Whether a rule could match a path that begins as ours do: its literal part tells."""
    literal = rule
    for mark in "<:\\":
        literal = literal.partition(mark)[0]
    return literal.startswith(STATUS) or (literal != rule and STATUS.startswith(literal))
