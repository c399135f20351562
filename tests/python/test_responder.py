# SPDX-License-Identifier: Apache-2.0
"""Responder, Issuer, Source: what becomes of what a program's functions say."""

import datetime
import logging
import threading

import pytest
import vouch
from support import pki

UTC = datetime.timezone.utc
NOW = datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(hours=3)
REVOKED_AT = datetime.datetime(2021, 12, 31, 23, 59, 58, 999999, tzinfo=UTC)
GOOD = vouch.Status.good()


def asked(responder, serial_number=5, **options):
    """A request about one certificate of the responder's first issuer."""
    return vouch.Request([(responder.issuers[0], serial_number)], **options)


def ask(responder, serial_number=5, **options):
    """The verified answer about one certificate."""
    request = asked(responder, serial_number, **options)
    return vouch.Response.verify(responder.handle(request.encode()), request)


def test_a_function_is_a_source(answering):
    seen = []
    responder = answering(lambda *arguments: seen.append(arguments) or GOOD)
    (single,) = ask(responder).singles
    assert single.cert_status == vouch.CertStatus.GOOD and single.serial_number == 5
    (issuer, serial_number, now), = seen
    assert issuer is responder.issuers[0] and serial_number == 5
    assert now.tzinfo is not None and abs(now - datetime.datetime.now(UTC)) < datetime.timedelta(minutes=1)


def test_a_subclass_is_a_source_although_it_forgets_its_parent(answering):
    class Table(vouch.Source):
        def __init__(self):
            self.asked = 0

        def lookup(self, issuer, serial_number, now):
            self.asked += 1
            return GOOD

    table = Table()
    assert ask(answering(table)).singles[0].cert_status == vouch.CertStatus.GOOD
    table.changed(5)
    assert table.asked == 1


def test_none_is_a_certificate_that_was_never_issued(answering):
    assert ask(answering(lambda *_: None)).singles[0].cert_status == vouch.CertStatus.UNKNOWN
    refusing = answering(lambda *_: None, not_issued=vouch.NotIssued.UNAUTHORIZED)
    assert ask(refusing).status == vouch.ResponseStatus.UNAUTHORIZED


def test_everything_in_a_status_reaches_the_client(answering):
    status = vouch.Status.revoked(REVOKED_AT, vouch.Reason.KEY_COMPROMISE,
                                  invalidity_date=datetime.datetime(2021, 1, 1, tzinfo=UTC),
                                  this_update=NOW - datetime.timedelta(minutes=7),
                                  next_update=NOW + datetime.timedelta(minutes=9))
    responder = answering(lambda *_: status)
    request = asked(responder)
    response = vouch.Response.verify(responder.handle(request.encode(), NOW), request, now=NOW)
    (single,) = response.singles
    assert single.cert_status == vouch.CertStatus.REVOKED
    assert single.revocation_time == REVOKED_AT.replace(microsecond=0)
    assert single.revocation_reason == vouch.Reason.KEY_COMPROMISE
    assert single.invalidity_date == status.invalidity_date
    assert (single.this_update, single.next_update) == (status.this_update, status.next_update)
    assert response.produced_at == NOW


def test_reasons_have_the_numbers_of_the_standard():
    assert {reason.name: int(reason) for reason in vouch.Reason} == {
        "UNSPECIFIED": 0, "KEY_COMPROMISE": 1, "CA_COMPROMISE": 2, "AFFILIATION_CHANGED": 3, "SUPERSEDED": 4,
        "CESSATION_OF_OPERATION": 5, "CERTIFICATE_HOLD": 6, "REMOVE_FROM_CRL": 8, "PRIVILEGE_WITHDRAWN": 9,
        "AA_COMPROMISE": 10}


@pytest.mark.parametrize("reason", [*vouch.Reason, None])
def test_each_reason_keeps_its_number(answering, reason):
    responder = answering(lambda *_: vouch.Status.revoked(REVOKED_AT, reason))
    if reason == vouch.Reason.REMOVE_FROM_CRL:      # RFC 5280 5.3.1: for delta CRLs only
        assert ask(responder).status == vouch.ResponseStatus.INTERNAL_ERROR
        return
    expected = None if reason == vouch.Reason.UNSPECIFIED else reason   # RFC 5280 5.3.1: left away
    assert ask(responder).singles[0].revocation_reason == expected


@pytest.mark.parametrize("serial_number", [1, 127, 128, 255, 256, 2**63, 2**64 - 1, 2**159 - 1, 2**160, -1,
                                           -128, -129, 0])
def test_serial_numbers_of_any_size_arrive_as_they_were_asked(answering, serial_number):
    seen = []
    responder = answering(lambda _issuer, number, _now: seen.append(number) or GOOD)
    assert ask(responder, serial_number).singles[0].serial_number == serial_number
    assert seen == [serial_number]


class Odd(Exception):
    """What nobody expects."""


def raise_odd(*_):
    raise Odd("the table is upside down")


def raise_not_found(*_):
    raise vouch.NotFoundError("no such row")


WRONG = {
    "raises": raise_odd,
    "returns True": lambda *_: True,
    "returns a string": lambda *_: "good",
    "returns a number": lambda *_: 1,
    "takes too few arguments": lambda: GOOD,
    "returns the class": lambda *_: vouch.Status,
    "returns a naive time": lambda *_: vouch.Status.revoked(datetime.datetime(2021, 1, 1)),
    "returns a broken status": lambda *_: vouch.Status("good"),
    "raises what the library has for itself": raise_not_found,
}


@pytest.mark.parametrize("what", WRONG)
def test_a_source_that_is_wrong_gives_internal_error_and_never_a_status(answering, caplog, what):
    responder = answering(WRONG[what])
    body, outcome = responder.handle_with_outcome(asked(responder).encode())
    assert vouch.Response.parse(body).status == vouch.ResponseStatus.INTERNAL_ERROR
    assert outcome.response_status == vouch.ResponseStatus.INTERNAL_ERROR and outcome.cause
    assert "Traceback" in caplog.text


def test_the_traceback_of_a_source_is_logged(answering, caplog):
    with caplog.at_level(logging.ERROR, "vouch"):
        assert ask(answering(raise_odd), 0xAB).status == vouch.ResponseStatus.INTERNAL_ERROR
    (record,) = caplog.records
    assert record.name == "vouch" and record.exc_info[0] is Odd and "AB" in record.getMessage()
    assert "raise_odd" in caplog.text and "upside down" in caplog.text


def test_a_source_that_is_away_gives_try_later(answering):
    def away(*_):
        raise vouch.Unavailable("the database is away")

    responder = answering(away)
    body, outcome = responder.handle_with_outcome(asked(responder).encode())
    assert vouch.Response.parse(body).status == vouch.ResponseStatus.TRY_LATER
    assert "database is away" in outcome.detail


@pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit])
def test_what_should_end_the_program_is_not_swallowed(answering, exception):
    def leave(*_):
        raise exception

    responder = answering(leave)
    with pytest.raises(exception):
        responder.handle(asked(responder).encode())
    responder.handle(b"")       # and does not come a second time


def test_what_a_threads_callback_left_is_not_raised_by_its_next_call(answering):
    """A thread of the server's pool, which asks a source for one request and runs a handler for the next."""
    def leave(*_):
        raise SystemExit

    responder, answers = answering(leave), []
    octets = asked(responder).encode()

    def handler(exchange):
        exchange.answer(responder)
        answers.append(answering(lambda *_: GOOD).handle(octets))

    with vouch.Server("127.0.0.1:0", handler=handler) as server:
        with pytest.raises(vouch.ResponseStatusError, match="internalError"):
            vouch.query(server.url, 5, responder.issuers[0])
    assert vouch.Response.parse(answers[0]).singles


def away(*_):
    raise vouch.Unavailable("the test says so")


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("revoked", [False, True])
def test_an_optional_source_may_be_away_if_another_one_says_revoked(ca, signer, optional, revoked):
    issuer = vouch.Issuer(ca.pem(), signers=[signer])
    known = vouch.Status.revoked(datetime.datetime(2026, 1, 1, tzinfo=UTC)) if revoked else GOOD
    issuer.add_source(away, optional=optional).add_source(lambda *_: known)
    answer = ask(vouch.Responder(issuer))
    assert answer.status == (vouch.ResponseStatus.SUCCESSFUL if optional and revoked else vouch.ResponseStatus.TRY_LATER)


def test_every_certificate_of_a_compromised_ca_is_revoked(ca, signer):
    since = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    issuer = vouch.Issuer(ca.pem(), signers=[signer], sources=[lambda _i, number, _n: GOOD if number == 5 else None], compromised=since)
    for number in (5, 6):
        (single,) = ask(vouch.Responder(issuer), number).singles
        assert (single.cert_status, single.revocation_reason, single.revocation_time) == (
            vouch.CertStatus.REVOKED, vouch.Reason.CA_COMPROMISE, since)


def test_so_many_lookups_a_second_find_nothing_and_no_more(ca, signer):
    asked_for = []
    issuer = vouch.Issuer(ca.pem(), signers=[signer], unknown_lookups=3,
                          sources=[lambda _i, number, _n: asked_for.append(number) or (GOOD if number == 5 else None)])
    responder = vouch.Responder(issuer)
    assert ask(responder).status == vouch.ResponseStatus.SUCCESSFUL
    statuses = [ask(responder, number).status for number in range(100, 200)]
    assert statuses.count(vouch.ResponseStatus.TRY_LATER) == 101 - len(asked_for) > 50
    assert ask(responder).status == vouch.ResponseStatus.SUCCESSFUL


def test_sources_are_asked_in_their_order(ca, signer):
    first, second = [], []
    sources = [lambda _i, number, _n: first.append(number),
               lambda _i, number, _n: second.append(number) or GOOD]
    responder = vouch.Responder(vouch.Issuer(ca.pem(), signers=[signer], sources=sources))
    assert ask(responder).singles[0].cert_status == vouch.CertStatus.GOOD
    assert first == second == [5]


def test_several_certificates_are_answered_in_their_order(answering):
    responder = answering(lambda _i, number, _n: GOOD if number % 2 else None)
    request = vouch.Request([(responder.issuers[0], number) for number in (1, 2, 3)])
    response = vouch.Response.verify(responder.handle(request.encode()), request)
    assert [single.cert_status.name for single in response.singles] == ["GOOD", "UNKNOWN", "GOOD"]


@pytest.mark.parametrize("octets", [b"", b"\x30", b"nonsense", bytes(5000), bytearray(b"\x30\x00"),
                                    memoryview(b"\x05\x00")])
def test_whatever_is_no_request_gets_malformed_request(answering, octets):
    assert vouch.Response.parse(answering(lambda *_: GOOD).handle(octets)).status == \
        vouch.ResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize("wrong", ["text", 5, None, [1, 2]])
def test_what_is_no_octets_is_a_type_error(answering, wrong):
    with pytest.raises(TypeError):
        answering(lambda *_: GOOD).handle(wrong)


def test_the_time_of_the_question_is_the_callers(answering):
    seen = []
    responder = answering(lambda _i, _s, now: seen.append(now) or GOOD)
    responder.handle(asked(responder).encode(), NOW)
    assert seen == [NOW]
    with pytest.raises(ValueError, match="time zone"):
        responder.handle(asked(responder).encode(), datetime.datetime(2030, 1, 1))


def test_a_path_leads_to_its_issuers_alone(ca, signer):
    other = pki.authority("Other CA", pki.key("p256", "other ca"))
    other_signer = other.signer(pki.key("p256", "other signer"))
    issuers = [vouch.Issuer(ca.pem(), signers=[signer], sources=[lambda *_: GOOD]),
               vouch.Issuer(other.pem(), signers=[vouch.Signer(other_signer.pem(), other_signer.key.pem())],
                            sources=[lambda *_: GOOD])]
    responder = vouch.Responder().add(issuers[0], "/one").add(issuers[1], "/two/")
    request = vouch.Request([(issuers[1], 5)]).encode()
    for path, expected in ((None, "SUCCESSFUL"), ("/two/x", "SUCCESSFUL"), ("/one", "UNAUTHORIZED")):
        assert vouch.Response.parse(responder.handle(request, path=path)).status.name == expected
    with pytest.raises(vouch.NotFoundError):
        responder.handle(request, path="/three")


def test_outcomes_tell_what_happened(answering):
    responder = answering(lambda *_: GOOD)
    body, outcome = responder.handle_with_outcome(asked(responder, nonce=True).encode(), NOW)
    assert (outcome.certids, outcome.nonce, outcome.cacheable) == (1, True, False)
    assert outcome.statuses == {vouch.CertStatus.GOOD: 1} and outcome.hashes == {vouch.Hash.SHA256: 1}
    assert outcome.produced_at == NOW and outcome.error == 0 and outcome.cause is None
    assert outcome.served_from == vouch.ServedFrom.SIGNED and vouch.Response.parse(body).has_nonce


def test_any_number_of_threads_share_a_responder(answering):
    responder = answering(lambda _i, number, _n: vouch.Status.revoked(REVOKED_AT) if number % 2 else GOOD)
    wrong = []

    def work(first):
        for number in range(first, first + 50):
            expected = "REVOKED" if number % 2 else "GOOD"
            if ask(responder, number).singles[0].cert_status.name != expected:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_source_may_ask_another_responder(answering):
    inner = answering(lambda *_: GOOD)

    def relay(_issuer, serial_number, _now):
        return GOOD if ask(inner, serial_number).singles[0].cert_status == vouch.CertStatus.GOOD else None

    assert ask(answering(relay)).singles[0].cert_status == vouch.CertStatus.GOOD


def test_the_interpreter_is_free_while_a_signature_is_made(ca, delegated):
    """A signing function that waits for another Python thread would wait for ever otherwise."""
    private = delegated.key
    wanted, made = threading.Event(), threading.Event()
    box = {}

    def sign(tbs):
        box["tbs"] = tbs
        wanted.set()
        assert made.wait(60)
        made.clear()
        return box["signature"]

    def work():
        while not box.get("done"):
            if wanted.wait(0.01):
                wanted.clear()
                box["signature"] = private.sign(box["tbs"])
                made.set()

    helper = threading.Thread(target=work)
    helper.start()
    try:
        slow = vouch.Signer(delegated.pem(), sign=sign)
        responder = vouch.Responder(vouch.Issuer(ca.pem(), signers=[slow], sources=[lambda *_: GOOD]))
        assert ask(responder).status == vouch.ResponseStatus.SUCCESSFUL
    finally:
        box["done"] = True
        helper.join()


def test_stored_answers_stand_until_the_source_tells_of_a_change(answering):
    table, asked_for = {5: GOOD}, []
    source = vouch.Source(lambda _i, number, _n: asked_for.append(number) or table[number],
                          tells_changes=True)
    responder = answering(source, cache=1 << 20)
    responder.poll()

    def status():
        return ask(responder).singles[0].cert_status.name

    assert [status() for _ in range(3)] == ["GOOD"] * 3 and asked_for == [5]
    table[5] = vouch.Status.revoked(REVOKED_AT)
    source.changed(6)
    responder.poll()
    assert status() == "GOOD" and asked_for == [5]
    source.changed(5)
    responder.poll()
    assert status() == "REVOKED" and asked_for == [5, 5]
    source.changed()
    responder.poll()
    assert status() == "REVOKED" and asked_for == [5, 5, 5]
    assert 0 < responder.poll_interval <= 1


def test_more_changes_than_are_kept_are_all_of_them(answering):
    source = vouch.Source(lambda *_: GOOD, tells_changes=True)
    name_and_none, = {source._log.since(b"")[1]}
    for number in range(5000):
        source.changed(number)
    assert source._log.since(name_and_none)[0] == [b""]
    other = vouch.Source(lambda *_: GOOD)._log.since(b"")[1]
    assert source._log.since(other[:8] + source._log.since(b"")[1][8:])[0] == [b""]
    missed, cursor = source._log.since(source._log.since(b"")[1])
    assert missed == []
    source.changed(-1)
    source.changed(300)
    assert source._log.since(cursor)[0] == [b"\xff", b"\x01\x2c"]


def test_without_a_cache_every_answer_is_looked_up(answering):
    asked_for = []
    responder = answering(lambda _i, number, _n: asked_for.append(number) or GOOD)
    assert [ask(responder).status for _ in range(3)] and asked_for == [5, 5, 5]
