# SPDX-License-Identifier: Apache-2.0
# The fast way: libvouch parses, decides and signs; Python is called for what the program's functions know.
import logging
import threading
from calendar import timegm
from datetime import timedelta
from typing import Any, Dict, Optional, Tuple

from asn1crypto import x509
from ocspbuilder._signing import signature_name

from . import _material
from ._native import ffi, lib
from ._question import Refused
from ._statuses import ResponseStatus
from ._surroundings import Surroundings
from ._told import Asking, Told

logger = logging.getLogger("ocspresponder")
DAY = 86400
LONGEST = 3660 * DAY        # of an issuer's policy in libvouch
_TIME_ABSENT = -2**63       # VOUCH_TIME_ABSENT
_HASH_ALGO = "sha256"       # under the signatures of OCSPResponseBuilder, unless a program sets another

# CertificateStatus: vouch_cert_status, and CRLReason + 1 (RFC 5280 5.3.1).  removeFromCRL is in no answer of libvouch.
_CODES: Dict[str, Tuple[int, int]] = {
    "good": (lib.VOUCH_GOOD, 0), "unknown": (lib.VOUCH_UNKNOWN, 0), "revoked": (lib.VOUCH_REVOKED, 1),
    "key_compromise": (lib.VOUCH_REVOKED, 2), "ca_compromise": (lib.VOUCH_REVOKED, 3),
    "affiliation_changed": (lib.VOUCH_REVOKED, 4), "superseded": (lib.VOUCH_REVOKED, 5),
    "cessation_of_operation": (lib.VOUCH_REVOKED, 6), "certificate_hold": (lib.VOUCH_REVOKED, 7),
    "privilege_withdrawn": (lib.VOUCH_REVOKED, 10),
}


class Fast:
    """The plans of one responder: one at a time, a new one when its certificates or its key are replaced."""

    def __init__(self, responder: Any, asking: Asking, surroundings: Surroundings) -> None:
        self.asking = asking
        self.server: Any = None     # while serve() runs: has its address, and stop()
        self._responder = responder
        self._surroundings = surroundings
        self._handle = ffi.new_handle(self)
        self._lock = threading.Lock()       # of what follows: the plan and what it was made of
        self._made_of: Optional[Tuple[Any, ...]] = None
        self._plan: Any = None
        self._interrupted = threading.local()

    def plan(self) -> Any:
        """The plan for the certificates and the key that stand now; None: libvouch takes none of them."""
        with self._lock:
            if not self._is_current():
                responder = self._responder
                material = (responder._issuer_cert, responder._responder_cert, responder._responder_key)
                self._plan, self._made_of = self._make(*map(_material.asn1_of, material)), material
            return self._plan

    def _is_current(self) -> bool:
        made_of, responder = self._made_of, self._responder
        return (made_of is not None and made_of[0] is responder._issuer_cert
                and made_of[1] is responder._responder_cert and made_of[2] is responder._responder_key)

    def _make(self, issuer: Any, signer: Any, key: Any) -> Any:
        kept = [ffi.from_buffer("uint8_t[]", octets) for octets in
                (issuer.dump(), signer.dump(), key.dump(), _certificate_issuer(issuer))]
        out, message = ffi.new("plan **"), ffi.new("char[]", lib.MESSAGE_SIZE)
        try:
            algorithm = ffi.new("char[]", signature_name("responder_key", key, _HASH_ALGO).encode())
        except ValueError as error:
            logger.info("libvouch does not answer for this responder: %s", error)
            return None
        spans = [(octets, len(octets)) for octets in kept]
        material = ffi.new("plan_material *", {"issuer": spans[0], "signer": spans[1], "key": spans[2],
                                               "algorithm": algorithm, "extension": spans[3], "validity": LONGEST})
        if lib.plan_new(out, self._handle, material, message) != 0:
            logger.info("libvouch does not answer for this responder: %s", _text(message))
            return None
        return ffi.gc(out[0], lib.plan_free)

    def answer(self, request_der: bytes) -> Optional[bytes]:
        """The response; None: it is to be found the compatible way, which remembers what was told already."""
        self.asking.remembered.told = None
        plan = self.plan() if isinstance(request_der, (bytes, bytearray, memoryview)) else None
        if plan is None:
            return None
        out = ffi.new("vouch_buf *")
        try:
            octets = ffi.from_buffer("uint8_t[]", request_der)
            answered = lib.plan_answer(plan, octets, len(octets), out)
            self._raise_interruption()
            return bytes(ffi.buffer(out.data, out.len)) if answered else None
        finally:
            lib.vouch_buf_free(out)

    def _raise_interruption(self) -> None:
        interruption = self._interrupted.__dict__.pop("by", None)
        if interruption is not None:
            raise interruption

    def lookup(self, asked: Any) -> int:
        """One certificate, on the thread of its request."""
        asking = self.asking
        remembered = asking.remembered
        # What was told for another request of this thread is over, whichever way this one goes.
        told, remembered.told = ({} if asked.is_first else remembered.told), None
        if asked.is_first and not self._may(asked):
            return int(lib.LOOKUP_COMPATIBLE)
        serial_number = asked.serial_number
        serial = int.from_bytes(ffi.buffer(serial_number.data, serial_number.len), "big", signed=True)
        try:
            known = told[serial] = asking.ask(serial)
            return _tell(asked, known, self._responder._next_update_days)
        except Refused as refusal:
            told[serial] = refusal
            failed = refusal.status is ResponseStatus.internal_error
            return int(lib.LOOKUP_FAILED if failed else lib.LOOKUP_COMPATIBLE)
        except BaseException as error:      # an interruption: no exception crosses C
            told[serial] = Refused(ResponseStatus.internal_error, "interrupted")
            self._interrupted.by = error
            return int(lib.LOOKUP_FAILED)
        finally:
            remembered.told = told

    def _may(self, asked: Any) -> bool:
        surroundings = self._surroundings
        if not self._is_current() or not surroundings.are_ours():
            return False
        target = asked.target
        return not target.len or surroundings.route_is_ours(
            "GET" if asked.method.len == 3 else "POST", lambda: bytes(ffi.buffer(target.data, target.len)))


def _tell(asked: Any, known: Told, days: Any) -> int:
    """Writes what is known; what libvouch would say otherwise goes the compatible way."""
    codes = _CODES.get(known.status)
    if codes is None:
        return int(lib.LOOKUP_COMPATIBLE)
    now = asked.now
    seconds = days * DAY if type(days) is int else _seconds(days)
    if not 0 < seconds <= LONGEST:
        return int(lib.LOOKUP_COMPATIBLE)
    asked.cert_status, asked.revocation_reason = codes
    asked.next_update = now + seconds
    if known.revocation_date is not None:
        at = timegm(known.revocation_date.utctimetuple())
        if at > now:        # to libvouch it is good until then
            return int(lib.LOOKUP_COMPATIBLE)
        asked.revocation_time = at
    return int(lib.LOOKUP_TOLD)


def _seconds(days: Any) -> int:
    try:
        return int(timedelta(days=days).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return 0


def _certificate_issuer(issuer: x509.Certificate) -> bytes:
    """The extension certificateIssuer (RFC 5280 5.3.3) as asn1crypto writes it."""
    from asn1crypto import ocsp
    name = x509.GeneralName(name="directory_name", value=issuer.subject)
    return ocsp.SingleResponseExtension({"extn_id": "certificate_issuer", "critical": False,
                                         "extn_value": x509.GeneralNames([name])}).dump()


def _text(characters: Any) -> str:
    return ffi.string(characters).decode("utf-8", "replace")


@ffi.def_extern(error=lib.LOOKUP_COMPATIBLE)
def python_lookup(python: Any, asked: Any) -> int:
    """The library wants to know of a certificate."""
    return ffi.from_handle(python).lookup(asked)
