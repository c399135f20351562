/* SPDX-License-Identifier: Apache-2.0 */
/* Signers for tests: made, issued and opened as people do it, with the key in a file. */
#ifndef TEST_PKI_ISSUED_SIGNER_H
#define TEST_PKI_ISSUED_SIGNER_H

#include "pki/certificate.h"

/* Fails the test when it cannot.  The key's file is gone afterwards. */
vouch_signer *signer_from_pem(vouch_span certificate, vouch_span key_pem);
/* With a new P-256 key. */
vouch_signer *issued_signer(const struct pki_ca *ca, const struct pki_template *t);

#endif
