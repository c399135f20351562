/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: scopes (paths) and, in each, the issuer that a CertID names.  Built once, read by all. */
#ifndef ISSUER_REGISTRY_H
#define ISSUER_REGISTRY_H

#include "issuer/issuer.h"

struct issuer_registry;

/* key: random, for the hash table (RFC names are public, but hashes are chosen by peers). */
VOUCH_MUST int issuer_registry_new(struct issuer_registry **out, const uint8_t key[16], vouch_err *err);
void issuer_registry_free(struct issuer_registry *registry);
/* Adds under a path; *number is the issuer's number in this registry, the same under every path. */
VOUCH_MUST int issuer_registry_add(struct issuer_registry *registry, vouch_issuer *issuer, const char *path,
    unsigned *number, vouch_err *err);
const vouch_scope *issuer_registry_scope(const struct issuer_registry *registry, vouch_span path,
    size_t *prefix);
/*
 * The issuer of the scope (NULL: of any) whose name and key both hash to these values (RFC 6960 4.1.2);
 * NULL when there is none or its policy does not serve the hash.
 */
vouch_issuer *issuer_registry_find(const struct issuer_registry *registry, const vouch_scope *scope,
    enum vouch_hash hash, vouch_span name_hash, vouch_span key_hash, unsigned *number);
size_t issuer_registry_count(const struct issuer_registry *registry);
vouch_issuer *issuer_registry_get(const struct issuer_registry *registry, unsigned number);

#endif
