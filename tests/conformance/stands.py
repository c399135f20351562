# SPDX-License-Identifier: Apache-2.0
"""Issuers whose status comes from CRLs: each has a folder of its own, in which a test puts lists, and takes them away."""

import datetime
import os
import pathlib
import random
import time
import urllib.parse

from support import crl, der, pki, program, rawhttp
from support.client import Client
from support.crl import Entry, hours
from support.server import Server

GOOD, ALSO_GOOD, REVOKED, NEVER = 0x600D01, 0x600D02, 0x0BAD01, 0x00C0FFEE
UTC = datetime.timezone.utc
SECOND = datetime.timedelta(seconds=1)
ISSUED = [0x15500 + 7 * i for i in range(120)]
MANY = [numbers.getrandbits(numbers.randrange(1, 200)) * 2 + 1 for numbers in [random.Random(19)] for _ in range(4000)]
SNEAKED = 0x5EA4ED      # on lists that must not be used: nobody may ever read that it is revoked
LATER = 0x1A7E4         # on the list that is sound again
REVOKED_AT = datetime.datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
INVALID_SINCE = datetime.datetime(2026, 6, 15, 8, 0, 0, tzinfo=UTC)
MINUS_ONE, ZERO, LONG, LONGER = -1, 0, int("fe" * 20, 16), int("7f" * 40, 16)
DUPLICATE, SHARD = 0xD0B1E, [0x54A400 + i for i in range(4)]
SHARD_URI = [f"http://crl.example/shard-{i}.crl" for i in range(4)]
REASONS = {0: None, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 9: 9, 10: 10, None: None}      # of the entry -> of the answer
BY_REASON = {reason: 0x4EA500 + i for i, reason in enumerate(REASONS)}
OTHER_REASONS = [r for r in crl.REASON_BITS if r != "keyCompromise"]
ALGORITHMS = [("rsa2048", "rsa-sha256"), ("rsa2048", "rsa-sha384"), ("rsa2048", "rsa-sha512"),
              ("rsa2048", "rsa-pss-sha256"), ("rsa2048", "rsa-pss-sha512"), ("pss2048", "rsa-pss-sha256"),
              ("p256", "ecdsa-sha256"), ("p256", "ecdsa-sha384"), ("p384", "ecdsa-sha384"), ("p521", "ecdsa-sha512"),
              ("ed25519", "ed25519"), ("ed448", "ed448")]
SIGNERS = {"test": "test-signer", "twin": "twin-signer", "sub": "sub-signer", "own": "own", "odd": "odd", "root": "root"}


def algorithm_stem(kind, algorithm):
    return f"crl_{kind}_{algorithm}".replace("-", "_")


def uri(place, **parameters):
    """crl:PLACE?name=value&..."""
    query = "&".join(f"{name}={urllib.parse.quote(str(value), safe='/:')}" for name, value in parameters.items()
                     if value is not None)
    return f"crl:{place}{'?' + query if query else ''}"


def write(file, octets):
    """The file, with these octets in it."""
    file.write_bytes(octets)
    return file


def serial_lines(serials):
    return "".join(f"{'-' if s < 0 else ''}{abs(s):x}\n" for s in serials).encode()


def index_row(letter, serial, reason="", revoked_at="260701120000Z", until="301231235959Z"):
    """One line of an index.txt."""
    revocation = f"{revoked_at},{reason}".rstrip(",") if letter == "R" else ""
    digits = f"{serial:X}"
    padded = "0" * (len(digits) % 2) + digits
    return "\t".join([letter, until, revocation, padded, "unknown", f"/CN={serial:x}"]).encode() + b"\n"


class Stand:
    """`lists` are what is published from the start: octets of one file, or {name: octets} of a folder.

    `issued` are serial numbers or PEM: what the source is told was issued.  `sources` may put others around it: "crl"
    stands for its own.
    """

    def __init__(self, world, directory, name, lists, issuer="test", issued=(GOOD, ALSO_GOOD, REVOKED), path=None,
                 sources=("crl",), parameters=None, place=None, **settings):
        self.world, self.name, self.stem = world, name, issuer
        self.directory = pathlib.Path(directory, name)
        self.directory.mkdir(parents=True)
        self.is_folder = isinstance(lists, dict)
        self.place = place or self.directory / ("lists" if self.is_folder else "ca.crl")
        if self.is_folder:
            self.place.mkdir()
        parameters = dict(parameters or {})
        if issued is not None:
            parameters.setdefault("issued", self.write_issued(issued))
        self.uri = uri(self.place, **parameters)
        self.sources = [self.uri if s == "crl" else s for s in sources]
        self.path, self.settings, self.server = path or f"/{name}/", settings, None
        for file, encoded in (lists.items() if self.is_folder else [(None, lists)]):
            if encoded is not None:
                self.publish(encoded, file)

    def write_issued(self, issued):
        file = self.directory / "issued"
        file.write_bytes(issued if isinstance(issued, bytes) else serial_lines(issued))
        return file

    def publish(self, encoded, file=None):
        """Renames a list into its place, over the one that is there."""
        fresh = self.directory / "fresh"
        fresh.write_bytes(encoded)
        os.replace(fresh, self.place / file if file else self.place)

    def withdraw(self, file):
        (self.place / file).unlink()

    def configuration(self):
        return self.world.issuer(self.name, self.stem, self.path, SIGNERS.get(self.stem, f"{self.stem}-signer"),
                                 sources=self.sources, **self.settings)

    @property
    def authority(self):
        return getattr(self.world, self.stem.replace("-", "_"))

    @property
    def client(self):
        return Client(self.server, self.authority, self.path)

    def crl(self, *entries, **fields):
        """A CRL of the issuer, which OpenSSL reads."""
        return crl.sound(self.authority, *entries, **fields)

    # What clients are told --------------------------------------------------------------------------------

    def body(self, serial):
        return self.client.post(self.client.request(serial)).body

    def single(self, serial, **options):
        return self.client.single(serial, **options)

    def fresh(self, serial):
        """The SingleResponse of an answer that was not stored."""
        request = self.client.nonced(serial)
        return self.client.successful(request).single

    def says(self, serial):
        """good, revoked, unknown, or the response status of an error."""
        response = self.client.ask(self.client.request(serial))
        return response.single.status if response.status == "successful" else response.status

    def wait(self, serial, said, deadline=rawhttp.DEADLINE):
        rawhttp.until(lambda: self.says(serial) == said, deadline)

    def stays(self, serial, said, seconds=0.4):
        """Longer than any source takes to look at its files, it says nothing else."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.says(serial)
            assert found == said, f"{serial:x} became {found}"

    def complaint(self):
        """What the log says against a source, when it does."""
        return self.server.wait_event("source_not_renewed")["why"]


class StandServer(Server):
    """A server of stands."""

    def __init__(self, world, directory, stands, **options):
        super().__init__(directory, world.config(*[s.configuration() for s in stands]), signers=world.signers, **options)
        for stand in stands:
            stand.server = self


def make_authorities(world):
    """The authorities that only rows of CRLs need."""
    all_usages = ("digitalSignature", "keyCertSign", "cRLSign")
    usages = {"no_crl_sign": all_usages[:2], "no_key_usage": ()}
    kinds = {algorithm_stem(kind, algorithm): kind for kind, algorithm in ALGORITHMS}
    for stem in ("crl_x", "crl_y", "crl_z", *usages, *kinds):
        made = pki.authority(stem, pki.key(kinds.get(stem, "p256"), stem), usage=usages.get(stem, all_usages))
        world.add_signer(f"{stem}-signer", world.add(stem, made), "p256")
    return world


def told_apart(ca, serial):
    """A certificate that says which key of its CA signed it."""
    return ca.end_entity(serial, extensions=[pki.key_usage("digitalSignature"),
                                             pki.authority_key_identifier(ca.key_identifier)])


def user_and_ca(world):
    """PEM of a user's certificate (GOOD) and of a CA's (ALSO_GOOD), both issued by the test CA."""
    user = world.test.end_entity(GOOD)
    ca = pki.authority("Below", pki.key("p256", "below"), issuer=world.test, serial=ALSO_GOOD)
    return user.pem() + ca.pem()


def sharded(world, count=4):
    """PEM of certificates that each name the shard which covers them."""
    return b"".join(world.test.end_entity(SHARD[i], extensions=[pki.key_usage("digitalSignature"),
                                                                crl.distribution_points(SHARD_URI[i])]).pem()
                    for i in range(count))


def distribution_names(world):
    """cRLDistributionPoints of a whole Name: that of the test CA, and CN=part."""
    whole = der.seq(der.one(world.test.subject).content, der.one(pki.name(("CN", "part"))).content)
    point = der.seq(der.explicit(0, der.explicit(0, crl.directory_name(whole))))
    return pki.extension("2.5.29.31", der.seq(point))


def shard(world, i, *entries, **fields):
    return crl.sound(world.test, *entries, idp=crl.idp(SHARD_URI[i]), **fields)


def stands_of(world, directory):
    """The stands of the shared server, by the row that they are for."""
    def add(name, lists, **options):
        stands[name] = Stand(world, directory, name, lists, **options)

    def test_crl(*entries, **fields):
        return crl.sound(world.test, *entries, **fields)

    stands = {}
    plain = test_crl(REVOKED, this_update=hours(-3), next_update=hours(2), number=7)
    add("plain", plain)
    add("pem", crl.pem(plain))
    add("weekly", test_crl(REVOKED, this_update=hours(-72), next_update=hours(96)))
    add("unlimited", test_crl(REVOKED, next_update=None))
    add("only-listed", plain, issued=None)
    add("webpki", plain, issued=None, profile="webpki")
    add("not-listed-good", plain, issued=None, not_issued="good")
    add("not-listed-revoked", plain, issued=None, not_issued="revoked", parameters={"crl_id": "yes"})
    add("crl-id", plain, parameters={"crl_id": "yes"})
    add("reasons", test_crl(*[Entry(serial, reason=reason, when=REVOKED_AT) for reason, serial in BY_REASON.items()]))
    add("dates", test_crl(Entry(1, when=crl.utc_time("260701120000Z")),
                          Entry(2, when=crl.utc_time("260701120000Z"), invalidity=INVALID_SINCE, reason=1),
                          Entry(3, when=crl.utc_time("991231235959Z"))))
    add("unknown-not-critical", test_crl(Entry(REVOKED, extensions=(pki.extension(crl.UNKNOWN, der.null()),)),
                                         extensions=(pki.extension(crl.UNKNOWN, der.null()),)))
    add("odd", test_crl(Entry(MINUS_ONE), Entry(ZERO), Entry(LONG, reason=4), Entry(LONGER, reason=5), REVOKED))
    add("empty", test_crl(empty_list=True))
    add("absent", test_crl())
    add("version-1", test_crl(REVOKED, version=None, number=None, aki=None))
    add("duplicates", test_crl(Entry(DUPLICATE, when=REVOKED_AT + SECOND), Entry(DUPLICATE, when=REVOKED_AT),
                               Entry(DUPLICATE, when=REVOKED_AT + 2 * SECOND)))
    add("long-number", test_crl(REVOKED, number=int("7f" + "ff" * 19, 16)))
    add("user-only", test_crl(idp=crl.idp(user=True)), issued=user_and_ca(world))
    add("ca-only", test_crl(idp=crl.idp(ca=True)), issued=user_and_ca(world))
    add("user-and-ca", {"user.crl": test_crl(idp=crl.idp(user=True)), "ca.crl": test_crl(idp=crl.idp(ca=True))},
        issued=user_and_ca(world))
    add("attributes-only", test_crl(Entry(REVOKED), idp=crl.idp(attribute=True)))
    add("some-reasons", test_crl(Entry(REVOKED, reason=1), idp=crl.idp(only=["keyCompromise"])))
    add("all-reasons", {"some.crl": test_crl(Entry(REVOKED, reason=1), idp=crl.idp(only=["keyCompromise"])),
                        "others.crl": test_crl(Entry(LATER, reason=4), idp=crl.idp(only=OTHER_REASONS))})
    add("stale-reasons", {"some.crl": test_crl(Entry(REVOKED, reason=1), idp=crl.idp(only=["keyCompromise"])),
                          "others.crl": test_crl(idp=crl.idp(only=OTHER_REASONS), this_update=hours(-9),
                                                 next_update=hours(-1))})
    add("shards", {f"{i}.crl": shard(world, i, Entry(0x7000 + i)) for i in (0, 1, 3)}, issued=sharded(world))
    add("stale-shard", {f"{i}.crl": shard(world, i, this_update=hours(-9), next_update=hours(-1 if i == 2 else 9))
                        for i in range(4)}, issued=sharded(world))
    add("all-shards", {f"{i}.crl": shard(world, i, Entry(SHARD[3])) if i == 3 else shard(world, i) for i in range(4)},
        issued=sharded(world))
    add("expired", test_crl(REVOKED, this_update=hours(-9), next_update=hours(-1)))
    add("expired-and-good", test_crl(REVOKED, this_update=hours(-9), next_update=hours(-1)), not_issued="good")
    add("far", test_crl(REVOKED, next_update=datetime.datetime(2055, 5, 5, 5, 5, 5, tzinfo=UTC)))
    add("bundle", b"A full list, and what came to it since.\n" + crl.pem(test_crl(REVOKED, number=10)) +
        crl.pem(test_crl(Entry(ALSO_GOOD, reason=1), number=11, base=10)))
    add("many", test_crl(*[Entry(serial, reason=4 if serial % 2 else 5) for serial in MANY]), issued=None)
    fresh = {f"{i}.crl": shard(world, i) for i in range(4)}
    stale = {**fresh, "2.crl": shard(world, 2, this_update=hours(-9), next_update=hours(-1))}
    add("stale-shard-numbers", stale, issued=SHARD, parameters={"shards": 4})
    add("missing-shard-numbers", {n: fresh[n] for n in ("0.crl", "1.crl", "3.crl")}, issued=SHARD,
        parameters={"shards": 4})
    add("named-shard-numbers", fresh, issued=SHARD, parameters={"shards": " ".join(SHARD_URI)})
    add("uncounted-shards", fresh, issued=SHARD)
    named = world.test.end_entity(GOOD, extensions=[pki.key_usage("digitalSignature"), distribution_names(world)])
    add("relative", {"part.crl": test_crl(REVOKED, idp=crl.idp(relative=crl.relative_name(("CN", "part")))),
                     "other.crl": test_crl(ALSO_GOOD, idp=crl.idp(relative=crl.relative_name(("CN", "other"))))},
        issued=named.pem())
    for kind, algorithm in ALGORITHMS:
        stem = algorithm_stem(kind, algorithm)
        add(stem, crl.sound(getattr(world, stem), REVOKED, algorithm=algorithm), issuer=stem)
    add("no-key-usage", crl.sound(world.no_key_usage, REVOKED), issuer="no_key_usage")
    return stands


class Refusals:
    """A server that is offered one list after the other that must not be used."""

    def __init__(self, world, directory):
        self.world, self.number = world, 100
        self.stand = Stand(world, directory, "refusals", self.sound())

    def sound(self):
        self.number += 1
        return crl.sound(self.world.test, Entry(REVOKED, reason=1, when=REVOKED_AT), Entry(self.number, reason=4),
                         number=self.number)

    def refuses(self, encoded, *words):
        """`words`: of which the message has one, for the operator to know what is wrong."""
        stand = self.stand
        message = refused_by_command(stand, encoded)
        assert not words or any(w.lower() in message.lower() for w in words), message
        stand.publish(encoded)
        stand.stays(SNEAKED, "unknown")
        assert stand.single(REVOKED).revocation_time == REVOKED_AT
        assert stand.says(GOOD) == "good"
        stand.publish(self.sound())
        stand.wait(self.number, "revoked")


def refused_by_command(stand, encoded, issuer=None):
    """What `vouch status` says of a list that must not be used."""
    file = stand.directory / "refused.crl"
    file.write_bytes(encoded)
    done = program.run("status", "--issuer", stand.world.files[issuer or stand.stem][0], "--source", f"crl:{file}",
                       "--serial", f"{SNEAKED:x}", code=None)
    assert done.returncode == 1, f"it was used: {done.stdout}"
    assert done.stderr.startswith("vouch: ") and done.stderr.count("\n") == 1, done.stderr
    assert file.name in done.stderr, f"the message does not name the file: {done.stderr}"
    return done.stderr
