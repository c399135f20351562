# SPDX-License-Identifier: Apache-2.0
"""Keys, certificates and authorities of every kind that a test asks for, the CA of RFC 9919 B among them.

Certificates are put together by hand, so that names, extensions and algorithms may be as odd as a test needs.
"""

import base64
import datetime
import functools
import hashlib
import pathlib
import subprocess
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from . import der

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
NOCHECK, OCSP_SIGNING, ANY_EKU, SERVER_AUTH = ("1.3.6.1.5.5.7.48.1.5", "1.3.6.1.5.5.7.3.9", "2.5.29.37.0",
                                               "1.3.6.1.5.5.7.3.1")
HASH_OIDS = {"md5": "1.2.840.113549.2.5", "sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1",
             "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}
HASHES = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(),
          "sha512": hashes.SHA512(),
          "md5": hashes.MD5()}
CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1, "p224": ec.SECP224R1}
RSA, PSS, MGF1 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
# RFC 9881 2, RFC 9909 3: kind of key and name of the algorithm are one, and the key's OID is the signature's.
POSTQUANTUM = {name: f"2.16.840.1.101.3.4.3.{number}" for number, name in enumerate(
    [f"ml-dsa-{n}" for n in (44, 65, 87)] +
    [f"slh-dsa-{h}-{n}" for h in ("sha2", "shake") for n in ("128s", "128f", "192s", "192f", "256s", "256f")], 17)}
ATTRIBUTES = {"C": ("2.5.4.6", der.PRINTABLE), "O": ("2.5.4.10", der.UTF8), "OU": ("2.5.4.11", der.UTF8),
              "CN": ("2.5.4.3", der.UTF8)}


def algorithm(oid, *parameters):
    return der.seq(der.oid(oid), *parameters)


def hash_algorithm(name):
    return algorithm(HASH_OIDS[name], der.null())


def pss_parameters(name):
    return der.seq(der.explicit(0, hash_algorithm(name)),
                   der.explicit(1, algorithm(MGF1, hash_algorithm(name))),
                   der.explicit(2, der.integer(HASHES[name].digest_size)))


# What the clauses want octet for octet (RFC 4055, RFC 5758 3.2, RFC 8410 3), by our names of the algorithms.
ALGORITHMS = {
    "rsa-sha1": algorithm("1.2.840.113549.1.1.5", der.null()),
    "rsa-sha256": algorithm("1.2.840.113549.1.1.11", der.null()),
    "rsa-sha384": algorithm("1.2.840.113549.1.1.12", der.null()),
    "rsa-sha512": algorithm("1.2.840.113549.1.1.13", der.null()),
    "rsa-pss-sha256": algorithm(PSS, pss_parameters("sha256")),
    "rsa-pss-sha384": algorithm(PSS, pss_parameters("sha384")),
    "rsa-pss-sha512": algorithm(PSS, pss_parameters("sha512")),
    "ecdsa-sha256": algorithm("1.2.840.10045.4.3.2"),
    "ecdsa-sha384": algorithm("1.2.840.10045.4.3.3"),
    "ecdsa-sha512": algorithm("1.2.840.10045.4.3.4"),
    "ed25519": algorithm("1.3.101.112"),
    "ed448": algorithm("1.3.101.113"),
    **{name: algorithm(oid) for name, oid in POSTQUANTUM.items()},
}


class Key:
    """A key pair; `kind` is rsa2048, pss2048, p256, p384, p521, ed25519, ed448, one of POSTQUANTUM or the like."""

    def __init__(self, kind, private, pss=None):
        self.kind, self.private, self.pss = kind, private, pss

    @classmethod
    def make(cls, kind, pss=None):
        if kind in CURVES:
            return cls(kind, ec.generate_private_key(CURVES[kind]()))
        if kind == "ed25519":
            return cls(kind, ed25519.Ed25519PrivateKey.generate())
        if kind == "ed448":
            return cls(kind, ed448.Ed448PrivateKey.generate())
        if kind in POSTQUANTUM:
            return PostQuantumKey.make(kind)
        size = int(kind[3:])
        return cls(kind, weak_rsa(size) if size < 1024 else rsa.generate_private_key(65537, size), pss)

    @classmethod
    def load(cls, kind, path):
        return cls(kind, serialization.load_pem_private_key(pathlib.Path(path).read_bytes(), None))

    def encoded(self, encoding, form, encryption=serialization.NoEncryption()):
        return self.private.private_bytes(encoding, form, encryption)

    def pss_algorithm(self):
        return algorithm(PSS, pss_parameters(self.pss)) if self.pss else algorithm(PSS)

    def spki(self):
        plain = self.private.public_key().public_bytes(serialization.Encoding.DER,
                                                       serialization.PublicFormat.SubjectPublicKeyInfo)
        if not self.kind.startswith("pss"):
            return plain
        return der.seq(self.pss_algorithm(), der.children(plain)[1].raw)

    def public_bits(self):
        return der.children(self.spki())[1].content[1:]

    def public_hash(self, name="sha1"):
        return hashlib.new(name, self.public_bits()).digest()

    def pem(self, passphrase=None):
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        if self.kind.startswith("pss"):
            return pem_block("PRIVATE KEY", self.pss_pkcs8())
        if passphrase:
            return self.encoded(pem, pkcs8, serialization.BestAvailableEncryption(passphrase.encode()))
        return self.encoded(pem, pkcs8)

    def pss_pkcs8(self):
        inner = self.encoded(serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL)
        return der.seq(der.integer(0), self.pss_algorithm(), der.octets(inner))

    def default_algorithm(self):
        table = {"p256": "ecdsa-sha256", "p384": "ecdsa-sha384", "p521": "ecdsa-sha512",
                 "p224": "ecdsa-sha256",
                 "ed25519": "ed25519", "ed448": "ed448"}
        if self.kind.startswith("pss"):
            return f"rsa-pss-{self.pss or 'sha256'}"
        return table.get(self.kind, "rsa-sha256")

    def sign(self, data, name=None):
        """The signature under one of ALGORITHMS, by default the one that suits the key."""
        name = name or self.default_algorithm()
        if name.startswith("ed"):
            return self.private.sign(data)
        digest = HASHES[name.rsplit("-", 1)[1]]
        if name.startswith("ecdsa"):
            return self.private.sign(data, ec.ECDSA(digest))
        if name.startswith("rsa-pss"):
            return self.private.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return self.private.sign(data, padding.PKCS1v15(), digest)


def openssl(*arguments, **files):
    """What openssl prints; "@name" in its arguments is a file that holds files[name]."""
    with tempfile.TemporaryDirectory() as directory:
        for name, content in files.items():
            pathlib.Path(directory, name).write_bytes(content)
        return subprocess.run(["openssl", *[f"{directory}/{a[1:]}" if a.startswith("@") else a for a in arguments]],
                              stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout


@functools.lru_cache(maxsize=None)
def knows_postquantum():
    """ML-DSA and SLH-DSA came with OpenSSL 3.5."""
    return b"ML-DSA-65" in openssl("list", "-signature-algorithms")


NEEDS_POSTQUANTUM = "OpenSSL 3.5 is needed"      # the reason of whoever skips


class PostQuantumKey(Key):
    """A key of ML-DSA or SLH-DSA, which Python's cryptography does not know: `private` is its PEM."""

    @classmethod
    def make(cls, kind, pss=None):
        return cls(kind, openssl("genpkey", "-algorithm", kind))

    def spki(self):
        return openssl("pkey", "-in", "@key", "-pubout", "-outform", "DER", key=self.private)

    def pem(self, passphrase=None):
        if not passphrase:
            return self.private
        return openssl("pkcs8", "-topk8", "-in", "@key", "-passout", f"pass:{passphrase}", key=self.private)

    def default_algorithm(self):
        return self.kind

    def sign(self, data, name=None):
        return openssl("pkeyutl", "-sign", "-inkey", "@key", "-rawin", "-in", "@data", key=self.private, data=data)


def check_postquantum(spki, signature, data):
    """Raises unless openssl believes the signature."""
    openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "@key", "-rawin", "-in", "@data", "-sigfile",
            "@signature", key=spki, data=data, signature=signature)


def weak_rsa(size):
    """An RSA key so short that Python's cryptography no longer makes it: it still loads it."""
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{size}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return serialization.load_pem_private_key(made.stdout, None)


@functools.lru_cache(maxsize=None)
def key(kind, label="", pss=None):
    """The same key for the same question: making RSA keys is slow, and most tests only need some key."""
    return Key.make(kind, pss)


def pem_block(label, data):
    import base64
    text = base64.encodebytes(data).replace(b"\n", b"")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN %s-----" % label.encode(), *lines, b"-----END %s-----" % label.encode(),
                       b""])


def name(*attributes):
    """A Name: pairs (attribute, text), or triples with a string type of one's own."""
    relative = []
    for attribute, text, *string_type in attributes:
        oid, usual = ATTRIBUTES[attribute]
        value = der.tlv(string_type[0] if string_type else usual, text.encode())
        relative.append(der.tlv(der.SET, der.seq(der.oid(oid), value)))
    return der.seq(*relative)


def common_name(text):
    return name(("C", "XX"), ("O", "Vouch Tests"), ("CN", text))


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def extension(oid, value, critical=False):
    return der.seq(der.oid(oid), *([der.boolean(True)] if critical else []), der.octets(value))


def basic_constraints(ca):
    return extension("2.5.29.19", der.seq(*([der.boolean(True)] if ca else [])), critical=True)


KEY_USAGE_BITS = {"digitalSignature": 0, "nonRepudiation": 1, "keyEncipherment": 2, "keyCertSign": 5,
                  "cRLSign": 6}


def key_usage(*names):
    number = sum(0x80 >> KEY_USAGE_BITS[n] for n in names)
    unused = (number & -number).bit_length() - 1
    return extension("2.5.29.15", der.bits(bytes([number]), unused), critical=True)


def extended_key_usage(*purposes):
    return extension("2.5.29.37", der.seq(*[der.oid(p) for p in purposes]))


def nocheck(value=b"\x05\x00", critical=False):
    return extension(NOCHECK, value, critical)


def subject_key_identifier(value):
    return extension("2.5.29.14", der.octets(value))


def authority_key_identifier(value):
    return extension("2.5.29.35", der.seq(der.tlv(0x80, value)))


def uri(text):
    return der.tlv(0x86, text.encode())


def crl_distribution_point(url):
    return extension("2.5.29.31", der.seq(der.seq(der.explicit(0, der.explicit(0, uri(url))))))


def authority_information_access(url, method="1.3.6.1.5.5.7.48.1"):
    return extension("1.3.6.1.5.5.7.1.1", der.seq(der.seq(der.oid(method), uri(url))))


def tls_feature(number):
    return extension("1.3.6.1.5.5.7.1.24", der.seq(der.integer(number)))


class Certificate:
    """A certificate with its key; may issue others."""

    def __init__(self, encoded, owner, subject, serial, not_before, not_after, issuer=None):
        self.der, self.key, self.subject, self.serial = encoded, owner, subject, serial
        self.not_before, self.not_after, self.issuer = not_before, not_after, issuer
        self.key_identifier = owner.public_hash()

    def pem(self):
        return pem_block("CERTIFICATE", self.der)

    def hex(self):
        """The serial number as the commands take it."""
        return f"{self.serial:x}"

    def write(self, directory, stem, passphrase=None):
        """Writes STEM.pem and STEM.key; returns both paths."""
        certificate, private = pathlib.Path(directory, stem + ".pem"), pathlib.Path(directory, stem + ".key")
        certificate.write_bytes(self.pem())
        private.write_bytes(self.key.pem(passphrase))
        private.chmod(0o600)
        return certificate, private

    def issue(self, subject, owner, **options):
        return certificate(subject, owner, issuer=self, **options)

    def signer(self, owner, cn="OCSP Responder", **options):
        """A delegated responder (RFC 6960 4.2.2.2), sound unless the options say otherwise."""
        options.setdefault("extensions",
                           signer_extensions(more=[authority_key_identifier(self.key_identifier)]))
        return certificate(options.pop("subject", common_name(cn)), owner, issuer=self, **options)

    def end_entity(self, serial, label="ee", **options):
        options.setdefault("extensions", [key_usage("digitalSignature"), extended_key_usage(SERVER_AUTH)])
        return certificate(common_name(f"{label} {serial:x}"), key("p256", "end entities"), issuer=self,
                           serial=serial, **options)


def signer_extensions(usage=("digitalSignature",), purposes=(OCSP_SIGNING,), check=nocheck(), more=()):
    parts = [key_usage(*usage)] if usage else []
    parts += [extended_key_usage(*purposes)] if purposes else []
    return [*parts, *([check] if check else []), *more]


_serials = iter(range(0x5000, 0x10000))


def certificate(subject, owner, issuer=None, serial=None, not_before=None, not_after=None, extensions=(),
                signed_as=None, signing_key=None):
    """A version 3 certificate; without `issuer` it is self-signed."""
    serial = next(_serials) if serial is None else serial
    not_before = not_before or now() - datetime.timedelta(hours=1)
    not_after = not_after or now() + datetime.timedelta(days=80)
    signing_key = signing_key or (issuer.key if issuer else owner)
    signed_as = signed_as or signing_key.default_algorithm()
    tbs = der.seq(der.explicit(0, der.integer(2)), der.integer(serial), ALGORITHMS[signed_as],
                  issuer.subject if issuer else subject, der.seq(der.time(not_before), der.time(not_after)),
                  subject, owner.spki(), *([der.explicit(3, der.seq(*extensions))] if extensions else []))
    encoded = der.seq(tbs, ALGORITHMS[signed_as], der.bits(signing_key.sign(tbs, signed_as)))
    return Certificate(encoded, owner, subject, serial, not_before, not_after, issuer)


def authority(cn, owner, subject=None, issuer=None, usage=("digitalSignature", "keyCertSign", "cRLSign"),
              ski=None,
              years=10, **options):
    """A CA: a root unless an issuer is given."""
    options.setdefault("not_before", now() - datetime.timedelta(days=400))
    options.setdefault("not_after", now() + datetime.timedelta(days=365 * years))
    extensions = [basic_constraints(True), *([key_usage(*usage)] if usage else []),
                  subject_key_identifier(ski or owner.public_hash())]
    made = certificate(subject or common_name(cn), owner, issuer=issuer, extensions=extensions, **options)
    made.key_identifier = ski or made.key_identifier
    return made


class TestCA:
    """The CA of RFC 9919 appendix B with fresh dates: `ca`, delegated responder `signer`, end entity `ee`."""

    __test__ = False
    EE, V45 = 0x01AAF00D, 0x62A9699CD5205FBFFFBB2AFD55

    def __init__(self):
        keys = DATA / "rfc9919-ca"
        organisation = [("C", "XX"), ("O", "Certs 'r Us")]
        self.ca = authority("Issuing CA", Key.load("p521", keys / "testECCP521.key"),
                            subject=name(*organisation, ("CN", "Issuing CA")))
        signer_key = Key.load("p384", keys / "testECCP384.key")
        self.signer = self.ca.signer(signer_key, subject=name(*organisation, ("CN", "OCSP Responder")))
        self.ee = certificate(name(*organisation, ("CN", "xn--18j4d.example")),
                              Key.load("p256", keys / "testECCP256.key"), issuer=self.ca, serial=self.EE,
                              extensions=[key_usage("digitalSignature")])
