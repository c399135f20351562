# SPDX-License-Identifier: Apache-2.0
"""What the conformance, interop and integration tests share: a CA, a running server, raw HTTP, a strict
OCSP decoder."""
