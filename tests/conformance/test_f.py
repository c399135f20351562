# SPDX-License-Identifier: Apache-2.0
"""Policy profiles: those rows F-01 to F-29 that need no source or tool of a later day."""

import datetime
import random

import pytest

import stands as crl_stands
import world as worlds
from support import crl, ocsp, rawhttp
from support.vectors import VECTORS

V = VECTORS


def test_F_01_get_is_supported(at):
    assert at("/webpki/").ask_get(V["V01"]).single.status == "good"


@pytest.mark.parametrize("profile", ["webpki", "etsi"])
def test_F_04_not_issued_is_never_good(refuses, world, at, profile):
    message = refuses(world.test_issuer(profile=profile, not_issued="good"))
    assert "vouch.yaml" in message and "not_issued" in message, message
    assert at("/webpki/").status(worlds.NOT_ISSUED) == "unknown"


@pytest.mark.parametrize("validity", ["28740s", "864001s"])
def test_F_05_validity_is_at_least_8_hours_and_at_most_10_days(refuses, world, validity):
    message = refuses(world.test_issuer(profile="webpki", validity=validity))
    assert "vouch.yaml" in message and "validity" in message, message


def test_F_13_extended_revoke_is_refused(refuses, world):
    message = refuses(world.test_issuer(profile="webpki", not_issued="revoked"))
    assert "vouch.yaml" in message and "not_issued" in message, message


def test_F_14_reason_code_is_no_extension(answers):
    assert not any(single.extension(ocsp.REASON_CODE) for response in answers for single in response.singles)


def test_F_17_nothing_is_signed_with_sha1(answers):
    for response in answers:
        name = ocsp.algorithm_name(response.algorithm)
        assert name and "sha1" not in name


def disagreements(stand, encoded):
    """Where OCSP says something else than a list does, as OpenSSL reads that, of all that was issued."""
    listed = {}
    for block in crl.openssl_reads(encoded).split("Serial Number: ")[1:]:
        date = block.split("Revocation Date: ")[1].split(" GMT")[0]
        listed[int(block.split("\n")[0], 16)] = datetime.datetime.strptime(date, "%b %d %H:%M:%S %Y")
    found = []
    for serial in crl_stands.ISSUED:
        single = stand.single(serial)
        told = single.revocation_time.replace(tzinfo=None) if single.status == "revoked" else None
        found += [serial] if told != listed.get(serial) or single.status == "unknown" else []
    return found


def test_F_25_list_and_ocsp_agree(own, world):
    """And after the next list within the second that is stated for it."""
    numbers = random.Random(25)
    held = {serial: crl.Entry(serial, reason=6, when=crl.hours(-numbers.randrange(1, 9000)))
            for serial in numbers.sample(crl_stands.ISSUED, 40)}
    first = crl.sound(world.test, *held.values(), number=1)
    stand = own(first, issued=crl_stands.ISSUED)
    assert disagreements(stand, first) == []
    for serial in list(held)[:20]:
        del held[serial]
    held.update({serial: crl.Entry(serial, reason=4) for serial in crl_stands.ISSUED[:20]})
    second = stand.crl(*held.values(), number=2)
    stand.publish(second)
    rawhttp.until(lambda: disagreements(stand, second) == [])
