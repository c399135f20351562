# SPDX-License-Identifier: Apache-2.0
"""CRLs of every kind that a test asks for, sound or spoiled in one place (RFC 5280 5).

They are put together by hand, so that any field may be wrong.  What is meant to be valid is shown to OpenSSL, too:
sound() raises unless its parser takes the octets."""

import dataclasses
import datetime
import subprocess

from . import der, pki

CRL_NUMBER, DELTA_INDICATOR, IDP, FRESHEST, AKI = "2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.46", "2.5.29.35"
REASON_CODE, INVALIDITY_DATE, CERTIFICATE_ISSUER = "2.5.29.21", "2.5.29.24", "2.5.29.29"
HOLD_INSTRUCTION = "2.5.29.23"
UNKNOWN = "1.3.6.1.4.1.32473.9"
# The bits of ReasonFlags (RFC 5280 4.2.1.13); 0 is unused.
REASON_BITS = {"keyCompromise": 1, "cACompromise": 2, "affiliationChanged": 3, "superseded": 4,
               "cessationOfOperation": 5, "certificateHold": 6, "privilegeWithdrawn": 7, "aACompromise": 8}
HOUR = datetime.timedelta(hours=1)


def hours(count):
    """That many hours from now, in whole seconds."""
    return pki.now() + count * HOUR


# Entries ----------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Entry:
    """One revoked certificate.  `serial` may be the content of the INTEGER, `when` a whole Time in DER."""
    serial: object
    when: object = None
    reason: object = None               # number of the CRLReason; octets: the content of extnValue
    invalidity: object = None
    issuer: bytes = None                # certificateIssuer: a Name
    hold_instruction: str = None
    extensions: tuple = ()              # more, encoded
    extensions_raw: bytes = None        # instead of all of them

    def encode(self):
        listed = self.extensions_raw if self.extensions_raw is not None else self.encode_extensions()
        return der.seq(der.tlv(der.INTEGER, serial_content(self.serial)), a_time(self.when or hours(-2)), listed)

    def encode_extensions(self):
        listed = [*reason_extension(self.reason), *self.extensions]
        if self.hold_instruction:
            listed.append(pki.extension(HOLD_INSTRUCTION, der.oid(self.hold_instruction)))
        if self.invalidity is not None:
            listed.append(pki.extension(INVALIDITY_DATE, a_time(self.invalidity, der.generalized)))
        if self.issuer is not None:
            listed.append(pki.extension(CERTIFICATE_ISSUER, der.seq(directory_name(self.issuer)), critical=True))
        return der.seq(*listed) if listed else b""


def serial_content(serial):
    return serial if isinstance(serial, bytes) else der.integer_content(serial)


def reason_extension(reason, critical=False):
    if reason is None:
        return []
    value = reason if isinstance(reason, bytes) else der.tlv(der.ENUMERATED, der.integer_content(reason))
    return [pki.extension(REASON_CODE, value, critical)]


def a_time(when, encode=der.time):
    """A Time: of a moment as RFC 5280 5.1.2.4 wants it; octets are passed as they are."""
    return when if isinstance(when, bytes) else encode(when)


def utc_time(text):
    return der.tlv(der.UTC_TIME, text.encode())


def generalized_time(text):
    return der.tlv(der.GENERALIZED_TIME, text.encode())


def entry(item):
    return item.encode() if isinstance(item, Entry) else item if isinstance(item, bytes) else Entry(item).encode()


# Names and extensions -----------------------------------------------------------------------------------

def directory_name(subject):
    return der.explicit(4, subject)


def number(value, oid=CRL_NUMBER, critical=False):
    """cRLNumber; octets are the content of its INTEGER."""
    return pki.extension(oid, der.tlv(der.INTEGER, serial_content(value)), critical)


def delta_indicator(base, critical=True):
    return number(base, DELTA_INDICATOR, critical)


def authority_key(identifier):
    return pki.authority_key_identifier(identifier)


def authority_certificate(issuer, serial):
    """An authorityKeyIdentifier by issuer and serial number instead of by key."""
    return pki.extension(AKI, der.seq(der.tlv(0xA1, directory_name(issuer)),
                                      der.tlv(0x82, serial_content(serial))))


def full_name(*uris, names=()):
    """DistributionPointName: fullName of URIs, and of whole Names."""
    return der.tlv(0xA0, der.tlv(0xA0, *[pki.uri(u) for u in uris], *[directory_name(n) for n in names]))


def relative_name(*attributes):
    """DistributionPointName: nameRelativeToCRLIssuer, of one RDN."""
    relative = der.one(pki.name(*attributes)).children()[0]
    return der.tlv(0xA0, der.tlv(0xA1, relative.content))


def reasons_bits(*names):
    """The content of a ReasonFlags."""
    value = sum(0x8000 >> REASON_BITS[n] for n in names)
    octets = value.to_bytes(2, "big").rstrip(b"\0") or b"\0"
    unused = (octets[-1] & -octets[-1]).bit_length() - 1
    return bytes([max(unused, 0)]) + octets


def idp(*uris, names=(), relative=None, user=False, ca=False, only=(), indirect=False, attribute=False, critical=True,
        content=None):
    """issuingDistributionPoint (RFC 5280 5.2.5)."""
    yes = b"\xff"
    point = relative if relative is not None else full_name(*uris, names=names) if uris or names else b""
    flags = [der.tlv(0x81, yes) if user else b"", der.tlv(0x82, yes) if ca else b"",
             der.tlv(0x83, reasons_bits(*only)) if only else b"", der.tlv(0x84, yes) if indirect else b"",
             der.tlv(0x85, yes) if attribute else b""]
    return pki.extension(IDP, content if content is not None else der.seq(point, *flags), critical)


def distribution_points(*uris, oid="2.5.29.31"):
    """cRLDistributionPoints of a certificate, one point for each URI; as freshestCRL with the other OID."""
    points = [der.seq(der.explicit(0, der.explicit(0, pki.uri(u)))) for u in uris]
    return pki.extension(oid, der.seq(*points))


def freshest(*uris):
    return distribution_points(*uris, oid=FRESHEST)


# The list -----------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Crl:
    """All fields of a CertificateList; `encode()` signs it.  None leaves out what may be left out."""
    issuer: object                      # a pki.Certificate
    entries: tuple = ()
    number: object = 1
    this_update: object = None
    next_update: object = dataclasses.field(default_factory=lambda: hours(24))
    version: object = 1                 # 1 is v2; None: v1; octets: the element
    base: object = None                 # makes it a delta CRL
    idp: bytes = None
    aki: object = True                  # True: the issuer's; octets: another one
    freshest: bytes = None
    extensions: tuple = ()              # more, encoded
    extensions_raw: bytes = None        # instead of all of them, without the [0]
    name: bytes = None                  # another issuer name
    key: object = None                  # another key
    algorithm: str = None               # of pki.ALGORITHMS
    inner: bytes = None                 # another AlgorithmIdentifier in tbsCertList
    outer: bytes = None                 # and outside
    empty_list: bool = False            # revokedCertificates without entries, which the ASN.1 allows and 5.1.2.6 does not
    signature: object = None            # a function of the sound signature

    def encode(self):
        key = self.key or self.issuer.key
        algorithm = self.algorithm or key.default_algorithm()
        tbs = self.tbs(pki.ALGORITHMS[algorithm])
        signature = key.sign(tbs, algorithm)
        signature = self.signature(signature) if self.signature else signature
        return der.seq(tbs, self.outer or pki.ALGORITHMS[algorithm], der.bits(signature))

    def tbs(self, algorithm):
        listed = b"".join(entry(e) for e in self.entries)
        extensions = self.encode_extensions()
        return der.seq(self.encode_version(), self.inner or algorithm, self.name or self.issuer.subject,
                       a_time(self.this_update or hours(-1)),
                       b"" if self.next_update is None else a_time(self.next_update),
                       der.seq(listed) if listed or self.empty_list else b"",
                       der.explicit(0, extensions) if extensions else b"")

    def encode_version(self):
        if self.version is None:
            return b""
        return self.version if isinstance(self.version, bytes) else der.integer(self.version)

    def encode_extensions(self):
        if self.extensions_raw is not None:
            return self.extensions_raw
        aki = self.issuer.key_identifier if self.aki is True else self.aki
        listed = [authority_key(aki) if aki else b"", number(self.number) if self.number is not None else b"",
                  delta_indicator(self.base) if self.base is not None else b"", self.idp or b"", self.freshest or b"",
                  *self.extensions]
        return der.seq(*listed) if any(listed) else b""


def crl(issuer, *entries, **fields):
    """A CRL in DER, whatever is wrong with it."""
    return Crl(issuer, entries, **fields).encode()


def sound(issuer, *entries, **fields):
    """The same, which OpenSSL's parser has to take."""
    encoded = crl(issuer, *entries, **fields)
    openssl_reads(encoded)
    return encoded


def openssl_reads(encoded):
    """What `openssl crl -text` prints; raises if it takes the octets for no CRL."""
    return pki.openssl("crl", "-inform", "DER", "-noout", "-text", "-in", "@crl", crl=encoded).decode(errors="replace")


def openssl_verifies(encoded, issuer):
    """Whether OpenSSL believes the signature."""
    try:
        pki.openssl("crl", "-inform", "DER", "-noout", "-CAfile", "@ca", "-in", "@crl", crl=encoded, ca=issuer.pem())
    except subprocess.CalledProcessError:
        return False
    return True


def times_of(encoded):
    """thisUpdate and nextUpdate, if it is there, out of the octets of a CRL."""
    listed = [n for n in der.children(encoded)[0].children() if n.tag == der.UTC_TIME]
    return [datetime.datetime.strptime(n.content.decode(), "%y%m%d%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
            for n in listed]


def pem(encoded):
    return pki.pem_block("X509 CRL", encoded)
