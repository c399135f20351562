# SPDX-License-Identifier: Apache-2.0
"""The spoilings: each changes one thing, and makes good whatever else would give it away (signature, ETag,
lengths)."""

import datetime
import hashlib

from . import der, ocsp, pki

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


class Draft:
    """A successful response taken apart, to be put together otherwise and signed again."""

    def __init__(self, response, signer):
        self.signer, self.response = signer, response
        self.version, self.responder_id = b"", response.responder_id
        self.produced_at = response.produced_at
        self.singles = [SingleDraft(single) for single in response.singles]
        self.extensions = list(response.extensions)
        self.certs, self.empty_extensions = list(response.certs), False

    def encode(self):
        body = [single.encode() for single in self.singles]
        extensions = der.explicit(1, der.seq(*map(encode_extension, self.extensions)))
        tbs = der.seq(self.version, self.responder_id, der.generalized(self.produced_at), der.seq(*body),
                      extensions if self.extensions or self.empty_extensions else b"")
        name = ocsp.algorithm_name(self.response.algorithm)
        basic = der.seq(tbs, self.response.algorithm, der.bits(self.signer.key.sign(tbs, name)),
                        der.explicit(0, der.seq(*self.certs)) if self.certs else b"")
        return der.seq(der.tlv(der.ENUMERATED, b"\x00"),
                       der.explicit(0, der.seq(der.oid(ocsp.BASIC), der.octets(basic))))


class SingleDraft:
    def __init__(self, single):
        self.certid, self.status = single.certid, single.status_raw
        self.this_update, self.next_update = single.this_update, single.next_update
        self.extensions = list(single.extensions)

    def encode(self):
        after = der.explicit(0, der.generalized(self.next_update)) if self.next_update else b""
        extensions = der.explicit(1,
                                  der.seq(*map(encode_extension,
                                               self.extensions))) if self.extensions else b""
        return der.seq(self.certid, self.status, der.generalized(self.this_update), after, extensions)

    def revoked(self, when=None, reason=1):
        return der.tlv(0xA1, der.generalized(when or self.this_update - DAY),
                       der.explicit(0, der.tlv(der.ENUMERATED, bytes([reason]))))


def encode_extension(extension):
    oid, critical, value = extension
    return pki.extension(oid, value, critical)


def http_date(when):
    return when.strftime("%a, %d %b %Y %H:%M:%S GMT")


# In the response data: each is called with a Draft ----------------------------------------------------

def each(change):
    """The same change to every entry."""
    def spoil(draft):
        for single in draft.singles:
            change(single)
    return spoil


def good_to_revoked(single):
    single.status = single.revoked() if single.status[0] == 0x80 else single.status


def revoked_to_good(single):
    single.status = b"\x80\x00" if single.status[0] == 0xA1 else single.status


def unknown_to_good(single):
    single.status = b"\x80\x00" if single.status[0] == 0x82 else single.status


def revoked_fields(single):
    nodes = der.children(single.status)
    when = der.to_time(nodes[0].content)
    return when, der.children(nodes[1].raw)[0].content[0] if len(nodes) > 1 else None


def reason_dropped(single):
    if single.status[0] == 0xA1:
        single.status = der.tlv(0xA1, der.children(single.status)[0].raw)


def reason_changed(single):
    if single.status[0] == 0xA1:
        when, reason = revoked_fields(single)
        single.status = single.revoked(when, 5 if reason == 1 else 1)


def revocation_time_moved(single):
    if single.status[0] == 0xA1:
        nodes = der.children(single.status)
        moved = der.to_time(nodes[0].content) + datetime.timedelta(seconds=1)
        single.status = der.tlv(0xA1, der.generalized(moved), *[n.raw for n in nodes[1:]])


def certid_parts(single):
    return [node.raw for node in der.children(single.certid)]


def name_hash_changed(single):
    algorithm, name, key, serial = certid_parts(single)
    single.certid = der.seq(algorithm, name[:-1] + bytes([name[-1] ^ 1]), key, serial)


def certid_reencoded(single):
    algorithm, *rest = certid_parts(single)
    kind, *parameters = der.children(algorithm)
    single.certid = der.seq(der.seq(kind.raw, b"" if parameters else der.null()), *rest)


def certid_to_sha256(single):
    """As if the server thought in one hash only."""
    algorithm, name, key, serial = certid_parts(single)
    sized = der.octets(hashlib.sha256(name).digest()), der.octets(hashlib.sha256(key).digest())
    single.certid = der.seq(pki.hash_algorithm("sha256"), *sized, serial)


def serial_changed(single):
    *rest, serial = certid_parts(single)
    single.certid = der.seq(*rest, der.integer(der.to_int(der.one(serial).content) + 1))


def this_update_in_the_future(single):
    single.this_update += 2 * HOUR


def next_update_dropped(single):
    single.next_update = None


def next_update_beyond(single):
    single.next_update += 30 * DAY


def next_update_short(single):
    single.next_update -= datetime.timedelta(seconds=1)


def reason_code_added(single):
    single.extensions.append((ocsp.REASON_CODE, False, b"\x0a\x01\x01"))


def nonce_changed(draft):
    draft.extensions = [(oid, critical, value[:-1] + bytes([value[-1] ^ 1]) if oid == ocsp.NONCE else value)
                        for oid, critical, value in draft.extensions]


def nonce_dropped(draft):
    draft.extensions = [e for e in draft.extensions if e[0] != ocsp.NONCE]


def nonce_moved(draft):
    draft.singles[0].extensions += [e for e in draft.extensions if e[0] == ocsp.NONCE]
    nonce_dropped(draft)


def nonce_added(draft):
    if not draft.extensions:
        draft.extensions = [(ocsp.NONCE, False, der.octets(bytes(16)))]


def produced_at_later(draft):
    draft.produced_at += 2 * HOUR


def produced_at_earlier(draft):
    draft.produced_at -= 2 * DAY


def certs_dropped(draft):
    draft.certs = []


def certs_of_the_ca(draft):
    draft.certs = [draft.signer.issuer.der,
                   *draft.certs] if draft.certs and draft.signer.issuer else draft.certs


def by_name(draft):
    draft.responder_id = der.explicit(1, draft.signer.subject)


def extensions_critical(draft):
    draft.extensions = [(oid, True, value) for oid, _, value in draft.extensions]
    for single in draft.singles:
        single.extensions = [(oid, True, value) for oid, _, value in single.extensions]


def extension_echoed(draft):
    draft.extensions.append((ocsp.UNKNOWN_EXTENSION, False, b"\x05\x00"))


def single_added(draft):
    extra = SingleDraft(draft.response.singles[-1])
    serial_changed(extra)
    draft.singles.append(extra)


def single_doubled(draft):
    draft.singles.append(draft.singles[0])


def singles_reversed(draft):
    draft.singles.reverse()


def singles_cut(draft):
    del draft.singles[1:]


def version_encoded(draft):
    draft.version = der.explicit(0, der.integer(0))


def empty_extensions(draft):
    draft.empty_extensions = True


DATA = {
    "good shown as revoked": each(good_to_revoked), "revoked shown as good": each(revoked_to_good),
    "unknown shown as good": each(unknown_to_good), "reason dropped": each(reason_dropped),
    "reason changed": each(reason_changed), "revocationTime a second later": each(revocation_time_moved),
    "issuerNameHash changed": each(name_hash_changed), "CertID parameters re-encoded": each(certid_reencoded),
    "CertID in SHA-256 always": each(certid_to_sha256), "serial number plus one": each(serial_changed),
    "thisUpdate in the future": each(this_update_in_the_future),
    "nextUpdate dropped": each(next_update_dropped),
    "nextUpdate 30 days later": each(next_update_beyond),
    "nextUpdate a second earlier": each(next_update_short),
    "reasonCode added": each(reason_code_added), "nonce changed": nonce_changed,
    "nonce dropped": nonce_dropped,
    "nonce moved to singleExtensions": nonce_moved, "nonce where none was asked": nonce_added,
    "producedAt two hours later": produced_at_later, "producedAt two days earlier": produced_at_earlier,
    "certs dropped": certs_dropped, "the CA's certificate first": certs_of_the_ca,
    "byName instead of byKey": by_name,
    "extensions critical": extensions_critical, "unknown extension echoed": extension_echoed,
    "SingleResponse added": single_added, "SingleResponse doubled": single_doubled,
    "SingleResponses reversed": singles_reversed, "SingleResponses cut to one": singles_cut,
    "version v1 encoded": version_encoded, "empty responseExtensions": empty_extensions,
}


# In the octets of the body ----------------------------------------------------------------------------

def signature_flipped(body):
    """The last octet of the signature, wherever certs begin."""
    if len(body) < 6:
        return body
    signature = ocsp.decode(body).signature
    at = body.index(signature) + len(signature) - 1
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]


def length_not_minimal(body):
    """The outer length with an octet more than it needs."""
    node = der.Node(body, 0, len(body))
    size = len(node.content).to_bytes(4, "big")
    return b"\x30\x84" + size + node.content


BODY = {
    "signature flipped": signature_flipped, "length not minimal": length_not_minimal,
    "octets after the DER": lambda body: body + b"\r\n",
    "malformedRequest as unauthorized": lambda b: ocsp.UNAUTHORIZED if b == ocsp.MALFORMED else b,
    "unauthorized as malformedRequest": lambda b: ocsp.MALFORMED if b == ocsp.UNAUTHORIZED else b,
    "unauthorized as value 4": lambda b: bytes.fromhex("30030a0104") if b == ocsp.UNAUTHORIZED else b,
    "errors with responseBytes": lambda b: der.seq(b[2:5], der.tlv(0xA0)) if len(b) == 5 else b,
    "malformedRequest with HTTP body cut": lambda b: b[:4] if b == ocsp.MALFORMED else b,
}


# In the HTTP message ----------------------------------------------------------------------------------

def drops(name):
    return lambda message: message.drop(name)


def sets(name, value, when=lambda message: True):
    return lambda message: message.set(name, value) if when(message) else None


def is_error(message):
    return len(message.body) == 5 or message.status >= 400


def is_good(message):
    return message.status == 200 and len(message.body) > 5


def is_nonced(message):
    return is_good(message) and der.oid(ocsp.NONCE) in message.body


def restatus(changes):
    def spoil(message):
        message.status = changes(message.status)
    return spoil


def never_304(message):
    if message.status == 304:
        message.status = 200
        message.set("Content-Length", "0")


def chunked_output(message):
    if message.body:
        message.drop("Content-Length")
        message.set("Transfer-Encoding", "chunked")
        message.body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(message.body), message.body)


def body_on_head(message):
    if message.request.method == "HEAD":
        message.tail = b"x" * int(message.get("Content-Length") or 0)


def redirected(message):
    if "//" in message.request.target[1:] and message.request.method == "GET":
        message.status = 301
        message.set("Location", message.request.target.replace("//", "/"))


def weak_etag(message):
    if message.get("ETag"):
        message.set("ETag", "W/" + message.get("ETag"))


def etag_by_sha1(message):
    if is_good(message) and message.get("ETag"):
        message.set("ETag", f'"{hashlib.sha1(message.body).hexdigest()}"')


def max_age(value):
    def spoil(message):
        control = message.get("Cache-Control") or ""
        parts = [f"max-age={value}" if p.strip().startswith("max-age") else p.strip()
                 for p in control.split(",")]
        if is_good(message) and not is_nonced(message):
            message.set("Cache-Control", ", ".join(parts))
    return spoil


def expires_moved(message):
    if message.get("Expires"):
        when = datetime.datetime.strptime(message.get("Expires"), "%a, %d %b %Y %H:%M:%S GMT") + HOUR
        message.set("Expires", http_date(when))


def date_in_utc(message):
    for name in ("Date", "Expires", "Last-Modified"):
        if message.get(name):
            message.set(name, message.get(name).replace("GMT", "UTC"))


def echo_trace(message):
    if message.request.method == "TRACE":
        message.status, message.body = 200, message.request.head
        message.set("Content-Length", str(len(message.body)))


HEADERS = ("Date", "ETag", "Expires", "Last-Modified", "Cache-Control", "Content-Length", "Content-Type",
           "Allow")
HTTP = {
    **{f"{name} removed": drops(name) for name in HEADERS},
    "200 for everything": restatus(lambda status: 200 if status >= 300 else status),
    "400 for every error": restatus(lambda status: 400 if status >= 400 else status),
    "OCSP errors with HTTP 400": lambda m: restatus(lambda s: 400 if len(m.body) == 5 else s)(m),
    "304 never": never_304, "chunked output": chunked_output, "body on HEAD": body_on_head,
    "doubled slashes redirected": redirected, "weak ETag": weak_etag, "ETag by SHA-1": etag_by_sha1,
    "max-age of a year": max_age(31536000), "max-age of zero": max_age(0),
    "Expires an hour later": expires_moved,
    "dates in UTC instead of GMT": date_in_utc, "TRACE echoed": echo_trace,
    "no-store on good answers": sets("Cache-Control", "no-store", is_good),
    "public on nonced answers": sets("Cache-Control", "max-age=60, public, no-transform, must-revalidate",
                                     is_nonced),
    "errors to be kept": sets("Cache-Control", "max-age=60, public", is_error),
    "another Content-Type": sets("Content-Type", "application/octet-stream"),
}


# In the conversation ----------------------------------------------------------------------------------

class Spoiling:
    """The transparent one; the others change `apply` or what it calls."""

    keeps_open = False

    def request(self, data):
        """The octets to send to the server for these of the client."""
        return data

    def apply(self, messages):
        """The octets to send for these messages, which arrived together."""
        for message in messages:
            self.spoil(message)
            yield message.encode()

    def spoil(self, message):
        pass


class HttpSpoiling(Spoiling):
    def __init__(self, change):
        self.change = change

    def spoil(self, message):
        if message.status >= 200:
            self.change(message)


class BodySpoiling(Spoiling):
    """Changes bodies; ETag, Content-Length and dates follow, in HEAD and 304 as well, and in what the
    client sends back."""

    def __init__(self, change):
        self.change = change
        self.known = {}         # body -> (changed body, header fields made from it)
        self.fields_of = {}     # its ETag -> those fields
        self.etags = {}         # the ETag that clients see -> the server's

    def request(self, data):
        for seen, real in list(self.etags.items()):
            data = data.replace(seen, real)
        return data

    def spoil(self, message):
        if message.body and message.get("Content-Type") == "application/ocsp-response":
            self.replace(message)
        for name, value in self.fields_of.get(message.get("ETag"), {}).items():
            if message.get(name):
                message.set(name, value)

    def replace(self, message):
        if message.body not in self.known:
            self.learn(message.body)
        body, fields = self.known[message.body]
        if message.get("ETag"):
            self.fields_of[message.get("ETag")] = fields
        message.body = body
        message.set("Content-Length", str(len(body)))

    def learn(self, body):
        changed, fields = self.changed(body)
        fields["Content-Length"], fields["ETag"] = str(len(changed)), etag(changed)
        self.known[body] = changed, fields
        if changed != body:
            self.etags[etag(changed).encode()] = etag(body).encode()

    def changed(self, body):
        return self.change(body), {}


def etag(body):
    return f'"{hashlib.sha256(body).hexdigest()}"'


class DataSpoiling(BodySpoiling):
    """Changes response data and signs again. One answer is always spoiled the same way."""

    def __init__(self, change, signers):
        super().__init__(change)
        self.signers = signers

    def changed(self, body):
        response = ocsp.decode(body)
        signer = next((s for s in self.signers if len(body) > 5
                       and ocsp.identifies(response.responder_id, s.der)), None)
        if signer is None:
            return body, {}
        draft = Draft(response, signer)
        before = draft_facts(draft)
        self.change(draft)
        if draft_facts(draft) == before:
            return body, {}
        expires = draft.singles[0].next_update or response.singles[0].next_update
        return draft.encode(), {"Last-Modified": http_date(draft.produced_at), "Expires": http_date(expires)}


def draft_facts(draft):
    return (draft.version, draft.responder_id, draft.produced_at, tuple(s.encode() for s in draft.singles),
            tuple(draft.extensions), tuple(draft.certs), draft.empty_extensions)


class Swapped(Spoiling):
    """Pipelined answers in the wrong order."""

    def apply(self, messages):
        yield from (message.encode() for message in reversed(messages))


class NoContinue(Spoiling):
    def apply(self, messages):
        yield from (message.encode() for message in messages if message.status != 100)


class NeverCloses(Spoiling):
    keeps_open = True


class Stale(Spoiling):
    """The first answer to a request is given forever."""

    def __init__(self):
        self.first = {}

    def spoil(self, message):
        if is_good(message) and not is_nonced(message) and message.request.method in ("GET", "POST"):
            key = message.request.target, message.request.body
            kept = self.first.setdefault(key, (message.fields, message.body))
            message.fields, message.body = list(kept[0]), kept[1]


TALK = {"pipelined answers swapped": Swapped, "100 Continue missing": NoContinue,
        "connections never closed": NeverCloses,
        "stale answers": Stale}
TRANSPARENT = "nothing"


def names():
    return [*DATA, *BODY, *HTTP, *TALK]


def make(name, signers):
    if name == TRANSPARENT:
        return Spoiling()
    if name in DATA:
        return DataSpoiling(DATA[name], signers)
    if name in BODY:
        return BodySpoiling(BODY[name])
    return HttpSpoiling(HTTP[name]) if name in HTTP else TALK[name]()
