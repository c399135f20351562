/* SPDX-License-Identifier: Apache-2.0 */
/* A scope: a path and the issuers that answer under it, found by what a CertID says of them. */
#include "issuer/scope.h"

#include <stdlib.h>

#include "base/hash.h"

#define SCOPE_FIRST 16

int
scope_new(vouch_scope **out, vouch_span path, vouch_err *err)
{
	vouch_scope *scope = calloc(1, sizeof(*scope));

	if (scope == NULL)
		return err_nomem(err);
	scope->path = calloc(1, path.len + 1);
	if (scope->path == NULL) {
		free(scope);
		return err_nomem(err);
	}
	memcpy(scope->path, path.data, path.len);
	scope->path_length = path.len;
	*out = scope;
	return VOUCH_OK;
}

void
scope_free(vouch_scope *scope)
{
	if (scope == NULL)
		return;
	free(scope->slots);
	free(scope->path);
	free(scope);
}

static struct scope_slot *
free_slot(struct scope_slot *slots, size_t capacity, const uint8_t key[16],
    const struct issuer_hashes *hashes)
{
	size_t at = hash_64(key, span_of(hashes->key, hashes->len)) & (capacity - 1);

	while (slots[at].hashes != NULL)
		at = (at + 1) & (capacity - 1);
	return &slots[at];
}

static int
reserve(vouch_scope *scope, const uint8_t key[16], size_t extra, vouch_err *err)
{
	size_t capacity = scope->capacity != 0 ? scope->capacity : SCOPE_FIRST;

	while (capacity < 2 * (scope->used + extra))
		capacity *= 2;
	if (capacity == scope->capacity)
		return VOUCH_OK;
	struct scope_slot *slots = calloc(capacity, sizeof(*slots));
	if (slots == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < scope->capacity; i++)
		if (scope->slots[i].hashes != NULL)
			*free_slot(slots, capacity, key, scope->slots[i].hashes) = scope->slots[i];
	free(scope->slots);
	scope->slots = slots;
	scope->capacity = capacity;
	return VOUCH_OK;
}

static bool
is_served(const vouch_issuer *issuer, enum vouch_hash hash)
{
	return (issuer->policy.certid_hashes & VOUCH_HASH_BIT(hash)) != 0;
}

int
scope_add(vouch_scope *scope, const uint8_t key[16], const vouch_issuer *issuer, unsigned number,
    vouch_err *err)
{
	int code = reserve(scope, key, VOUCH_HASHES, err);

	if (code != VOUCH_OK)
		return code;
	for (unsigned hash = VOUCH_SHA1; hash < VOUCH_HASHES; hash++) {
		const struct issuer_hashes *hashes = &issuer->hashes[hash];
		if (hashes->len == 0)
			continue;
		*free_slot(scope->slots, scope->capacity, key, hashes) = (struct scope_slot){ hashes, hash,
			is_served(issuer, hash), number };
		scope->used++;
	}
	return VOUCH_OK;
}

static const struct scope_slot *
find(const vouch_scope *scope, const uint8_t key[16], enum vouch_hash hash, vouch_span name_hash,
    vouch_span key_hash)
{
	if (scope->capacity == 0)
		return NULL;
	size_t at = hash_64(key, key_hash) & (scope->capacity - 1);
	for (; scope->slots[at].hashes != NULL; at = (at + 1) & (scope->capacity - 1)) {
		const struct scope_slot *slot = &scope->slots[at];
		if (slot->hash == hash &&
		    span_equal(key_hash, span_of(slot->hashes->key, slot->hashes->len)) &&
		    span_equal(name_hash, span_of(slot->hashes->name, slot->hashes->len)))
			return slot;
	}
	return NULL;
}

bool
scope_find(const vouch_scope *scope, const uint8_t key[16], enum vouch_hash hash, vouch_span name_hash,
    vouch_span key_hash, unsigned *number)
{
	const struct scope_slot *slot = find(scope, key, hash, name_hash, key_hash);

	if (slot == NULL || !slot->is_served)
		return false;
	*number = slot->number;
	return true;
}

bool
scope_has(const vouch_scope *scope, const uint8_t key[16], const vouch_issuer *issuer)
{
	for (unsigned hash = VOUCH_SHA1; hash < VOUCH_HASHES; hash++) {
		const struct issuer_hashes *hashes = &issuer->hashes[hash];
		if (hashes->len != 0 &&
		    find(scope, key, hash, span_of(hashes->name, hashes->len),
			span_of(hashes->key, hashes->len)) != NULL)
			return true;
	}
	return false;
}
