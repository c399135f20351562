# SPDX-License-Identifier: Apache-2.0
# Signatures of requests and responses: made by vouch, written down as asn1crypto writes them.
import functools
from typing import Any, Dict, Optional, Tuple

from asn1crypto import algos, keys, x509

import vouch

# asn1crypto's name of a key's algorithm: ours of a signature by it, and whether a hash is chosen beside it.
_SIGNATURES = {"rsa": ("rsa", True), "rsassa_pss": ("rsa-pss", True), "ec": ("ecdsa", True),
               "ed25519": ("ed25519", False), "ed448": ("ed448", False)}
_SIGNERS_KEPT = 64      # a program has a few; each holds a key that was read and proved


def signature_name(parameter: str, key: keys.PrivateKeyInfo, hash_algo: str) -> str:
    name, is_hashed = _SIGNATURES.get(key.algorithm, (None, False))
    if name is None:
        raise ValueError(f"{parameter} must be an RSA, EC, Ed25519 or Ed448 key, not {key.algorithm}")
    return f"{name}-{hash_algo}" if is_hashed else name


@functools.lru_cache(maxsize=_SIGNERS_KEPT)
def _signer(key: bytes, certificate: bytes, name: str) -> vouch.Signer:
    # Weak: this module builds what doubles in tests need as well, SHA-1 among them, for callers who ask for it.
    return vouch.Signer(certificate, key, algorithm=name, weak=True)


def algorithm_identifier(name: str) -> algos.SignedDigestAlgorithm:
    """"ecdsa-sha256" as an AlgorithmIdentifier (RFC 4055, 5758, 8410)."""
    kind, _, hash_algo = name.rpartition("-")
    if kind == "rsa-pss":
        digest = {"algorithm": hash_algo}
        length = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}[hash_algo]
        parameters = {"hash_algorithm": digest, "salt_length": length,
                      "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": digest}}
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
    return algos.SignedDigestAlgorithm({"algorithm": f"{hash_algo}_{kind}" if kind else name})


def sign(parameter: str, key: keys.PrivateKeyInfo, certificate: x509.Certificate, hash_algo: str,
         tbs: Any) -> Dict[str, Any]:
    """The fields signature_algorithm and signature over what is to be signed."""
    name = signature_name(parameter, key, hash_algo)
    try:
        value = _signer(key.dump(), certificate.dump(), name).sign(tbs.dump())
    except vouch.VouchError as error:
        raise ValueError(f"{parameter} cannot sign with the certificate given: {error}") from error
    return {"signature_algorithm": algorithm_identifier(name), "signature": value}


def key_and_certificate(names: Tuple[str, str], key: Any, certificate: Any) -> Optional[str]:
    """The name of the parameter that is missing beside the other one."""
    for name, given, other in ((names[0], key, certificate), (names[1], certificate, key)):
        if given is None and other is not None:
            return name
    return None
