# SPDX-License-Identifier: Apache-2.0
"""Everything that the conformance tests ask about: authorities, their signers, recorded certificates,
configurations."""

import datetime
import pathlib

from support import der, ocsp, pki, program

REVOKED_AT = datetime.datetime(2026, 7, 1, 12, 34, 56, tzinfo=datetime.timezone.utc)
MIDNIGHT = datetime.datetime(2026, 7, 1, 0, 0, 0, tzinfo=datetime.timezone.utc)
INVALID_SINCE = datetime.datetime(2026, 6, 15, 8, 0, 0, tzinfo=datetime.timezone.utc)

# Serial numbers of the test CA; those of conformance vectors first.
EE, V45_SERIAL, LONG = pki.TestCA.EE, pki.TestCA.V45, int("fe" * 20, 16)
NOT_ISSUED = 0x00C0FFEE
REVOKED, AT_MIDNIGHT, NO_REASON, HELD, INVALIDITY = 0x0BAD01, 0x0BAD02, 0x0BAD03, 0x0BAD04, 0x0BAD05
BY_REASON = {name: 0x0BAD10 + code for name, code in ocsp.REASONS.items()
             if name not in ("unspecified", "certificateHold", "removeFromCRL")}
GOOD = list(range(0x600D00, 0x600D20))
ONLY_TWIN, SPLIT = 0x7711, 0x7722    # known to the twin CA only; good in the test CA, revoked in the twin
SIGNER_KINDS = {      # name of the issuer -> (kind of the signer's key, algorithm set, algorithm expected)
    "rsa": ("rsa2048", None, "rsa-sha256"), "rsa384": ("rsa2048", "rsa-sha384", "rsa-sha384"),
    "rsa512": ("rsa2048", "rsa-sha512", "rsa-sha512"), "pss": ("rsa2048", "rsa-pss-sha256", "rsa-pss-sha256"),
    "pss384": ("rsa2048", "rsa-pss-sha384", "rsa-pss-sha384"),
    "pss512": ("rsa2048", "rsa-pss-sha512", "rsa-pss-sha512"), "psskey": ("pss2048", None, "rsa-pss-sha256"),
    "p256": ("p256", None, "ecdsa-sha256"), "p384": ("p384", None, "ecdsa-sha384"),
    "p521": ("p521", None, "ecdsa-sha512"), "ed25519": ("ed25519", None, "ed25519"),
    "ed448": ("ed448", None, "ed448"),
}
if pki.knows_postquantum():
    SIGNER_KINDS |= {kind: (kind, None, kind) for kind in ("ml-dsa-44", "ml-dsa-65", "ml-dsa-87")}


def rfc3339(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """The authorities, written to a directory, and one database with what they issued."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.database = self.directory / "vouch.db"
        self.files, self.signers = {}, []
        self.make_authorities()
        self.record()

    # Authorities --------------------------------------------------------------------------------------

    def make_authorities(self):
        test = pki.TestCA()
        self.test, self.ee = test.ca, test.ee
        self.add("test", test.ca)
        self.add("test-signer", test.signer)
        self.add("ee", test.ee)
        self.twin = self.add("twin", pki.authority("", pki.key("p384", "twin"), subject=test.ca.subject))
        self.add_signer("twin-signer", self.twin, "p256")
        self.own = self.add("own", pki.authority("Signs Itself", pki.key("p256", "own")))
        self.odd = self.add("odd",
                            pki.authority("Odd Key Identifier", pki.key("p256", "odd"), ski=bytes(range(20))))
        self.root = self.add("root", pki.authority("Root", pki.key("p384", "root")))
        self.sub = self.add("sub", pki.authority("Sub", pki.key("p256", "sub"), issuer=self.root))
        self.add_signer("sub-signer", self.sub, "p256")
        self.many = self.add("many", pki.authority("Many Signers", pki.key("p256", "many")))
        for kind, (key_kind, _, _) in SIGNER_KINDS.items():
            self.add_signer(f"many-{kind}", self.many, key_kind)
        self.add_signer("many-printable", self.many, "p256",
                        subject=pki.name(("C", "XX"), ("CN", "Printable Responder", der.PRINTABLE)))
        self.add_signer("many-utf8", self.many, "p256", subject=pki.name(("C", "XX"), ("CN", "Rëspønder")))

    def add(self, stem, certificate, passphrase=None):
        self.files[stem] = certificate.write(self.directory, stem, passphrase)
        self.signers.append(certificate)
        setattr(self, stem.replace("-", "_"), certificate)
        return certificate

    def add_signer(self, stem, authority, kind, passphrase=None, **options):
        options.setdefault("cn", f"OCSP {stem}")
        return self.add(stem, authority.signer(pki.key(kind, stem), **options), passphrase)

    # Recorded certificates ----------------------------------------------------------------------------

    def command(self, verb, issuer, *arguments, **options):
        """`vouch VERB --issuer … --db …`, as an operator runs it."""
        return program.run(verb, "--issuer", self.files[issuer][0], "--db", self.database, *arguments,
                           **options)

    def add_serials(self, issuer, *serials):
        self.command("add", issuer, *serial_arguments(serials))

    def revoke(self, issuer, *serials, reason="keyCompromise", at=None, more=(), **options):
        when = ["--at", rfc3339(at)] if at else []
        return self.command("revoke", issuer, *serial_arguments(serials), "--reason", reason, *when, *more,
                            **options)

    def record(self):
        self.command("add", "test", self.files["ee"][0])
        self.add_serials("test", V45_SERIAL, LONG, SPLIT, *GOOD)
        self.revoke("test", REVOKED, LONG, at=REVOKED_AT)
        self.revoke("test", AT_MIDNIGHT, at=MIDNIGHT)
        self.revoke("test", NO_REASON, at=REVOKED_AT, reason="unspecified")
        self.revoke("test", INVALIDITY, at=REVOKED_AT, more=["--invalidity-date", rfc3339(INVALID_SINCE)])
        for reason, serial in BY_REASON.items():
            self.revoke("test", serial, reason=reason, at=REVOKED_AT)
        self.command("hold", "test", *serial_arguments([HELD]))
        self.add_serials("twin", ONLY_TWIN)
        self.revoke("twin", SPLIT, at=REVOKED_AT)
        self.command("add", "root", self.files["sub"][0])
        for issuer in ("own", "odd", "sub", "many"):
            self.add_serials(issuer, EE)

    # Configurations -----------------------------------------------------------------------------------

    def signer(self, stem, **settings):
        certificate, key = self.files[stem]
        return {"certificate": str(certificate), "key": str(key), **settings}

    def issuer(self, name, stem, path, *signers, **settings):
        """One entry of `issuers:`; signers are stems of files or whole mappings."""
        listed = [self.signer(s) if isinstance(s, str) else s for s in signers]
        settings.setdefault("sources", [f"sqlite:{self.database}"])
        return {"name": name, "certificate": str(self.files[stem][0]), "path": path, "signers": listed,
                **settings}

    def config(self, *issuers, **settings):
        settings.setdefault("listen", ["127.0.0.1:0"])
        settings.setdefault("admin", "127.0.0.1:0")
        return {**settings, "issuers": list(issuers)}

    def test_issuer(self, name="test", path="/", **settings):
        return self.issuer(name, "test", path, "test-signer", **settings)

    def main_config(self, socket_path):
        """One server for most rows: what differs by setting has a path of its own."""
        issuers = [
            self.test_issuer(), self.issuer("twin", "twin", "/", "twin-signer"),
            self.issuer("own", "own", "/", "own"),
            self.issuer("odd", "odd", "/", "odd"), self.issuer("root", "root", "/", "root"),
            self.issuer("sub", "sub", "/", "sub-signer"), self.test_issuer("prefix", "/ocsp/ca1/"),
            self.test_issuer("ignore", "/ignore/", nonce="ignore"),
            self.test_issuer("require", "/require/", nonce="require"),
            self.test_issuer("extended", "/extended/", not_issued="revoked"),
            self.test_issuer("unauthorized", "/unauthorized/", not_issued="unauthorized"),
            self.test_issuer("lax", "/lax/", not_issued="good"),
            self.test_issuer("sha256", "/sha256/", certid_hashes=["sha256"]),
            self.test_issuer("cutoff", "/cutoff/", archive_cutoff="7y"),
            self.test_issuer("cutoff-issuer", "/cutoff-issuer/", archive_cutoff="issuer"),
            self.test_issuer("short", "/short/", validity="600s"),
            self.test_issuer("webpki", "/webpki/", profile="webpki"),
            self.test_issuer("strict-mixed", "/mixed/", mixed_issuers="unauthorized"),
            self.issuer("strict-mixed-twin", "twin", "/mixed/", "twin-signer", mixed_issuers="unauthorized"),
            self.issuer("printable", "many", "/printable/", "many-printable", responder_id="byName"),
            self.issuer("utf8", "many", "/utf8/", "many-utf8", responder_id="byName"),
            self.issuer("choice", "many", "/choice/", "many-rsa", "many-p256", "many-p384"),
            self.issuer("curves", "many", "/curves/", "many-rsa", "many-p256",
                        self.signer("many-p384", algorithm="ecdsa-sha256")),
            *self.algorithm_issuers(),
        ]
        if pki.knows_postquantum():
            issuers.append(self.issuer("postquantum", "many", "/postquantum/", "many-rsa", "many-p256",
                                       "many-ml-dsa-65"))
        return self.config(*issuers, listen=["127.0.0.1:0", "[::1]:0", f"unix:{socket_path}"])

    def algorithm_issuers(self):
        for kind, (_, algorithm, _) in SIGNER_KINDS.items():
            settings = {"algorithm": algorithm} if algorithm else {}
            yield self.issuer(f"algorithm-{kind}", "many", f"/algorithm/{kind}/",
                              self.signer(f"many-{kind}", **settings))


def serial_arguments(serials):
    return ["--serial", *[f"{serial:x}" for serial in serials]]
