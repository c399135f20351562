# SPDX-License-Identifier: Apache-2.0
"""Every C object goes with the Python object that owns it, and nothing grows while requests are answered.

The programs run by themselves, with the whole stack of every allocation where there is a sanitizer: what
libvouch or libcrypto on its behalf did not get back fails the run (tests/python/run).
"""

import gc
import os
import weakref

import pytest
import vouch

GOOD = vouch.Status.good()
CALLS = int(os.environ.get("VOUCH_PYTHON_CALLS", "9000"))       # more where there is time
SUPPORT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ASAN = os.environ.get("ASAN_OPTIONS", "")
DEEP = {"ASAN_OPTIONS": f"{ASAN}:fast_unwind_on_malloc=0:malloc_context_size=20"}
# What was freed is not kept in sight: it would look like growth.
FLAT = {"ASAN_OPTIONS": f"{ASAN}:quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}

WORLD = """
import gc, os, sys, threading, vouch
sys.path.insert(0, os.environ["SUPPORT"])
from support import pki

CA = pki.authority("CA", pki.key("p256", "ca"))
DELEGATED = CA.signer(pki.key("p256", "signer"))
CERTIFICATE, KEY = DELEGATED.pem(), DELEGATED.key.pem()

def lookup(issuer, serial_number, now):
    if serial_number == 1:
        return None
    if serial_number == 2:
        raise vouch.Unavailable("away")
    if serial_number == 3:
        raise ValueError("wrong")
    if serial_number == 4:
        return vouch.Status.revoked(now, vouch.Reason.SUPERSEDED, invalidity_date=now, detail="for people",
                                    not_after=now, certificate_sha256=bytes(32))
    return vouch.Status.good()

import logging
logging.getLogger("vouch").disabled = True

def world(**options):
    issuer = vouch.Issuer(CA.pem(), signers=[vouch.Signer(CERTIFICATE, KEY)], sources=[lookup])
    return vouch.Responder(issuer, **options)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
"""


def test_everything_is_freed(run_python):
    run_python(WORLD + """
def everything():
    responder = world(cache=1 << 16)
    responder.poll()
    issuer = responder.issuers[0]
    for serial_number in range(1, 9):
        request = vouch.Request([(issuer, serial_number), (CA.der, 77)][:1 + serial_number % 2],
                                nonce=serial_number % 3 == 0, signer=issuer.signers[0])
        body = responder.handle(request.encode())
        body, outcome = responder.handle_with_outcome(request.encode())
        if outcome.response_status == vouch.ResponseStatus.SUCCESSFUL:
            vouch.Response.verify(body, request).singles
        vouch.decode(body)
        responder.answer("POST", "/", {"Content-Type": "application/ocsp-request"}, request.encode())
        responder.answer("GET", "/nonsense")
    issuer.check(), issuer.name, issuer.id
    vouch.Certificate.all(CA.pem() + CERTIFICATE)
    vouch.name_text(CA.subject)
    with responder.start("127.0.0.1:0") as server, \\
            vouch.Server("127.0.0.1:0", handler=lambda asked: asked.answer(responder)) as handing, \\
            vouch.Server("127.0.0.1:0", handler=lambda asked: None) as silent:
        for place in (server, handing):
            vouch.query(place.url, 5, issuer)
        try:
            vouch.query(silent.url, 5, issuer)
        except vouch.RefusedError:
            pass
    signing = vouch.Signer(CERTIFICATE, sign=DELEGATED.key.sign)
    signing.sign(b"octets")

def failures():
    for wrong in (lambda: vouch.Issuer(b"nonsense"), lambda: vouch.Signer(CERTIFICATE, b"nonsense"),
                  lambda: vouch.Signer(CERTIFICATE, pki.key("p256", "other").pem()),
                  lambda: vouch.Signer(CERTIFICATE, sign=lambda tbs: 1 / 0),
                  lambda: vouch.Issuer(CERTIFICATE, sources=[lookup]),
                  lambda: vouch.Response.parse(b"nonsense"),
                  lambda: vouch.Issuer(CA.pem(), sources=[lookup]).add_signer(vouch.Signer(CA.pem(), KEY)),
                  lambda: vouch.Request([(CA.pem(), 5)], nonce=b""),
                  lambda: vouch.Server("nonsense", world()),
                  lambda: vouch.Certificate(b"nonsense"), lambda: vouch.decode(b"nonsense"),
                  lambda: vouch.Responder(certids=65),
                  lambda: world().add(vouch.Issuer(CA.pem()), "no path")):
        try:
            wrong()
            raise AssertionError("nothing was raised")
        except vouch.VouchError:
            pass

everything()
failures()
""", SUPPORT=SUPPORT, **DEEP)


@pytest.mark.parametrize("kind", ["handle", "answer", "errors"])
def test_memory_is_flat_over_many_answers(run_python, kind):
    """RSS after a third of the calls and after all of them."""
    run_python(WORLD + f"""
responder = world()
issuer = responder.issuers[0]
requests = [vouch.Request([(issuer, n)], nonce=b"abc" if n % 2 else None).encode() for n in range(1, 40)]
fields = {{"Content-Type": "application/ocsp-request"}}
kinds = {{"handle": lambda request: responder.handle(request),
         "answer": lambda request: responder.answer("POST", "/", fields, request),
         "errors": lambda request: responder.handle(request[:-3])}}
call, seen = kinds[{kind!r}], []
for n in range({CALLS}):
    call(requests[n % len(requests)])
    if n % {CALLS // 3} == {CALLS // 3 - 1}:
        gc.collect()
        seen.append(resident())
assert seen[-1] - seen[0] < 4 << 20, seen
""", SUPPORT=SUPPORT, **FLAT)


def test_memory_is_flat_over_many_objects(run_python):
    run_python(WORLD + """
seen = []
for n in range(300):
    responder = world(cache=4096)
    request = vouch.Request([(responder.issuers[0], 5)])
    vouch.Response.verify(responder.handle(request.encode()), request)
    del responder, request
    if n % 100 == 99:
        gc.collect()
        seen.append(resident())
assert seen[-1] - seen[0] < 4 << 20, seen
""", SUPPORT=SUPPORT, **FLAT)


def test_a_source_that_holds_its_responder_goes_with_it(ca, signer):
    """The cycle that a program makes which keeps everything in one object."""
    class Program(vouch.Source):
        def __init__(self):
            issuer = vouch.Issuer(ca.pem(), signers=[signer], sources=[self.lookup, self])
            self.responder = vouch.Responder(issuer)

        def lookup(self, issuer, serial_number, now):
            return GOOD

    program = Program()
    request = vouch.Request([(program.responder.issuers[0], 5)])
    assert vouch.Response.verify(program.responder.handle(request.encode()), request).singles
    gone = weakref.ref(program), weakref.ref(program.responder), weakref.ref(program.responder.issuers[0])
    del program, request
    gc.collect()
    assert [reference() for reference in gone] == [None] * 3


def test_without_a_cycle_nothing_waits_for_the_collector(ca, delegated):
    gc.disable()
    try:
        signer = vouch.Signer(delegated.pem(), sign=lambda tbs: delegated.key.sign(tbs))
        responder = vouch.Responder(vouch.Issuer(ca.pem(), signers=[signer], sources=[lambda *_: GOOD]))
        gone = [weakref.ref(thing) for thing in (signer, responder, responder.issuers[0],
                                                 responder.issuers[0].sources[0])]
        with responder.start("127.0.0.1:0") as server:
            gone.append(weakref.ref(server))
        server._waiter.join()
        del signer, responder, server
        assert [reference() for reference in gone] == [None] * len(gone)
    finally:
        gc.enable()


def test_a_responder_lives_as_long_as_its_server(answering):
    responder = answering(lambda *_: GOOD)
    issuer, gone = responder.issuers[0], weakref.ref(responder)
    server = responder.start("127.0.0.1:0")
    del responder
    gc.collect()
    assert vouch.query(server.url, 5, issuer).singles
    server.stop()
    del server
    gc.collect()
    assert gone() is None


def test_an_issuer_lives_as_long_as_a_responder_or_a_request_needs_it(ca, signer):
    asked = []
    signing = vouch.Signer(signer.certificate, sign=signer.sign)
    responder = vouch.Responder(vouch.Issuer(
        ca.pem(), signers=[signing], sources=[lambda _i, number, _n: asked.append(number) or GOOD]))
    del signing
    request = vouch.Request([(vouch.Issuer(ca.pem()), 5)])
    gc.collect()
    assert vouch.Response.verify(responder.handle(request.encode()), request).singles and asked == [5]
