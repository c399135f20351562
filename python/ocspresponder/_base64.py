# SPDX-License-Identifier: Apache-2.0
# The request in the path of a GET (RFC 6960 A.1): base64, as clients and proxies spell it.
import base64
import re
from urllib.parse import unquote_to_bytes

_SPELLINGS = bytes.maketrans(b"-_ ", b"+/+")    # URL-safe letters; a plus that some proxy took for a blank


def decode(text: str) -> bytes:
    """The octets; ValueError when the text is no base64."""
    octets = unquote_to_bytes(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text)
    letters = re.sub(rb"[\r\n]", b"", octets.translate(_SPELLINGS)).rstrip(b"=")
    letters = letters.lstrip(b"/")      # a request begins with M; a slash more is the join of an URL's two halves
    return base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
