# SPDX-License-Identifier: Apache-2.0
# The two hashes that requests and responses are built with.
from . import _values


class Hashes:
    """What both builders have of them."""

    _hash_algo = "sha256"
    _key_hash_algo = "sha1"

    @property
    def hash_algo(self) -> str:
        """The hash under the signature: "sha1", "sha256" or "sha512"."""
        return self._hash_algo

    @hash_algo.setter
    def hash_algo(self, value: str) -> None:
        self._hash_algo = _values.choice("hash_algo", value, _values.SIGNATURE_HASHES)

    @property
    def key_hash_algo(self) -> str:
        """The hash of the CertID: "sha1" or "sha256"."""
        return self._key_hash_algo

    @key_hash_algo.setter
    def key_hash_algo(self, value: str) -> None:
        self._key_hash_algo = _values.choice("key_hash_algo", value, _values.CERTID_HASHES)
