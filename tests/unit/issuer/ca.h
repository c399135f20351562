/* SPDX-License-Identifier: Apache-2.0 */
/* Issuers, signers and sources for tests of the issuer. */
#ifndef TEST_CA_H
#define TEST_CA_H

#include "authority.h"
#include "issuer/issuer.h"

/* A CA "CN=CA" with this key; options may be NULL. */
vouch_issuer *ca_issuer(EVP_PKEY *key, const vouch_issuer_options *options);
/* A signer whose certificate is made as the recipe says; it signs in memory, with recipe->key. */
vouch_signer *ca_signer(const struct recipe *recipe, const char *algorithm);

#endif
