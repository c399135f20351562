# SPDX-License-Identifier: Apache-2.0
"""Policy profiles: those rows F-01 to F-29 that need no source or tool of a later day."""

import pytest

import world as worlds
from support import ocsp
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
