/* SPDX-License-Identifier: Apache-2.0 */
/* Change positions of one issuer. */
#include "responder/changes.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"

#define MS 1000

int
changes_new(struct changes **out, const uint8_t key[16], uint64_t epoch, vouch_err *err)
{
	struct changes *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return err_nomem(err);
	/* Large and zeroed: pages that no change ever touches cost no memory. */
	c->buckets = calloc(CHANGES_BUCKETS, sizeof(*c->buckets));
	if (c->buckets == NULL) {
		free(c);
		return err_nomem(err);
	}
	memcpy(c->key, key, sizeof(c->key));
	c->epoch = epoch << CHANGES_EPOCH_SHIFT;
	atomic_store(&c->position, c->epoch + 1);
	*out = c;
	return VOUCH_OK;
}

void
changes_free(struct changes *c)
{
	if (c == NULL)
		return;
	free((void *)c->buckets);
	free(c);
}

uint64_t
changes_position(const struct changes *c)
{
	return atomic_load_explicit(&c->position, memory_order_acquire);
}

/*
 * Without leading zeros: a source may keep the magnitude alone, or fill it up, and tell of its changes as it keeps them.
 */
static size_t
bucket_of(const struct changes *c, vouch_span serial_number)
{
	while (serial_number.len > 1 && serial_number.data[0] == 0)
		serial_number = span_of(serial_number.data + 1, serial_number.len - 1);
	return hash_64(c->key, serial_number) % CHANGES_BUCKETS;
}

/*
 * The bucket is written before the position: who notes the new position looks the certificate up after the
 * change.
 */
void
changes_one(struct changes *c, vouch_span serial_number)
{
	uint64_t next = changes_position(c) + 1;

	atomic_store_explicit(&c->buckets[bucket_of(c, serial_number)], next, memory_order_release);
	atomic_store_explicit(&c->position, next, memory_order_release);
}

void
changes_all(struct changes *c)
{
	uint64_t next = changes_position(c) + 1;

	atomic_store_explicit(&c->all, next, memory_order_release);
	atomic_store_explicit(&c->position, next, memory_order_release);
}

bool
changes_since(const struct changes *c, vouch_span serial_number, uint64_t position)
{
	if (changes_position(c) == position)
		return false;
	/* What another responder noted: this one has not heard what changed since. */
	if (position >> CHANGES_EPOCH_SHIFT != c->epoch >> CHANGES_EPOCH_SHIFT)
		return true;
	if (atomic_load_explicit(&c->all, memory_order_acquire) > position)
		return true;
	return atomic_load_explicit(&c->buckets[bucket_of(c, serial_number)], memory_order_acquire) >
	    position;
}

void
changes_confirm(struct changes *c, vouch_time now, uint64_t monotonic_ms)
{
	atomic_store_explicit(&c->confirmed, now, memory_order_release);
	atomic_store_explicit(&c->confirmed_ms, monotonic_ms, memory_order_release);
}

bool
changes_are_confirmed(const struct changes *c, vouch_time now, uint64_t monotonic_ms, uint32_t lease_ms)
{
	return changes_are_confirmed_by_monotonic(c, monotonic_ms, lease_ms) &&
	    changes_are_confirmed_by_wall(c, now, lease_ms);
}

bool
changes_are_confirmed_by_wall(const struct changes *c, vouch_time now, uint32_t lease_ms)
{
	vouch_time lease = ((vouch_time)lease_ms + MS - 1) / MS + 1;

	vouch_time confirmed = atomic_load_explicit(&c->confirmed, memory_order_acquire);

	/* Confirmed in the future: the clock was set back, nobody knows when. */
	return now <= confirmed + lease && now >= confirmed - lease;
}

bool
changes_are_confirmed_by_monotonic(const struct changes *c, uint64_t monotonic_ms, uint32_t lease_ms)
{
	uint64_t confirmed = atomic_load_explicit(&c->confirmed_ms, memory_order_acquire);

	return confirmed != 0 && monotonic_ms <= confirmed + lease_ms;
}
