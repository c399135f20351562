# SPDX-License-Identifier: Apache-2.0
"""HTTP: rows H-01 to H-34."""

import base64
import gzip
import hashlib
import re
import time

import pytest

import world as worlds
from support import ocsp, rawhttp
from support.rawhttp import Connection, head, post_octets
from support.vectors import VECTORS

V = VECTORS
V01_PATH = ("/MGEwXzBdMFswWTANBglghkgBZQMEAgEFAAQgOplGd1aAc6cHv95QGGNF5M1hNNsIXrqh0QQl8DtvCOoE"
            "IEdKbKMB8j3J9%2FcHhwThx%2FX8lucWdfbtiC56tlw%2FWEVDAgQBqvAN")
V45_RAW = ("/ME4wTDBKMEgwRjAJBgUrDgMCGgUABBQ5zHuAHoEjrOVlWuCC4gAws9bjNQQUjsIUCWB26pA46TmuG21SxBd9n74C"
           "DWKpaZzVIF+//7sq/VU=")
LATER = "Fri, 31 Dec 2038 23:59:59 GMT"


def status_then_close(address, octets, allowed=(400,)):
    """The server answers with one of the statuses, then closes; returns the response."""
    with Connection(address) as connection:
        answer = connection.exchange(octets)
        assert answer.status in allowed, repr(answer)
        assert connection.closes(), "the connection stays open"
        return answer


def good(client, answer):
    assert client.read(answer).single.status == "good"
    return answer


def test_H_01_post_is_answered(site):
    answer = good(site, site.post(V["V01"]))
    assert answer.version == "HTTP/1.1" and answer["Content-Type"] == "application/ocsp-response"


def test_H_02_get_with_url_encoded_base64_is_answered(site):
    assert ocsp.path(V["V01"]) == V01_PATH
    good(site, rawhttp.get(site.address, V01_PATH))


@pytest.mark.parametrize("prefix", ["/", "/ocsp/ca1/"])
def test_H_03_only_the_prefix_is_removed(at, prefix):
    client = at(prefix)
    answer = rawhttp.get(client.address, prefix + V45_RAW[1:])
    assert good(client, answer).status == 200
    assert client.read(answer).single.serial == worlds.V45_SERIAL


def test_H_04_percent_decoding_happens_once(site):
    answers = [good(site, rawhttp.get(site.address, V45_RAW.replace("+", plus)))
               for plus in ("+", "%2B", "%2b")]
    assert len({answer.body for answer in answers}) == 1
    assert rawhttp.get(site.address, V45_RAW.replace("/7s", "%252F7s")).body == ocsp.MALFORMED


def test_H_05_the_path_is_not_cleaned_up(site):
    assert "//" in V45_RAW
    assert rawhttp.get(site.address, V45_RAW).status == 200
    dotted = rawhttp.get(site.address, "/./" + V45_RAW[1:])
    assert dotted.status == 400 or (dotted.status, dotted.body) == (200, ocsp.MALFORMED)


def test_H_06_long_get_requests_are_served(site):
    request = site.request(*worlds.GOOD[:4], hash_name="sha256")
    path = ocsp.path(request)
    assert len(path) > 500
    singles = site.read(rawhttp.get(site.address, path)).singles
    assert [s.serial for s in singles] == worlds.GOOD[:4]
    padded = V01_PATH + "?" + "x" * (7950 - len(V01_PATH))
    good(site, rawhttp.get(site.address, padded))


def test_H_07_an_overlong_target_gives_414(site):
    status_then_close(site.address, head("GET", "/" + "M" * 20000), (414,))


def test_H_08_wrong_media_types_and_codings_give_415(site):
    assert site.post(V["V01"], media_type="text/xml").status == 415
    assert site.post(gzip.compress(V["V01"]), [("Content-Encoding", "gzip")]).status == 415
    good(site, site.post(V["V01"], media_type=None))
    good(site, site.post(V["V01"], media_type="Application/OCSP-Request; a=b"))
    good(site, site.post(V["V01"], [("Content-Encoding", "identity")]))


def test_H_09_responses_have_a_length_and_are_not_chunked(site):
    for version in ("HTTP/1.0", "HTTP/1.1"):
        answer = good(site, site.post(V["V01"], version=version))
        assert answer["Content-Length"] == str(len(answer.body)) and answer["Transfer-Encoding"] is None


def test_H_10_head_is_get_without_content(site):
    got = site.get(V["V01"])
    with Connection(site.address) as connection:
        answer = connection.exchange(head("HEAD", V01_PATH), "HEAD")
        assert answer.status == 200
        for name in ("ETag", "Content-Length", "Content-Type", "Last-Modified", "Expires"):
            assert answer[name] == got[name] is not None, name
        good(site, connection.exchange(head("GET", V01_PATH)))      # no body came in between
    assert rawhttp.head_of(site.address, "/favicon.ico").status == 400


def test_H_10_head_of_a_nonced_request_makes_no_signature(main, site):
    before = main.metric("vouch_signatures_total")
    with Connection(site.address) as connection:
        answer = connection.exchange(head("HEAD", ocsp.path(V["V21"])), "HEAD")
        assert answer.status == 200
        assert answer["Content-Length"] is None and answer["ETag"] is None and answer["Last-Modified"] is None
        assert connection.exchange(head("GET", V01_PATH)).status == 200
    assert main.metric("vouch_signatures_total") == before


@pytest.mark.parametrize("method", ["PUT", "TRACE", "DELETE", "OPTIONS", "PATCH"])
def test_H_11_known_methods_give_405_with_allow(site, method):
    fields = [("X-Secret", "do-not-echo")] + ([("Content-Length", "0")] if method in ("PUT", "PATCH") else [])
    answer = rawhttp.exchange(site.address, head(method, "/", fields))
    assert answer.status == 405 or method == "OPTIONS" and answer.status in (200, 204)
    allowed = {name.strip() for name in answer["Allow"].split(",")}
    assert {"GET", "HEAD", "POST"} <= allowed <= {"GET", "HEAD", "POST", "OPTIONS"}
    assert b"do-not-echo" not in answer.body


@pytest.mark.parametrize("method", ["BREW", "FOO", "get"])
def test_H_11_unknown_methods_give_501(site, method):
    assert rawhttp.exchange(site.address, head(method, "/")).status == 501


@pytest.mark.parametrize("fields", [
    "", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: u@a\r\n",
    "Host: a:port\r\n", "Host: [::1\r\n", "Host: a, b\r\n"])
def test_H_12_a_missing_doubled_or_bad_host_gives_400(site, fields):
    assert rawhttp.exchange(site.address, f"GET {V01_PATH} HTTP/1.1\r\n{fields}\r\n".encode()).status == 400


@pytest.mark.parametrize("host", ["a", "a:80", "127.0.0.1:8080", "[::1]", "[::1]:8080", "ocsp.example."])
def test_H_12_every_valid_host_is_served(site, host):
    good(site, rawhttp.get(site.address, V01_PATH, host=host))


def test_H_13_http_1_0_without_host_is_served(site):
    octets = post_octets(V["V01"], version="HTTP/1.0", host=None)
    assert b"Host" not in octets
    good(site, rawhttp.exchange(site.address, octets))


def test_H_14_an_absolute_target_is_accepted(site):
    good(site, rawhttp.get(site.address, "http://ocsp.example" + V01_PATH))
    good(site, rawhttp.get(site.address, "http://ocsp.example" + V45_RAW))
    good(site, rawhttp.post(site.address, V["V01"], "http://other.example:80/", host="ocsp.example"))


@pytest.mark.parametrize("octets", [
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 99\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX-Folded: b\r\n c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX-Bare: b\rc\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX-Bare: b\r\r\n\r\n",
    b"GET / HTTP/1.1\r\n X-First: b\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX\x00Y: b\r\n\r\n",
])
def test_H_15_malformed_fields_give_400(site, octets):
    target = V01_PATH.encode()
    status_then_close(site.address, octets.replace(b"GET / ", b"GET " + target + b" "))


def test_H_16_empty_lines_before_the_request_are_ignored(site):
    good(site, rawhttp.exchange(site.address, b"\r\n" + head("GET", V01_PATH)))
    good(site, rawhttp.exchange(site.address, b"\r\n\r\n" + post_octets(V["V01"])))


def chunked(body, size=1, extension=b""):
    parts = [b"%x%s\r\n%s\r\n" % (len(body[i:i + size]), extension, body[i:i + size])
             for i in range(0, len(body), size)]
    return b"".join(parts) + b"0\r\n\r\n"


def with_coding(coding, more=(), body=None, version="HTTP/1.1"):
    fields = [("Content-Type", "application/ocsp-request"), ("Transfer-Encoding", coding), *more]
    return head("POST", "/", fields, version) + (chunked(V["V01"]) if body is None else body)


def test_H_17_a_length_beside_a_transfer_encoding_is_refused(site):
    status_then_close(site.address, with_coding("chunked", [("Content-Length", "99")]))
    with Connection(site.address) as connection:
        answer = connection.exchange(with_coding("chunked", version="HTTP/1.0"))
        assert answer.status == 400 or site.read(answer).single.status == "good"
        assert connection.closes()


@pytest.mark.parametrize("lengths",
                         [["+99"], ["-1"], ["0x63"], ["99, 98"], [str(2**64 + 99)], ["99", "98"], [""],
                                     ["9 9"], ["99 98"], ["99;"]])
def test_H_18_invalid_lengths_give_400(site, lengths):
    fields = [("Content-Length", length) for length in lengths]
    status_then_close(site.address, head("POST", "/", fields) + V["V01"])


@pytest.mark.parametrize("lengths", [["99, 99"], ["99", "99"]])
def test_H_18_equal_lengths_may_be_taken_as_one(site, lengths):
    assert len(V["V01"]) == 99
    fields = [("Content-Length", length) for length in lengths]
    assert rawhttp.exchange(site.address, head("POST", "/", fields) + V["V01"]).status in (200, 400)


@pytest.mark.parametrize("coding, allowed",
                         [("chunked, gzip", (400,)), ("foo, chunked", (400, 501)), ("foo", (400, 501)),
                                             ("chunked, chunked", (400,)), ("identity", (400, 501)),
                                             ("xchunked", (400, 501))])
def test_H_19_other_transfer_codings_are_refused(site, coding, allowed):
    status_then_close(site.address, with_coding(coding), allowed)


def test_H_20_chunked_bodies_are_decoded(site):
    good(site, rawhttp.exchange(site.address, with_coding("chunked", body=chunked(V["V01"], 1, b";x=y"))))
    trailers = chunked(V["V01"], 40)[:-2] + b"X-Trailer: yes\r\n\r\n"
    with Connection(site.address) as connection:
        good(site, connection.exchange(with_coding("Chunked", body=trailers)))
        good(site, connection.exchange(head("GET", V01_PATH)))


@pytest.mark.parametrize("body", [
    b"FFFFFFFFFFFFFFFFF\r\n", b"8000000000000000\r\n", b"-1\r\n", b"0x1\r\n0\r\n0\r\n\r\n", b"g\r\n",
    b"1 \r\n0\r\n0\r\n\r\n",
    b"1;" + b"x" * 300000 + b"\r\n0\r\n0\r\n\r\n", b"0\r\n" + b"X: y\r\n" * 50000 + b"\r\n"],
    ids=["overflow", "63 bits", "negative", "0x", "not hex", "space", "long extension", "many trailers"])
def test_H_20_unsound_or_boundless_chunks_are_refused(site, body):
    begin = time.monotonic()
    with Connection(site.address) as connection:
        try:
            connection.send(with_coding("chunked", body=body))
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = connection.read()
        assert 400 <= answer.status < 500, repr(answer)
        assert time.monotonic() - begin < 5, "refused by its deadline only"
        assert connection.closes()


def test_H_21_post_without_length_gives_411(site):
    octets = head("POST", "/", [("Content-Type", "application/ocsp-request")])
    assert rawhttp.exchange(site.address, octets).status == 411


def test_H_22_a_body_over_the_limit_gives_413_at_once(site):
    begin = time.monotonic()
    status_then_close(site.address, head("POST", "/", [("Content-Length", 10000000)]), (413,))
    assert time.monotonic() - begin < 5


def test_H_22_a_client_that_still_sends_reads_413_and_no_reset(main):
    """The close is in stages: what is still on its way does not turn into a reset that eats the answer."""
    with Connection(main.direct) as connection:
        connection.send(head("POST", "/", [("Content-Length", 10000000)]))
        for _ in range(16):
            connection.send(bytes(16384))
        assert connection.read().status == 413
        connection.end()
        assert connection.rest() == b""


def test_H_22_chunks_over_the_limit_give_413(site):
    status_then_close(site.address,
                      with_coding("chunked", body=b"4000\r\n" + bytes(0x4000) + b"\r\n1\r\n0\r\n"), (413,))


EXPECT = ("Expect", "100-continue")


def test_H_23_expect_100_continue_is_met_at_once(site):
    octets = post_octets(V["V01"], fields=[EXPECT])
    with Connection(site.address) as connection:
        begin = time.monotonic()
        assert connection.exchange(octets[:-99]).status == 100
        assert time.monotonic() - begin < 1
        good(site, connection.exchange(octets[-99:]))
        assert connection.exchange(head("POST", "/", [EXPECT, ("Content-Length", 10000000)])).status == 413


def test_H_23_expect_is_ignored_in_http_1_0_and_otherwise_417(site):
    good(site, rawhttp.exchange(site.address, post_octets(V["V01"], fields=[EXPECT], version="HTTP/1.0")))
    assert rawhttp.exchange(site.address, post_octets(V["V01"], fields=[("Expect", "magic")])).status == 417


def test_H_24_connections_persist_until_either_side_says_close(site):
    with Connection(site.address) as connection:
        for _ in range(2):
            answer = good(site, connection.exchange(post_octets(V["V01"])))
            assert (answer["Connection"] or "").lower() != "close"
        last = head("GET", V01_PATH, [("Connection", "close")])
        answer = good(site, connection.exchange(last + head("GET", V45_RAW)))
        assert answer["Connection"].lower() == "close"
        assert connection.closes(), "nothing after close is processed"


@pytest.mark.parametrize("fields, keeps", [([], False), ([("Connection", "keep-alive")], True)])
def test_H_24_http_1_0_closes_unless_it_is_agreed(site, fields, keeps):
    with Connection(site.address) as connection:
        answer = good(site, connection.exchange(post_octets(V["V01"], fields=fields, version="HTTP/1.0")))
        if keeps and (answer["Connection"] or "").lower() == "keep-alive":
            good(site, connection.exchange(head("GET", V01_PATH)))
        else:
            assert connection.closes()


@pytest.mark.parametrize("fields",
                         [[("Content-Type", "text/xml")], [("Content-Encoding", "gzip")],
                          [("Expect", "magic")]])
def test_H_25_a_body_is_never_read_as_a_request(site, fields):
    body = head("GET", V01_PATH)
    with Connection(site.address) as connection:
        answer = connection.exchange(head("POST", "/", [*fields, ("Content-Length", len(body))]) + body)
        assert answer.status in (415, 417)
        connection.end()
        assert connection.rest() == b""


def test_H_26_pipelined_answers_come_in_order(site):
    serials = [worlds.GOOD[6 + i % 20] for i in range(50)]
    requests = [site.request(serial, hash_name="sha256" if i % 3 else "sha1")
                for i, serial in enumerate(serials)]
    octets = [post_octets(r) if i % 2 else head("GET", ocsp.path(r)) for i, r in enumerate(requests)]
    octets[10] = head("GET", "/favicon.ico")
    octets[20] = post_octets(b"\x00")
    with Connection(site.address) as connection:
        connection.send(b"".join(octets))
        for i, serial in enumerate(serials):
            answer = connection.read()
            if i == 10:
                assert answer.status == 400
            elif i == 20:
                assert answer.body == ocsp.MALFORMED
            else:
                assert site.read(answer).single.serial == serial


def test_H_27_a_short_body_is_not_processed(main, site):
    before = main.metric("vouch_responses_total")
    with Connection(site.address) as connection:
        connection.send(post_octets(V["V01"])[:-49])
        connection.end()
        rest = connection.rest()
    assert b"30030a01" not in rest and (rest == b"" or re.match(rb"HTTP/1\.1 4\d\d ", rest))
    assert main.metric("vouch_responses_total") == before


@pytest.mark.parametrize("octets", [post_octets(V["V01"])[:-49], b"GET / HTTP/1.1\r\nHost: ", b"G"])
def test_H_27_a_slow_request_is_timed_out(strict, octets):
    with Connection(strict.address) as connection:
        connection.send(octets)
        rest = connection.rest()
    assert rest == b"" or re.match(rb"HTTP/1\.1 408 ", rest)


def test_H_27_an_idle_connection_is_closed(strict):
    with Connection(strict.address) as connection:
        assert connection.exchange(head("GET", V01_PATH)).status == 200
        assert connection.closes()


def test_H_28_every_answer_has_a_date(site):
    tag = site.get(V["V01"])["ETag"]
    answers = [site.get(V["V01"]), site.get(V["V01"], [("If-None-Match", tag)]),
               rawhttp.get(site.address, "/x"),
               rawhttp.exchange(site.address, head("PUT", "/", [("Content-Length", "0")])), site.post(b""),
               rawhttp.get(site.address, "/", host=None), site.post(V["V01"], media_type="text/xml")]
    assert [a.status for a in answers] == [200, 304, 400, 405, 200, 400, 415]
    for answer in answers:
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer["Date"])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("template, status", [
    ("{0}", 304), ('"a", W/{0}', 304), ("*", 304), ('"a",{0}', 304), ('"a"', 200), ('"a", "b"', 200),
    ('W/"a"', 200), ("{1}", 200)])
def test_H_29_if_none_match(site, method, template, status):
    got = site.get(V["V01"])
    fields = [("If-None-Match", template.format(got["ETag"], got["ETag"].strip('"')))]
    with Connection(site.address) as connection:
        answer = connection.exchange(head(method, V01_PATH, fields), method)
        assert answer.status == status, repr(answer)
        if status == 304:
            assert answer["Date"] and (answer["ETag"], answer["Expires"]) == (got["ETag"], got["Expires"])
            assert answer.cache_control().keys() == got.cache_control().keys()
        assert connection.exchange(head("GET", V01_PATH)).status == 200       # no body was left over


@pytest.mark.parametrize("fields", [[("If-None-Match", "*")], [("If-Modified-Since", LATER)]])
def test_H_29_nonce_answers_ignore_preconditions(site, fields):
    answer = site.get(V["V21"], fields)
    assert site.read(answer).extension(ocsp.NONCE)
    assert answer["ETag"] is None and answer["Last-Modified"] is None


def test_H_30_if_modified_since(site):
    modified = site.get(V["V01"])["Last-Modified"]
    for when, status in ((modified, 304), (LATER, 304), ("Sat, 01 Jan 2000 00:00:00 GMT", 200),
                         ("garbage", 200),
                         ("2038-12-31", 200), ("Fri, 31 Dec 2038 23:59:59 PST", 200)):
        assert site.get(V["V01"], [("If-Modified-Since", when)]).status == status, when
    both = [("If-None-Match", '"a"'), ("If-Modified-Since", LATER)]
    assert site.get(V["V01"], both).status == 200


def test_H_31_preconditions_leave_errors_and_post_alone(site):
    tag = site.get(V["V01"])["ETag"]
    for fields in ([("If-None-Match", tag)], [("If-None-Match", "*")], [("If-Modified-Since", LATER)]):
        good(site, site.post(V["V01"], fields))
        assert site.post(V["V01"], fields, media_type="text/xml").status == 415
        assert site.get(V["V36"], fields).body == ocsp.MALFORMED
        assert rawhttp.get(site.address, "/favicon.ico", fields).status == 400


def test_H_32_ranges_and_codings_are_ignored(site):
    answer = good(site, site.get(V["V01"], [("Range", "bytes=0-9"), ("Accept-Encoding", "gzip")]))
    assert answer["Content-Encoding"] is None and answer["Content-Range"] is None
    assert answer["ETag"] == f'"{hashlib.sha256(answer.body).hexdigest()}"'


@pytest.mark.parametrize("path",
                         ["/", "/favicon.ico", "/robots.txt", "/healthz", "/ocsp/", "/ocsp", "/%00",
                          "/../../etc",
                                  "/index.php?x=%27", "/%ff%fe", "/ocsp/ca1/", "/*"])
def test_H_33_what_is_no_ocsp_is_400_and_not_signed(main, site, path):
    before = main.metric("vouch_signatures_total")
    answer = rawhttp.get(site.address, path)
    assert answer.status == 400, repr(answer)
    assert main.metric("vouch_signatures_total") == before


@pytest.mark.parametrize("text",
                         ["M", "MQ==", "M!", "%4D", "MEUw", base64.b64encode(V["V36"]).decode(),
                          "Monitoring"])
@pytest.mark.parametrize("prefix", ["/", "/ocsp/ca1/"])
def test_H_33_what_begins_with_m_is_ocsp(site, prefix, text):
    answer = rawhttp.get(site.address, prefix + text)
    assert (answer.status, answer.body) == (200, ocsp.MALFORMED)


def test_H_34_plain_http_is_served_without_a_redirect(site, main):
    answer = good(site, site.get(V["V01"]))
    assert answer["Location"] is None and answer["Strict-Transport-Security"] is None
    for address in main.addresses:          # IPv4, IPv6, Unix socket
        good(site, rawhttp.get(address, V01_PATH))
