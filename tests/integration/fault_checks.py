# SPDX-License-Identifier: Apache-2.0
"""The checks of the faults of `vouch mock`, by name, and what most of them look at."""

from support import ocsp, rawhttp


class Checks(dict):
    def of(self, name):
        """The decorator of the check of a row."""
        def register(check):
            self[name] = check
            return check
        return register


def head_and_body(octets):
    head, body = octets.split(b"\r\n\r\n", 1)
    return rawhttp.Response(head, body)


def raw(mock, name):
    return head_and_body(mock.octets(name))


def sound(mock, octets):
    response = ocsp.decode(octets)
    ocsp.verify(response, mock.ca)
    assert response.single.status == "good"
