# SPDX-License-Identifier: Apache-2.0
# The module ocspbuilder: requests and responses of OCSP as objects of asn1crypto, signed by vouch.
"""Builds OCSP requests and responses (RFC 6960).

    OCSPRequestBuilder(certificate, issuer).build()  ->  asn1crypto.ocsp.OCSPRequest
    OCSPResponseBuilder("successful", certificate, "good").build(key, responder)  ->  asn1crypto.ocsp.OCSPResponse

Programs written for the module of this name by Will Bond, version 0.10, find the names and the behaviour that they
know.  Certificates and keys are asn1crypto's x509.Certificate and keys.PrivateKeyInfo, or anything that holds
one as `.asn1`, as oscrypto's do.
"""

from ._request import OCSPRequestBuilder
from ._response import OCSPResponseBuilder
from ._values import pretty_message as _pretty_message
from ._values import type_name as _type_name
from .version import __version__, __version_info__

__all__ = ["OCSPRequestBuilder", "OCSPResponseBuilder", "__version__", "__version_info__", "_pretty_message",
           "_type_name"]
