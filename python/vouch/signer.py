# SPDX-License-Identifier: Apache-2.0
"""Signers: a certificate and its key, or a function that signs."""

from __future__ import annotations

import os
from typing import Any, Callable

from . import callback
from ._native import ffi, lib
from .errors import check, new_error, text, write_error
from .octets import KeyMaterial, Material, Octets, Span, is_pem_text, new_buffer, octets_of, read

SignFunction = Callable[[bytes], bytes]
"""Takes what is to be signed (not its hash), returns the signature value."""


class Signer:
    """Signs answers (and requests) in the name of its certificate.  May be shared by issuers and threads.

    certificate
        a path, PEM or DER octets; the first certificate signs, the others (its chain) are sent along
    key
        a path, a URI that an OpenSSL store loads ("pkcs11:..."), or the key itself as PEM or DER octets
    passphrase
        of an encrypted key
    algorithm
        "ecdsa-sha256", "rsa-pss-sha256" ...; None: what suits the key
    sign
        a function that signs instead of a key: takes the octets to be signed, returns the signature value;
        called from several threads at a time.  When it raises, its traceback is logged and clients are told
        tryLater.
    weak
        for doubles in tests only: RSA keys from 512 bits on, and the algorithms "rsa-sha1" and "ecdsa-sha1"

    Key and certificate are proved to agree by one signature.  Raises VouchError (RefusedError, VerifyError
    ...) when they do not, and OSError when a file cannot be read.
    """

    def __init__(self, certificate: Material, key: KeyMaterial | None = None,
                 passphrase: str | bytes | None = None, algorithm: str | None = None,
                 sign: SignFunction | None = None, *, weak: bool = False) -> None:
        if (key is None) == (sign is None):
            raise TypeError("a signer has either a key or a function that signs")
        # As long as this object, which every user of the signer keeps.
        self._handle = None if sign is None else ffi.new_handle(sign)
        kept: list[Any] = []                    # what the options point to, until the call returns
        options = ffi.new("vouch_signer_options *", {"size": ffi.sizeof("vouch_signer_options")})
        options.certificate = _span(kept, read(certificate))
        options.flags = lib.VOUCH_SIGNER_WEAK if weak else 0
        if passphrase is not None:
            octets = passphrase.encode() if isinstance(passphrase, str) else passphrase
            options.passphrase = _span(kept, octets)
        if algorithm is not None:
            options.algorithm = _string(kept, algorithm.encode())
        if key is None:
            lib.call_use_python_signer(options, self._handle)
        elif isinstance(key, (bytes, bytearray, memoryview)) or is_pem_text(key):
            options.key_octets = _span(kept, read(key))
        else:
            options.key = _string(kept, os.fsencode(key))
        self._c = self._open(options)

    @staticmethod
    def _open(options: Any) -> Any:
        err, out = new_error(), ffi.new("vouch_signer **")
        callback.forget_pending()
        code = lib.vouch_signer_open(out, options, err)
        callback.raise_pending()
        check(code, err)
        return ffi.gc(out[0], lib.vouch_signer_free)

    @property
    def certificate(self) -> bytes:
        """The certificate in DER."""
        return octets_of(lib.vouch_signer_certificate(self._c))

    @property
    def algorithm(self) -> str:
        """The name of the signature algorithm: "ecdsa-sha256"."""
        return text(lib.vouch_signer_algorithm(self._c))

    def sign(self, tbs: Octets) -> bytes:
        """The signature value over the octets."""
        err, signature, span = new_error(), new_buffer(), Span(tbs)
        callback.forget_pending()
        code = lib.vouch_signer_sign(self._c, span.value, signature, err)
        callback.raise_pending()
        check(code, err)
        return octets_of(signature)


def _span(kept: list[Any], octets: Octets) -> Any:
    kept.append(Span(octets))
    return kept[-1].value


def _string(kept: list[Any], octets: bytes) -> Any:
    if b"\0" in octets:
        raise ValueError("a NUL in a name")
    kept.append(ffi.new("char[]", octets))
    return kept[-1]


@ffi.def_extern(error=lib.VOUCH_EIO)
def py_signer_sign(handle: Any, tbs: Any, length: int, signature: Any, err: Any) -> int:
    """The library wants a signature of a function."""
    try:
        value = ffi.from_handle(handle)(bytes(ffi.buffer(tbs, length)))
        return int(lib.vouch_buf_append(signature, value, len(value)))
    except BaseException as exception:     # none crosses C
        callback.report("the signing function", exception)
        return write_error(err, lib.VOUCH_EIO, f"the signing function raised {exception!r}")
