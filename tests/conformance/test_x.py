# SPDX-License-Identifier: Apache-2.0
"""What real clients send, or get wrong: rows X-01 to X-40."""

import base64
import random
import time
import urllib.parse

import pytest

import world as worlds
from support import der, ocsp, pki, rawhttp
from support.client import Client
from support.rawhttp import Connection, head, post_octets
from support.vectors import VECTORS

V = VECTORS
V45_TEXT = base64.b64encode(V["V45"]).decode()
V02_TEXT = base64.b64encode(V["V02"]).decode()
assert all(c in V45_TEXT for c in ("+", "//", "=")) and "=" not in V02_TEXT.rstrip("=")


def encoded(text):
    return urllib.parse.quote(text, safe="")


def assert_good(client, text):
    """GET of that text gives what POST gives."""
    answer = rawhttp.get(client.address, "/" + text)
    assert client.read(answer).single.status == "good"
    return answer


def assert_malformed(server, text):
    answer = rawhttp.get(server.address, "/" + text)
    assert (answer.status, answer.body) == (200, ocsp.MALFORMED), repr(answer)


def test_X_01_get_with_plus_slash_and_equals_unescaped(site):
    assert assert_good(site, V45_TEXT).body == site.post(V["V45"]).body


def test_X_02_get_with_all_three_escaped(site):
    upper = encoded(V45_TEXT)
    lower = upper.replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d")
    assert upper != lower
    assert assert_good(site, upper).body == assert_good(site, lower).body


@pytest.mark.parametrize("space", ["%20"])
def test_X_03_a_space_is_read_as_plus(site, strict, space):
    assert_good(site, V45_TEXT.replace("+", space))
    assert_good(site, encoded(V45_TEXT).replace("%2B", space))
    assert_malformed(strict, V45_TEXT.replace("+", space))


@pytest.mark.parametrize("end, width", [("%0D%0A", 64), ("%0A", 76), ("%0d%0a", 76)])
def test_X_04_line_ends_are_stripped(site, strict, end, width):
    broken = end.join(V45_TEXT[i:i + width] for i in range(0, len(V45_TEXT), width))
    assert_good(site, broken)
    assert_good(site, broken + end)
    assert_malformed(strict, broken)


@pytest.mark.parametrize("twice", ["%252F", "%252B", "%253D"])
def test_X_05_double_encoding_is_malformed(site, strict, twice):
    once = urllib.parse.unquote(urllib.parse.unquote(twice))
    for server in (site.server, strict):
        assert_malformed(server, V45_TEXT.replace(once, twice))


def test_X_06_missing_padding_is_accepted(site, strict):
    assert V45_TEXT.endswith("=")
    assert_good(site, V45_TEXT.rstrip("="))
    assert_malformed(strict, V45_TEXT.rstrip("="))


def test_X_07_the_url_alphabet_is_accepted(site, strict):
    text = V45_TEXT.replace("+", "-").replace("/", "_")
    assert_good(site, text)
    assert_malformed(strict, text)


@pytest.mark.parametrize("prefix", ["/", "/ocsp/ca1/"])
def test_X_08_a_doubled_slash_in_front_is_skipped(at, prefix):
    client = at(prefix)
    answer = rawhttp.get(client.address, prefix + "/" + V45_TEXT)
    assert client.read(answer).single.status == "good"


def test_X_08_also_when_strict(strict, world):
    client = Client(strict, world.test)
    assert client.read(rawhttp.get(strict.address, "//" + V02_TEXT)).single.status == "good"


def test_X_09_a_missing_slash_after_the_prefix_is_no_ocsp(site):
    answer = rawhttp.get(site.address, "/ocsp" + V45_TEXT)
    assert answer.status == 400 or (answer.status, answer.body) == (200, ocsp.MALFORMED)


def collapsible(make, wanted):
    """The base64 of a request with exactly one `//`, collapsed, for which `wanted` holds."""
    octets = random.Random(10)
    for _ in range(100000):
        text = base64.b64encode(make(octets)).decode()
        collapsed = text.replace("//", "/")
        if len(collapsed) == len(text) - 1 and wanted(collapsed):
            return collapsed
    raise AssertionError("no such request was found")


def one_entry(issuer, octets, size=12):
    """A request with random octets in its serial number and nonce, where slashes may come from."""
    return ocsp.request(ocsp.certid(issuer, b"\x3f" + octets.randbytes(12)),
                        extensions=[ocsp.nonce(octets.randbytes(size))])


def test_X_10_a_collapsed_slash_is_put_back(main, site, strict):
    """One slash is left, so that there is one candidate."""
    def make(octets):
        return ocsp.request(site.certid(b"\x3f" + octets.randbytes(12)))

    collapsed = collapsible(make, lambda text: text.count("/") == 1)
    before = main.metric("vouch_repaired_paths_total")
    answer = rawhttp.get(site.address, "/" + collapsed)
    found = site.read(answer).single
    text = collapsed.replace("/", "//")
    assert found.certid in base64.b64decode(text) and found.status == "unknown"
    assert answer.body == site.post(base64.b64decode(text)).body
    assert main.metric("vouch_repaired_paths_total") == before + 1
    assert_malformed(strict, collapsed)


def test_X_10_of_two_candidates_none_is_taken(main, site, strict):
    """V45 has another slash in its serial number: beside either, a second one gives exact DER for this
    issuer."""
    before = main.metric("vouch_repaired_paths_total")
    for server in (main, strict):
        assert_malformed(server, V45_TEXT.replace("//", "/"))
    assert main.metric("vouch_repaired_paths_total") == before


def test_X_10_only_within_its_limits(main, site):
    nobody = pki.authority("Nobody", pki.key("p256", "nobody"))

    def three(octets):
        return ocsp.request(*[site.certid(b"\x3f" + octets.randbytes(12), "sha512") for _ in range(3)])

    before = main.metric("vouch_repaired_paths_total")
    assert_malformed(main, collapsible(three, lambda text: len(text) > 512))
    assert_malformed(main,
                     collapsible(lambda o: one_entry(site.issuer, o, 120), lambda text: text.count("/") > 8))
    assert_malformed(main, collapsible(lambda o: one_entry(nobody, o), lambda text: text.count("/") <= 8))
    assert main.metric("vouch_repaired_paths_total") == before


@pytest.mark.parametrize("suffix", ["?x=y", "?", "?cache=1&time=2", "?a=/b//c"])
def test_X_11_a_query_is_ignored(site, suffix):
    assert_good(site, V45_TEXT + suffix)
    assert_good(site, encoded(V45_TEXT) + suffix)


@pytest.mark.parametrize("method", ["post", "get"])
def test_X_12_line_ends_after_the_der_are_ignored(site, strict, world, method):
    ask = getattr(site, method)
    for tail in (b"\r\n", b"\n", b"\r"):
        assert site.read(ask(V["V02"] + tail)).single.status == "good"
    for tail in (b"\r\n\r", b"\x00", b"\r\n\n", b"xy", b" "):
        assert ask(V["V02"] + tail).body == ocsp.MALFORMED, tail
    assert getattr(Client(strict, world.test), method)(V["V35"]).body == ocsp.MALFORMED


@pytest.mark.slow
def test_X_13_truncated_der_is_malformed_at_every_length(site):
    with Connection(site.address) as connection:
        for end in range(len(V["V21"])):
            assert connection.exchange(post_octets(V["V21"][:end])).body == ocsp.MALFORMED, end
    assert site.get(V["V36"]).body == ocsp.MALFORMED


def test_X_14_encoded_defaults_are_accepted_and_other_ber_is_not(site):
    assert site.successful(V["V05"]).single.status == "good"
    assert site.successful(V["V34"]).extension(ocsp.NONCE)
    for vector in ("V37", "V38"):
        assert site.post(V[vector]).body == ocsp.MALFORMED
        assert site.get(V[vector]).body == ocsp.MALFORMED


@pytest.mark.parametrize("vector", ["V03", "V04"])
def test_X_15_missing_null_parameters_are_copied(site, vector):
    single = site.successful(V[vector]).single
    assert single.status == "good" and single.certid in V[vector]


@pytest.mark.parametrize("parameters", [b"\x30\x00", b"\x02\x01\x00", b"\x04\x00"])
def test_X_16_other_parameters_are_an_issuer_not_served(site, parameters):
    request = ocsp.request(site.certid(worlds.EE, parameters=parameters))
    assert site.post(request).body == ocsp.UNAUTHORIZED


def test_X_17_a_redundant_zero_in_the_serial_is_malformed(site):
    assert site.post(V["V16"]).body == ocsp.MALFORMED
    assert site.post(ocsp.request(site.certid(b""))).body == ocsp.MALFORMED
    assert site.post(ocsp.request(site.certid(b"\xff\xff"))).body == ocsp.MALFORMED


def test_X_18_a_serial_that_reads_as_negative_is_that_number(world, site):
    world.add_serials("test", 0x9A)
    rawhttp.until(lambda: site.status(0x9A) == "good")
    single = site.successful(ocsp.request(site.certid(b"\x9a"))).single
    assert (single.status, single.serial) == ("unknown", -102)


@pytest.mark.parametrize("vector, serial", [("V17", -1), ("V18", 0)])
def test_X_19_negative_and_zero_serials_are_looked_up(site, vector, serial):
    single = site.successful(V[vector]).single
    assert (single.status, single.serial) == ("unknown", serial)


def test_X_20_twenty_octets_with_the_high_bit_are_not_cut(site):
    assert site.successful(V["V19"]).single.status == "revoked"
    cut = ocsp.request(site.certid(der.integer_content(worlds.LONG)[:20]))
    assert site.successful(cut).single.status == "unknown"


def test_X_21_a_very_large_serial_is_not_issued(site):
    begin = time.monotonic()
    for length, allowed in ((256, ["unauthorized"]), (4000, ["unauthorized", "malformedRequest"]),
                            (15000, ["unauthorized", "malformedRequest"])):
        content = b"\x7f" + b"\xee" * (length - 1)
        response = site.ask(ocsp.request(site.certid(content)))
        if response.status == "successful":
            assert response.single.status == "unknown"
            assert response.single.serial == int.from_bytes(content, "big")
        else:
            assert response.status in allowed
    assert time.monotonic() - begin < 5


def test_X_22_a_nonce_that_is_not_wrapped_is_echoed_raw(site):
    assert site.successful(V["V27"]).extension(ocsp.NONCE) == b"\xa5" * 16


def test_X_23_a_raw_nonce_that_looks_wrapped_is_echoed_unchanged(site):
    for value in (b"\x04\x0e" + bytes(14), b"\x04\x01\x04", b"\x04\x02\x04\x00"):
        request = site.request(worlds.EE, extensions=[pki.extension(ocsp.NONCE, value)])
        assert site.successful(request).extension(ocsp.NONCE) == value


def test_X_24_a_nonce_at_an_entry_is_ignored(site):
    response = site.successful(V["V30"])
    assert response.extensions == [] and response.single.extensions == []


def test_X_25_a_critical_nonce_is_processed_unless_nonces_are_off(site, at):
    assert site.successful(V["V29"]).extension(ocsp.NONCE) == V["V29"][-34:]
    assert at("/ignore/").post(V["V29"]).body == ocsp.MALFORMED
    assert at("/ignore/").successful(V["V21"]).extensions == []


def test_X_26_a_nonce_of_32_octets_works(site):
    for answer in (site.post(V["V21"]), site.get(V["V21"]), site.get(V["V21"], raw=True)):
        assert site.read(answer).extension(ocsp.NONCE) == V["V21"][-34:]


@pytest.mark.parametrize("vector", ["V09", "V10"])
def test_X_27_empty_extensions_are_accepted(site, vector):
    response = site.successful(V[vector])
    assert response.single.status == "good" and response.extensions == []


GENERAL_NAMES = {"dNSName": der.tlv(0x82, b"a.example"), "rfc822Name": der.tlv(0x81, b"a@b.example"),
                 "uniformResourceIdentifier": der.tlv(0x86, b"http://a.example/"),
                 "iPAddress": der.tlv(0x87, bytes(4)),
                 "registeredID": der.tlv(0x88, b"\x2a\x03"),
                 "directoryName": der.tlv(0xA4, pki.common_name("me")),
                 "otherName": der.tlv(0xA0, der.oid("1.2.3"), der.explicit(0, der.null())),
                 "ediPartyName": der.tlv(0xA5, der.explicit(1, der.tlv(der.UTF8, b"me")))}


@pytest.mark.parametrize("form", GENERAL_NAMES)
def test_X_28_a_requestor_name_of_any_form_is_ignored(site, form):
    request = ocsp.request(site.certid(worlds.EE), requestor=GENERAL_NAMES[form])
    assert site.successful(request).single.status == "good"
    assert site.successful(V["V07"]).single.status == "good"


@pytest.mark.parametrize("certs", [None, []], ids=["no certs", "empty certs"])
def test_X_29_a_signature_without_requestor_name_is_ignored(site, world, certs):
    request = ocsp.signed_request([site.certid(worlds.EE)], world.ee.key, certs)
    assert site.successful(request).single.status == "good"


@pytest.mark.parametrize("vector", ["V32", "V33"])
def test_X_30_critical_unknown_extensions_are_malformed(site, vector):
    assert site.post(V[vector]).body == ocsp.MALFORMED
    assert site.get(V[vector]).body == ocsp.MALFORMED


def test_X_31_one_certificate_asked_for_twice_is_consistent(site):
    assert len({s.raw for s in site.successful(V["V11"]).singles}) == 1
    for serial in (worlds.EE, worlds.REVOKED, worlds.NOT_ISSUED):
        request = ocsp.request(*[site.certid(serial, name)
                                 for name in ("sha1", "sha256", "sha384", "sha512")])
        facts = {(s.status_raw, s.this_update, s.next_update) for s in site.successful(request).singles}
        assert len(facts) == 1


def mixed(site, twin, *pairs):
    return ocsp.request(*[{"test": site, "twin": twin}[who].certid(serial) for who, serial in pairs])


def test_X_32_two_served_issuers_are_answered_by_the_first(site, at):
    twin = at("/", "twin")
    response = site.successful(mixed(site, twin, ("test", worlds.REVOKED), ("twin", worlds.ONLY_TWIN)))
    assert [s.status for s in response.singles] == ["revoked", "unknown"]
    response = twin.successful(mixed(site, twin, ("twin", worlds.ONLY_TWIN), ("test", worlds.EE)))
    assert [s.status for s in response.singles] == ["good", "unknown"]


def test_X_32_a_revocation_is_never_hidden_behind_unknown(site, at):
    request = mixed(site, at("/", "twin"), ("test", worlds.EE), ("twin", worlds.SPLIT))
    assert site.post(request).body == ocsp.UNAUTHORIZED


def test_X_32_the_configuration_may_refuse_such_requests(at):
    site, twin = at("/mixed/"), at("/mixed/", "twin")
    request = mixed(site, twin, ("test", worlds.EE), ("twin", worlds.ONLY_TWIN))
    assert site.post(request).body == ocsp.UNAUTHORIZED
    assert site.status(worlds.EE) == twin.status(worlds.ONLY_TWIN) == "good"


def test_X_33_a_serial_of_another_ca_is_not_issued(site):
    assert site.status(worlds.ONLY_TWIN) == "unknown"


def test_X_34_a_key_hash_over_anything_else_is_not_served(site, at):
    for text in ("281a3b2683b751daa85df88a9b024d24666b6b3e", "11f034c1e8d6675da1f2e2101c86abef422cdbdf"):
        request = ocsp.request(site.certid(worlds.EE, key_hash=bytes.fromhex(text)))
        assert site.post(request).body == ocsp.UNAUTHORIZED
    odd = at("/", "odd")
    request = ocsp.request(odd.certid(worlds.EE, key_hash=odd.issuer.key_identifier))
    assert odd.post(request).body == ocsp.UNAUTHORIZED


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha384", "sha512"])
def test_X_35_the_answer_uses_the_hash_of_the_question(site, name):
    assert site.single(worlds.EE, name).certid == site.certid(worlds.EE, name)


def test_X_36_old_clients_are_served(site):
    length = b"Content-Length: %d\r\n" % len(V["V02"])
    keep = b"Connection: keep-alive\r\n"
    bare = b"POST / HTTP/1.0\r\n" + length
    for octets in (bare, bare + b"Content-Type: application/ocsp-request\r\n"):
        with Connection(site.address) as connection:
            assert site.read(connection.exchange(octets + b"\r\n" + V["V02"])).single.status == "good"
            assert connection.closes()
    with Connection(site.address) as connection:
        answer = connection.exchange(bare + keep + b"\r\n" + V["V02"])
        assert site.read(answer).single.status == "good"
        if (answer["Connection"] or "").lower() == "keep-alive":
            assert site.read(connection.exchange(bare + b"\r\n" + V["V02"])).single.status == "good"
        assert connection.closes()
    assert site.read(site.post(V["V02"], media_type=None)).single.status == "good"


def test_X_37_expect_100_continue_on_a_short_post(site):
    """Sent in one go, as some clients do, and in two."""
    octets = post_octets(V["V02"], fields=[("Expect", "100-continue")])
    for first in (octets, octets[:-len(V["V02"])]):
        with Connection(site.address) as connection:
            answer = connection.exchange(first)
            if answer.status == 100:
                connection.send(octets[len(first):])
                answer = connection.read()
            assert site.read(answer).single.status == "good"
            assert site.read(connection.exchange(head("GET", "/" + V02_TEXT))).single.status == "good"


def test_X_38_length_does_not_decide_the_method(site):
    long = site.request(*worlds.GOOD[:6], hash_name="sha512")
    assert len(ocsp.path(long)) > 255 > len(V["V02"])
    assert len(site.ask_get(long).singles) == 6
    assert site.ask(V["V02"]).status == "successful"


def test_X_39_a_post_of_text_is_malformed(site):
    text = base64.b64encode(V["V02"])
    pem = b"-----BEGIN OCSP REQUEST-----\n" + text + b"\n-----END OCSP REQUEST-----\n"
    for body in (text, pem, text + b"\n"):
        assert site.post(body).body == ocsp.MALFORMED


def test_X_40_browsers_and_scanners_get_400_without_noise(main, site):
    before, lines = main.metric("vouch_signatures_total"), len(main.lines)
    paths = ("/", "/robots.txt", "/favicon.ico", "/.env", "/wp-login.php", "/.git/config")
    with Connection(site.address) as connection:
        for path in paths * 20:
            assert connection.exchange(head("GET", path, [("Accept", "text/html")])).status == 400
    assert main.metric("vouch_signatures_total") == before
    assert len(main.lines) - lines <= 2
