# SPDX-License-Identifier: Apache-2.0
"""The module ocspbuilder: what it builds, what openssl says of it, and what it refuses."""

import datetime
import subprocess

import ocspbuilder
import pytest
from asn1crypto import core, keys, ocsp, pem, x509
from ocspbuilder import OCSPRequestBuilder, OCSPResponseBuilder
from support import pki

from drop_in import OPENSSL_SECONDS, PAST, Site, data_of, kind_of, load, single_of, status_of, verify

UTC = datetime.timezone.utc


def certificate(made):
    return x509.Certificate.load(made.der)


def private_key(made):
    return keys.PrivateKeyInfo.load(pem.unarmor(made.key.pem())[2])


class Material:
    def __init__(self, folder, kind="p256"):
        self.site = Site(folder, kind)
        self.ca, self.responder = certificate(self.site.ca), certificate(self.site.signer)
        self.ca_key, self.key = private_key(self.site.ca), private_key(self.site.signer)
        self.leaf = certificate(self.site.leaf(0x1234567890ABCDEF))

    def builder(self, status="good", *more):
        made = OCSPResponseBuilder("successful", self.leaf, status, *more)
        made.certificate_issuer = self.ca
        return made

    def request(self):
        return OCSPRequestBuilder(self.leaf, self.ca)


@pytest.fixture
def material(tmp_path):
    return Material(tmp_path)


def built(builder, material):
    """As a client sees it: encoded, parsed again."""
    return load(builder.build(material.key, material.responder).dump())


def test_the_module_tells_its_version():
    assert ocspbuilder.__version__ == "0.10.0"
    assert ocspbuilder.__version_info__ == (0, 10, 0)


def test_a_message_is_joined_and_filled_in():
    text = ocspbuilder._pretty_message("""
        One line
        and %s more

         - a point
         - another
    """, "two")
    assert text == "One line and two more\n\n - a point\n - another"


@pytest.mark.parametrize("value, name", [(1, "int"), (int, "int"), ("x", "str"), (None, "NoneType"),
                                         (x509.Certificate, "asn1crypto.x509.Certificate"),
                                         (PAST, "datetime.datetime")])
def test_types_are_named_with_their_module(value, name):
    assert ocspbuilder._type_name(value) == name


# Requests ---------------------------------------------------------------------------------------------

def test_a_request_names_the_certificate_and_has_a_nonce(material):
    request = ocsp.OCSPRequest.load(material.request().build().dump())
    tbs_request = request["tbs_request"]
    assert request["optional_signature"].native is None
    assert tbs_request["version"].native == "v1" and tbs_request["requestor_name"].native is None
    assert len(tbs_request["request_list"]) == 1
    entry = tbs_request["request_list"][0]
    assert entry["req_cert"]["hash_algorithm"]["algorithm"].native == "sha1"
    assert entry["req_cert"]["issuer_name_hash"].native == material.ca.subject.sha1
    assert entry["req_cert"]["issuer_key_hash"].native == material.ca.public_key.sha1
    assert entry["req_cert"]["serial_number"].native == material.leaf.serial_number
    assert len(entry["single_request_extensions"]) == 0
    [extension] = tbs_request["request_extensions"]
    assert extension["extn_id"].native == "nonce" and len(extension["extn_value"].parsed.native) == 16


def test_each_build_has_a_nonce_of_its_own_and_none_where_none_is_wanted(material):
    builder = material.request()
    assert builder.build().dump() != builder.build().dump()
    builder.nonce = False
    assert builder.nonce is False and builder._nonce is False
    assert builder.build().dump() == builder.build().dump()
    assert len(builder.build()["tbs_request"]["request_extensions"]) == 0


def test_the_certid_may_be_of_sha256(material):
    builder = material.request()
    builder.key_hash_algo = "sha256"
    asked = builder.build()["tbs_request"]["request_list"][0]["req_cert"]
    assert asked["hash_algorithm"]["algorithm"].native == "sha256"
    assert asked["issuer_name_hash"].native == material.ca.subject.sha256
    assert asked["issuer_key_hash"].native == material.ca.public_key.sha256


@pytest.mark.parametrize("kind, hash_algo, signature_algo", [
    ("p256", "sha256", "ecdsa"), ("p256", "sha1", "ecdsa"), ("rsa2048", "sha512", "rsassa_pkcs1v15")])
def test_a_signed_request_names_who_signs_and_openssl_reads_it(tmp_path, kind, hash_algo, signature_algo):
    material = Material(tmp_path, kind)
    builder = material.request()
    builder.hash_algo = hash_algo
    der = builder.build(material.key, material.responder, [material.leaf, material.ca]).dump()
    request = ocsp.OCSPRequest.load(der)
    signature = request["optional_signature"]
    assert signature["signature_algorithm"].hash_algo == hash_algo
    assert signature["signature_algorithm"].signature_algo == signature_algo
    assert [c.chosen.dump() if hasattr(c, "chosen") else c.dump() for c in signature["certs"]] == \
        [c.dump() for c in (material.responder, material.leaf, material.ca)]
    assert request["tbs_request"]["requestor_name"].chosen == material.responder.subject
    (tmp_path / "request.der").write_bytes(der)
    done = subprocess.run(["openssl", "ocsp", "-reqin", tmp_path / "request.der", "-req_text"], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=OPENSSL_SECONDS)
    assert done.returncode == 0 and "Requestor Name" in done.stdout, done.stderr


def test_extensions_of_a_request_go_where_they_belong(material):
    builder = material.request()
    builder.set_extension("acceptable_responses", ocsp.AcceptableResponses(["basic_ocsp_response"]))
    locator = ocsp.ServiceLocator({"issuer": material.ca.subject, "locator": []})
    builder.set_extension("1.3.6.1.5.5.7.48.1.7", locator)
    tbs_request = ocsp.OCSPRequest.load(builder.build().dump())["tbs_request"]
    assert [e["extn_id"].native for e in tbs_request["request_extensions"]] == ["acceptable_responses", "nonce"]
    [single] = tbs_request["request_list"][0]["single_request_extensions"]
    assert single["extn_id"].native == "service_locator" and single["critical"].native is False
    builder.set_extension("service_locator", None)
    builder.set_extension(ocsp.TBSRequestExtensionId("acceptable_responses"), None)
    tbs_request = builder.build()["tbs_request"]
    assert [e["extn_id"].native for e in tbs_request["request_extensions"]] == ["nonce"]
    assert len(tbs_request["request_list"][0]["single_request_extensions"]) == 0


def test_a_nonce_set_as_an_extension_stands_for_the_random_one(material):
    builder = material.request()
    builder.set_extension("nonce", core.OctetString(b"x" * 32))
    [extension] = builder.build()["tbs_request"]["request_extensions"]
    assert extension["extn_value"].parsed.native == b"x" * 32


REQUEST_REFUSED = [
    ("certificate", TypeError, lambda b, m: setattr(b, "certificate", b"der")),
    ("issuer", TypeError, lambda b, m: setattr(b, "issuer", None)),
    ("hash_algo", ValueError, lambda b, m: setattr(b, "hash_algo", "md5")),
    ("key_hash_algo", ValueError, lambda b, m: setattr(b, "key_hash_algo", "sha512")),
    ("key_hash_algo", ValueError, lambda b, m: setattr(b, "key_hash_algo", None)),
    ("nonce", TypeError, lambda b, m: setattr(b, "nonce", b"octets")),
    ("name", ValueError, lambda b, m: b.set_extension("crl_reason", core.Null())),
    ("name", TypeError, lambda b, m: b.set_extension(3, core.Null())),
    ("value", TypeError, lambda b, m: b.set_extension("nonce", b"octets")),
    ("requestor_private_key", TypeError, lambda b, m: b.build("key", m.responder)),
    ("requestor_private_key", ValueError, lambda b, m: b.build(None, m.responder)),
    ("requestor_certificate", ValueError, lambda b, m: b.build(m.key)),
    ("requestor_certificate", TypeError, lambda b, m: b.build(m.key, m.key)),
    ("other_certificates", TypeError, lambda b, m: b.build(m.key, m.responder, "certificates")),
    ("other_certificates", TypeError, lambda b, m: b.build(m.key, m.responder, [1])),
    ("requestor_private_key", ValueError, lambda b, m: b.build(m.ca_key, m.responder)),
]


@pytest.mark.parametrize("parameter, kind, spoil", REQUEST_REFUSED, ids=[str(n) for n in range(len(REQUEST_REFUSED))])
def test_wrong_values_of_a_request_are_refused_by_name(material, parameter, kind, spoil):
    with pytest.raises(kind, match=parameter):
        spoil(material.request(), material)


# Responses --------------------------------------------------------------------------------------------

def test_an_answer_of_the_ca_itself(material):
    response = load(OCSPResponseBuilder("successful", material.leaf, "good").build(material.ca_key, material.ca).dump())
    basic, data, single = response["response_bytes"]["response"].parsed, data_of(response), single_of(response)
    assert basic["signature_algorithm"].signature_algo == "ecdsa" and len(basic["certs"]) == 0
    assert data["version"].native == "v1" and len(data["response_extensions"]) == 0
    assert data["responder_id"].name == "by_key"
    assert data["responder_id"].chosen.native == material.ca.public_key.sha1
    assert single["cert_id"]["hash_algorithm"]["algorithm"].native == "sha1"
    assert single["cert_id"]["issuer_name_hash"].native == material.ca.subject.sha1
    assert single["cert_id"]["issuer_key_hash"].native == material.ca.public_key.sha1
    assert single["cert_id"]["serial_number"].native == material.leaf.serial_number
    assert single["this_update"].native == data["produced_at"].native
    assert single["next_update"].native - single["this_update"].native == datetime.timedelta(days=7)
    assert len(single["single_extensions"]) == 0 and kind_of(response) == ("good", None)
    verify(material.site, material.request().build().dump(), response.dump())


def test_an_answer_of_a_delegated_responder(material):
    response = built(material.builder(), material)
    basic = response["response_bytes"]["response"].parsed
    assert [c.dump() for c in basic["certs"]] == [material.responder.dump()]
    [extension] = single_of(response)["single_extensions"]
    assert extension["extn_id"].native == "certificate_issuer" and extension["critical"].native is False
    [name] = extension["extn_value"].parsed
    assert name.name == "directory_name" and name.chosen == material.ca.subject
    verify(material.site, material.request().build().dump(), response.dump())


REASONS = ["key_compromise", "ca_compromise", "affiliation_changed", "superseded", "cessation_of_operation",
           "certificate_hold", "remove_from_crl", "privilege_withdrawn"]


@pytest.mark.parametrize("status, reason", [("revoked", "unspecified"), *[(reason, reason) for reason in REASONS]])
def test_a_revocation_has_its_time_and_its_reason_written_out(material, status, reason):
    response = built(material.builder(status, PAST), material)
    assert kind_of(response) == ("revoked", reason)
    assert single_of(response)["cert_status"].chosen["revocation_time"].native == PAST
    verify(material.site, material.request().build().dump(), response.dump())


def test_unknown_is_said_as_it_is(material):
    assert kind_of(built(material.builder("unknown"), material)) == ("unknown", None)


@pytest.mark.parametrize("given", [
    datetime.datetime(2024, 5, 6, 7, 8, 9, 999999),
    datetime.datetime(2024, 5, 6, 9, 8, 9, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), PAST])
def test_times_are_whole_seconds_of_utc_and_naive_is_utc(material, given):
    builder = material.builder("superseded", given)
    builder.this_update = builder.next_update = given
    single = single_of(built(builder, material))
    for value in (single["cert_status"].chosen["revocation_time"], single["this_update"], single["next_update"]):
        assert value.contents == b"20240506070809Z"


@pytest.mark.parametrize("kind, hash_algo, expected", [
    ("p256", "sha256", "sha256_ecdsa"), ("p256", "sha1", "sha1_ecdsa"), ("p384", "sha512", "sha512_ecdsa"),
    ("rsa2048", "sha256", "sha256_rsa"), ("rsa2048", "sha1", "sha1_rsa"), ("rsa512", "sha256", "sha256_rsa"),
    ("pss2048", "sha256", "rsassa_pss"), ("pss2048", "sha512", "rsassa_pss"), ("ed25519", "sha256", "ed25519"),
    ("ed448", "sha512", "ed448")])
def test_signatures_by_each_kind_of_key_verify(tmp_path, kind, hash_algo, expected):
    material = Material(tmp_path, kind)
    builder = material.builder()
    builder.hash_algo = hash_algo
    response = built(builder, material)
    algorithm = response["response_bytes"]["response"].parsed["signature_algorithm"]
    assert algorithm["algorithm"].native == expected
    if not kind.startswith("ed"):
        assert algorithm.hash_algo == hash_algo
    if kind != "rsa512" and hash_algo != "sha1":    # below what openssl takes today
        verify(material.site, material.request().build().dump(), response.dump())


def test_the_certid_of_sha256_leaves_the_responder_id_at_sha1(material):
    builder = material.builder()
    builder.key_hash_algo = "sha256"
    response = built(builder, material)
    assert single_of(response)["cert_id"]["issuer_key_hash"].native == material.ca.public_key.sha256
    assert data_of(response)["responder_id"].chosen.native == material.responder.public_key.sha1


def test_the_nonce_goes_back(material):
    builder = material.builder()
    builder.nonce = b"n" * 32
    [extension] = data_of(built(builder, material))["response_extensions"]
    assert extension["extn_id"].native == "nonce" and extension["extn_value"].parsed.native == b"n" * 32


def test_extensions_of_a_response_go_where_they_belong(material):
    builder = material.builder()
    builder.set_extension("extended_revoke", core.Null())
    builder.set_extension("archive_cutoff", core.GeneralizedTime(PAST))
    builder.set_extension("2.5.29.24", core.GeneralizedTime(PAST))
    response = built(builder, material)
    assert [e["extn_id"].native for e in data_of(response)["response_extensions"]] == ["extended_revoke"]
    names = [e["extn_id"].native for e in single_of(response)["single_extensions"]]
    assert names == ["archive_cutoff", "invalidity_date", "certificate_issuer"]
    builder.set_extension("archive_cutoff", None)
    builder.set_extension("archive_cutoff", None)
    assert list(builder._single_response_extensions) == ["invalidity_date"]


def test_an_extension_that_asn1crypto_does_not_know_is_set_by_its_identifier(material):
    builder = material.builder()
    builder.set_extension(ocsp.SingleResponseExtensionId("1.3.36.8.3.13"), core.ParsableOctetString(b"\x05\x00"))
    extension = single_of(built(builder, material))["single_extensions"][0]
    assert extension["extn_id"].dotted == "1.3.36.8.3.13" and bytes(extension["extn_value"]) == b"\x05\x00"


@pytest.mark.parametrize("status, octets", [
    ("malformed_request", "30030a0101"), ("internal_error", "30030a0102"), ("try_later", "30030a0103"),
    ("sign_required", "30030a0105"), ("unauthorized", "30030a0106")])
def test_an_error_needs_no_key(status, octets):
    response = OCSPResponseBuilder(status).build()
    assert response.dump().hex() == octets and status_of(response) == status
    assert dict(load(response.dump()).native) == {"response_status": status, "response_bytes": None}


def test_what_is_kept_is_read_under_both_names(material):
    builder = OCSPResponseBuilder(response_status="successful", certificate=material.leaf,
                                  certificate_status="revoked", revocation_date=PAST)
    builder.certificate_issuer, builder.nonce = material.ca, b"n"
    builder.this_update, builder.next_update = PAST, PAST + datetime.timedelta(1)
    builder.hash_algo, builder.key_hash_algo = "sha512", "sha256"
    names = {"response_status": "successful", "certificate": material.leaf, "certificate_status": "revoked",
             "revocation_date": PAST, "certificate_issuer": material.ca, "nonce": b"n", "this_update": PAST,
             "next_update": PAST + datetime.timedelta(1), "hash_algo": "sha512", "key_hash_algo": "sha256"}
    for name, value in names.items():
        assert getattr(builder, name) is value or getattr(builder, name) == value
        assert getattr(builder, f"_{name}") == getattr(builder, name)
    assert builder._response_data_extensions == {} and builder._single_response_extensions == {}


def test_objects_of_oscrypto_are_taken_as_well(material):
    asymmetric = pytest.importorskip("oscrypto.asymmetric")
    leaf, ca, responder = (asymmetric.load_certificate(c) for c in (material.leaf, material.ca, material.responder))
    key = asymmetric.load_private_key(material.key)
    builder = OCSPResponseBuilder("successful", leaf, "good")
    builder.certificate_issuer = ca
    response = builder.build(key, responder)
    request = OCSPRequestBuilder(leaf, ca).build(key, responder, [ca])
    verify(material.site, OCSPRequestBuilder(leaf, ca).build().dump(), response.dump())
    assert builder.certificate == material.leaf and len(request["optional_signature"]["certs"]) == 2


def other_ca(_):
    return certificate(pki.authority("Another CA", pki.key("p256", "another ca")))


def successful(material, **values):
    builder = material.builder()
    for name, value in values.items():
        setattr(builder, name, value)
    return builder.build(material.key, material.responder)


RESPONSE_REFUSED = [
    ("response_status", ValueError, lambda m: OCSPResponseBuilder("sig_required")),
    ("response_status", ValueError, lambda m: OCSPResponseBuilder(None)),
    ("certificate", TypeError, lambda m: OCSPResponseBuilder("successful", b"der", "good")),
    ("certificate_status", ValueError, lambda m: OCSPResponseBuilder("successful", m.leaf, "aa_compromise")),
    ("revocation_date", TypeError, lambda m: OCSPResponseBuilder("successful", m.leaf, "revoked", "today")),
    ("certificate_issuer", TypeError, lambda m: setattr(m.builder(), "certificate_issuer", "ca.pem")),
    ("hash_algo", ValueError, lambda m: setattr(m.builder(), "hash_algo", "sha384")),
    ("key_hash_algo", ValueError, lambda m: setattr(m.builder(), "key_hash_algo", "md5")),
    ("nonce", TypeError, lambda m: setattr(m.builder(), "nonce", "text")),
    ("this_update", TypeError, lambda m: setattr(m.builder(), "this_update", 5)),
    ("next_update", TypeError, lambda m: setattr(m.builder(), "next_update", "later")),
    ("nonce", ValueError, lambda m: m.builder().set_extension("nonce", core.OctetString(b"n"))),
    ("certificate_status", ValueError, lambda m: m.builder().set_extension("2.5.29.21", core.Null())),
    ("certificate_issuer", ValueError, lambda m: m.builder().set_extension("certificate_issuer", None)),
    ("name", ValueError, lambda m: m.builder().set_extension("service_locator", core.Null())),
    ("name", TypeError, lambda m: m.builder().set_extension(ocsp.RequestExtensionId("service_locator"), None)),
    ("value", TypeError, lambda m: m.builder().set_extension("crl", core.Null())),
    ('certificate must be set if the response_status is "successful"', ValueError,
     lambda m: successful(m, certificate=None)),
    ('certificate_status must be set if the response_status is "successful"', ValueError,
     lambda m: successful(m, certificate_status=None)),
    ("revocation_date", ValueError, lambda m: successful(m, certificate_status="key_compromise")),
    ("certificate_issuer", ValueError, lambda m: successful(m, certificate_issuer=other_ca(m))),
    ("responder_certificate", ValueError, lambda m: successful(m, certificate_issuer=None)),
    ("responder_private_key", TypeError, lambda m: m.builder().build(None, m.responder)),
    ("responder_certificate", TypeError, lambda m: m.builder().build(m.key, None)),
    ("responder_private_key", ValueError, lambda m: m.builder().build(m.ca_key, m.responder)),
]


@pytest.mark.parametrize("parameter, kind, spoil", RESPONSE_REFUSED,
                         ids=[str(n) for n in range(len(RESPONSE_REFUSED))])
def test_wrong_values_of_a_response_are_refused_by_name(material, parameter, kind, spoil):
    with pytest.raises(kind, match=parameter):
        spoil(material)
