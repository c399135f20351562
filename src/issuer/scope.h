/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scope: a path and the issuers that answer under it, found by what a CertID says of them.
 *
 *   slots  [ - | hashes, hash, number | - | - | … ]
 *
 * Open addressing, at most half full, by a keyed hash of the issuerKeyHash: the operator chooses what is in
 * it, but peers what is looked up.
 */
#ifndef ISSUER_SCOPE_H
#define ISSUER_SCOPE_H

#include "issuer/issuer.h"

struct scope_slot {
	const struct issuer_hashes *hashes; /* NULL: free */
	enum vouch_hash hash;
	bool
	    is_served; /* CertIDs with this hash are answered; else it is there to be told apart from others */
	unsigned number; /* of the issuer, in the registry */
};

struct vouch_scope {
	char *path; /* begins and ends with '/' */
	size_t path_length;
	size_t used, capacity; /* capacity is 0 or a power of two */
	struct scope_slot *slots;
};

/* path: normal form, copied. */
VOUCH_MUST int scope_new(vouch_scope **out, vouch_span path, vouch_err *err);
void scope_free(vouch_scope *scope);
/* Adds every hash by which the issuer may be named; all of them or none, if there is no memory. */
VOUCH_MUST int scope_add(vouch_scope *scope, const uint8_t key[16], const vouch_issuer *issuer,
    unsigned number, vouch_err *err);
/* False when no issuer of the scope has these hashes and is asked about by them. */
bool scope_find(const vouch_scope *scope, const uint8_t key[16], enum vouch_hash hash, vouch_span name_hash,
    vouch_span key_hash, unsigned *number);
/* The scope has an issuer with this name and this key, whichever hashes either is asked about by. */
bool scope_has(const vouch_scope *scope, const uint8_t key[16], const vouch_issuer *issuer);

#endif
