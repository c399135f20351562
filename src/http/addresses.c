/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections each address has: an open-addressed table, twice as large as the connections that may
 * be.
 */
#include "http/addresses.h"

#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "base/hash.h"
#include "io/random.h"

struct entry {
	uint8_t address[16];
	uint32_t count; /* 0: free */
};

struct http_addresses {
	uv_mutex_t entries_lock;
	uint8_t key[HASH_KEY_LENGTH]; /* peers choose their addresses, IPv6 ones freely */
	size_t mask;
	struct entry *entries;
};

int
http_addresses_new(struct http_addresses **out, unsigned connections, vouch_err *err)
{
	struct http_addresses *a = calloc(1, sizeof(*a));
	size_t size = 16;

	if (a == NULL)
		return err_nomem(err);
	while (size < (size_t)connections * 2)
		size *= 2;
	a->mask = size - 1;
	a->entries = calloc(size, sizeof(*a->entries));
	if (a->entries == NULL || uv_mutex_init(&a->entries_lock) != 0) {
		free(a->entries);
		free(a);
		return err_nomem(err);
	}
	if (io_random(a->key, sizeof(a->key), err) != VOUCH_OK) {
		http_addresses_free(a);
		return err->code;
	}
	*out = a;
	return VOUCH_OK;
}

void
http_addresses_free(struct http_addresses *addresses)
{
	if (addresses == NULL)
		return;
	uv_mutex_destroy(&addresses->entries_lock);
	free(addresses->entries);
	free(addresses);
}

static size_t
home_of(const struct http_addresses *a, const uint8_t address[16])
{
	return (size_t)hash_64(a->key, span_of(address, 16)) & a->mask;
}

/* Where it is, or the free place where it belongs; the table is never more than half full. */
static size_t
place_of(const struct http_addresses *a, const uint8_t address[16])
{
	size_t i = home_of(a, address);

	while (a->entries[i].count > 0 && memcmp(a->entries[i].address, address, 16) != 0)
		i = (i + 1) & a->mask;
	return i;
}

bool
http_addresses_enter(struct http_addresses *addresses, const uint8_t address[16], unsigned limit)
{
	uv_mutex_lock(&addresses->entries_lock);
	struct entry *e = &addresses->entries[place_of(addresses, address)];
	bool room = e->count < limit;
	if (room) {
		memcpy(e->address, address, 16);
		e->count++;
	}
	uv_mutex_unlock(&addresses->entries_lock);
	return room;
}

/*
 * Frees a place and moves those that it had pushed on back towards their homes, so that every search still
 * ends at a free place.
 */
static void
remove_at(struct http_addresses *a, size_t hole)
{
	size_t i = hole;

	for (;;) {
		i = (i + 1) & a->mask;
		if (a->entries[i].count == 0)
			break;
		size_t home = home_of(a, a->entries[i].address);
		if (((i - home) & a->mask) < ((i - hole) & a->mask))
			continue;
		a->entries[hole] = a->entries[i];
		hole = i;
	}
	a->entries[hole].count = 0;
}

void
http_addresses_leave(struct http_addresses *addresses, const uint8_t address[16])
{
	uv_mutex_lock(&addresses->entries_lock);
	size_t i = place_of(addresses, address);
	if (addresses->entries[i].count > 0 && --addresses->entries[i].count == 0)
		remove_at(addresses, i);
	uv_mutex_unlock(&addresses->entries_lock);
}
