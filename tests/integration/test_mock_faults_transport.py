# SPDX-License-Identifier: Apache-2.0
"""Each fault of `vouch mock` around a BasicOCSPResponse, its envelope, HTTP and the connection, is what its row says."""

import socket
import time

import pytest
from asn1crypto import ocsp as asn1_ocsp

from fault_checks import Checks, head_and_body, raw, sound
from support import der, ocsp, rawhttp
from support.mock import Mock, faults

CHECKS = Checks()
fault = CHECKS.of


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with Mock(tmp_path_factory.mktemp("mock")) as made:
        yield made


# --- The envelope ---------------------------------------------------------------------------------------------------


@fault("response_type")
def _(mock):
    _, tagged = der.children(mock.body("response_type"))
    kind, response = tagged.children()[0].children()
    assert der.to_oid(kind.content) == "1.3.6.1.5.5.7.48.1.99"
    basic = asn1_ocsp.BasicOCSPResponse.load(response.content)
    assert basic["certs"][0].dump() == mock.signer.der


@fault("no_response_bytes")
def _(mock):
    assert mock.body("no_response_bytes") == bytes.fromhex("30030a0100")


@fault("empty_response_bytes")
def _(mock):
    _, tagged = der.children(mock.body("empty_response_bytes"))
    assert tagged.children()[0].children()[1].raw == b"\x04\x00"


@fault("error_with_bytes")
def _(mock):
    octets = mock.body("error_with_bytes")
    status, tagged = der.children(octets)
    assert status.content == b"\x03"
    sound(mock, der.seq(der.tlv(der.ENUMERATED, b"\x00"), tagged.raw))


@fault("trailing_octets")
def _(mock):
    for name, count in (("trailing_octets", 16), ("trailing_octets=1", 1)):
        octets = mock.body(name)
        sound(mock, octets[:-count])


@fault("trailing_inside")
def _(mock):
    octets = mock.body("trailing_inside=3")
    status, tagged = der.children(octets)
    kind, response = tagged.children()[0].children()
    inner = der.octets(response.content[:-3])
    sound(mock, der.seq(status.raw, der.explicit(0, der.seq(kind.raw, inner))))


@fault("ber_length")
def _(mock):
    octets = mock.body("ber_length")
    assert octets[:3] == b"\x30\x83\x00"
    sound(mock, b"\x30\x82" + octets[3:])


@fault("ber_indefinite")
def _(mock):
    octets = mock.body("ber_indefinite")
    assert octets[:2] == b"\x30\x80" and octets[-2:] == b"\x00\x00"
    sound(mock, der.seq(octets[2:-2]))


@fault("truncated")
def _(mock):
    octets = mock.body("truncated")
    assert len(octets) == 100 and int.from_bytes(octets[2:4], "big") > 500
    assert len(mock.body("truncated=1")) == 1


@fault("empty_body")
def _(mock):
    assert mock.body("empty_body") == b""


@fault("not_der")
def _(mock):
    assert mock.body("not_der").startswith(b"<!DOCTYPE html>")


@fault("captive_portal")
def _(mock):
    answer = mock.post("captive_portal")
    assert answer.status == 200 and answer["Content-Type"] == "text/html; charset=utf-8" and answer.body.startswith(b"<!DOCTYPE")


# --- HTTP -----------------------------------------------------------------------------------------------------------


@fault("http_status")
def _(mock):
    for name, status in (("http_status", 500), ("http_status=429", 429), ("http_status=599", 599)):
        assert raw(mock, name).status == status


@fault("http_404")
def _(mock):
    assert raw(mock, "http_404").status == 404


@fault("http_500")
def _(mock):
    assert raw(mock, "http_500").status == 500


@fault("http_503")
def _(mock):
    answer = raw(mock, "http_503=120")
    assert answer.status == 503 and answer["Retry-After"] == "120"


@fault("redirect")
def _(mock):
    answer = raw(mock, "redirect")
    assert answer.status == 307 and answer["Location"] == "/fault/none/"
    path = ocsp.path(mock.request(), "/fault/redirect=302/")
    with rawhttp.Connection(mock.direct) as connection:
        connection.send(rawhttp.head("GET", path))
        answer = head_and_body(connection.rest())
    assert answer.status == 302
    sound(mock, rawhttp.get(mock.direct, answer["Location"]).body)


@fault("redirect_loop")
def _(mock):
    answer = raw(mock, "redirect_loop=308")
    assert answer.status == 308 and answer["Location"] == "/fault/redirect_loop=308/"


@fault("redirect_nowhere")
def _(mock):
    assert raw(mock, "redirect_nowhere")["Location"] == "http://127.0.0.1:1/"


def typed(mock, name):
    answer = raw(mock, name)
    sound(mock, answer.body)
    return answer["Content-Type"]


@fault("content_type")
def _(mock):
    assert typed(mock, "content_type") == "text/html"


@fault("content_type_request")
def _(mock):
    assert typed(mock, "content_type_request") == "application/ocsp-request"


@fault("content_type_missing")
def _(mock):
    assert typed(mock, "content_type_missing") is None


@fault("content_type_parameter")
def _(mock):
    assert typed(mock, "content_type_parameter") == "Application/OCSP-Response; charset=binary"


@fault("gzip")
def _(mock):
    answer = raw(mock, "gzip")
    assert answer["Content-Encoding"] == "gzip"
    sound(mock, answer.body)


@fault("cached_too_long")
def _(mock):
    answer = raw(mock, "cached_too_long")
    assert answer.cache_control() == {"public": None, "max-age": "31536000"}
    sound(mock, answer.body)


@fault("http_10")
def _(mock):
    answer = raw(mock, "http_10")
    assert answer.version == "HTTP/1.0" and answer["Content-Length"] is None
    sound(mock, answer.body)


def length_error(mock, name):
    answer = raw(mock, name)
    sound(mock, answer.body)
    return int(answer["Content-Length"]) - len(answer.body)


@fault("length_too_long")
def _(mock):
    assert length_error(mock, "length_too_long") == 10 and length_error(mock, "length_too_long=1") == 1


@fault("length_too_short")
def _(mock):
    assert length_error(mock, "length_too_short") == -10


def chunked(mock, name):
    """The part of the message behind its head."""
    answer = raw(mock, name)
    assert answer["Transfer-Encoding"] == "chunked" and answer["Content-Length"] is None
    return answer.body


def chunks(octets):
    """[(size line, octets)], and what follows the last one."""
    found = []
    while True:
        line, octets = octets.split(b"\r\n", 1)
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return found, octets
        found.append((line, octets[:size]))
        assert octets[size:size + 2] == b"\r\n"
        octets = octets[size + 2:]


def sound_chunks(mock, name, rest=b"\r\n"):
    found, end = chunks(chunked(mock, name))
    sound(mock, b"".join(octets for _, octets in found))
    assert end == rest
    return found


@fault("chunked")
def _(mock):
    assert len(sound_chunks(mock, "chunked")) == 2


@fault("chunked_octets")
def _(mock):
    assert all(len(octets) == 1 for _, octets in sound_chunks(mock, "chunked_octets"))


@fault("chunked_extension")
def _(mock):
    assert all(b";name=value" in line for line, _ in sound_chunks(mock, "chunked_extension"))


@fault("chunked_trailer")
def _(mock):
    sound_chunks(mock, "chunked_trailer", rest=b"X-Trailer: here\r\n\r\n")


@fault("chunked_bad_size")
def _(mock):
    assert chunked(mock, "chunked_bad_size").startswith(b"zz\r\n")


@fault("chunked_huge_size")
def _(mock):
    assert chunked(mock, "chunked_huge_size").startswith(b"f" * 17 + b"\r\n")


@fault("chunked_short")
def _(mock):
    octets = chunked(mock, "chunked_short")
    size, rest = octets.split(b"\r\n", 1)
    size, rest = rest[int(size, 16) + 2:].split(b"\r\n", 1)
    assert 0 < len(rest) == int(size, 16) // 2


@fault("chunked_no_end")
def _(mock):
    found, _ = chunks(chunked(mock, "chunked_no_end") + b"0\r\n")
    sound(mock, b"".join(octets for _, octets in found))


@fault("continue_flood")
def _(mock):
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    octets = mock.octets("continue_flood=50")
    assert octets.startswith(50 * interim + b"HTTP/1.1 200 OK\r\n")
    sound(mock, head_and_body(octets[50 * len(interim):]).body)


@fault("long_field")
def _(mock):
    answer = raw(mock, "long_field=5000")
    assert answer["X-Padding"] == 5000 * "x"
    sound(mock, answer.body)


@fault("no_head")
def _(mock):
    sound(mock, mock.octets("no_head"))


# --- The connection -------------------------------------------------------------------------------------------------


@fault("delay")
def _(mock):
    begun = time.monotonic()
    sound(mock, mock.body("delay=300"))
    assert time.monotonic() - begun >= 0.3


@fault("slow")
def _(mock):
    """One octet at a time: what was read after a while is a beginning."""
    with rawhttp.Connection(mock.direct) as connection:
        begun = time.monotonic()
        connection.send(rawhttp.post_octets(mock.request(), mock.path("slow=20")))
        first = connection.read_octets(10)
        assert first == b"HTTP/1.1 2" and time.monotonic() - begun >= 0.2 and len(connection.pending) < 100
    sound(mock, head_and_body(mock.octets("slow=1")).body)


@fault("closed")
def _(mock):
    assert mock.octets("closed") == b""


@fault("closed_after_head")
def _(mock):
    answer = raw(mock, "closed_after_head")
    assert answer.body == b"" and int(answer["Content-Length"]) > 500


@fault("cut")
def _(mock):
    answer = raw(mock, "cut=7")
    assert len(answer.body) == 7 and int(answer["Content-Length"]) > 500


@fault("reset")
def _(mock):
    with pytest.raises(ConnectionResetError):
        mock.octets("reset")


@fault("reset_in_body")
def _(mock):
    with pytest.raises(ConnectionResetError):
        mock.octets("reset_in_body")


def stays_open(mock, name):
    """What comes before nothing more comes."""
    with rawhttp.Connection(mock.direct) as connection:
        connection.send(rawhttp.post_octets(mock.request(), mock.path(name)))
        connection.socket.settimeout(0.5)
        with pytest.raises(socket.timeout):
            connection.rest()
        return connection.pending


@fault("silent")
def _(mock):
    assert stays_open(mock, "silent") == b""


@fault("stalled")
def _(mock):
    answer = head_and_body(stays_open(mock, "stalled"))
    assert len(answer.body) == 20 and int(answer["Content-Length"]) > 500


@fault("random")
def _(mock):
    """Chosen by the seed: the journal tells which; none of these stays `random`."""
    with rawhttp.Connection(mock.direct) as connection:
        connection.send(rawhttp.post_octets(mock.request(), mock.path("random")))
        rawhttp.until(lambda: mock.journal()[-1]["path"] == "/fault/random/")
    chosen, = mock.journal()[-1]["faults"]
    assert chosen.split("=")[0] in set(faults()) - {"random"}


# --- All of them ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_fault_is_what_its_row_says(mock, name):
    CHECKS[name](mock)
