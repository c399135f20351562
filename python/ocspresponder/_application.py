# SPDX-License-Identifier: Apache-2.0
# The Bottle application: as programs know it, and base64 with a slash in it finds its way to the handler.
from typing import Any, Dict, Tuple

import bottle

STATUS = "/status/"
_STAND_IN = "\x00"      # for a slash within the base64: no URL that Bottle matches has one


class Router(bottle.Router):
    """Bottle's, with a second look at what it does not find: `<request_data>` ends at a slash, base64 does not."""

    def match(self, environ: Dict[str, Any]) -> Tuple[Any, Dict[str, str]]:
        """(route, its arguments); a route that matches as it is goes first."""
        try:
            return super().match(environ)
        except bottle.HTTPError as error:
            path = environ["PATH_INFO"]
            data = path[len(STATUS):]
            if error.status_code != 404 or not path.startswith(STATUS) or "/" not in data:
                raise
            joined = STATUS + data.replace("/", _STAND_IN)
            route, arguments = super().match({**environ, "PATH_INFO": joined})
        return route, {name: value.replace(_STAND_IN, "/") if isinstance(value, str) else value
                       for name, value in arguments.items()}


def application() -> bottle.Bottle:
    """An empty one."""
    app = bottle.Bottle()
    vars(app)["router"] = Router()      # newer ones of Bottle refuse to have an attribute replaced
    return app
