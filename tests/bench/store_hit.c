/* SPDX-License-Identifier: Apache-2.0 */
/* What a hit costs in time (store_get in random order), and an answer in memory beside its octets. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/memory.h"

/*
 * A CertID with SHA-1 hashes and a serial number of 16 octets, inside an answer that carries its signer's
 * certificate.
 */
#define CERTID_LEN 83
#define CERTID_OFFSET 96
#define SERIAL_OFFSET 67
#define BODY_MOST 65536
/* Neighbours on the machine disturb some rounds: the least and the median tell how much. */
#define ROUNDS 11
#define ROUND_HITS 500000

struct answer {
	size_t len;
	uint8_t body[BODY_MOST];
};

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static struct store_key
key_of(struct answer *answer, uint64_t serial)
{
	uint64_t octets[2] = { mix(serial + 1), serial };

	memcpy(answer->body + CERTID_OFFSET + SERIAL_OFFSET, octets, sizeof(octets));
	return (struct store_key){ 1, 0, 0, span_of(answer->body + CERTID_OFFSET, CERTID_LEN) };
}

static uint64_t
resident_octets(void)
{
	uint64_t size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL || fscanf(file, "%" SCNu64 " %" SCNu64, &size, &resident) != 2)
		exit(1);
	fclose(file);
	return resident * 4096;
}

static void
fill(vouch_store *store, struct answer *answer, uint64_t count)
{
	struct store_meta meta = { .cert_status = VOUCH_GOOD, .position = 1 };

	for (uint64_t i = 0; i < count; i++) {
		struct store_key key = key_of(answer, i);
		meta.produced_at = meta.this_update = (vouch_time)(1800000000 + i / 1000);
		meta.next_update = meta.produced_at + 86399;
		meta.renew_at = meta.produced_at + 40000 + (vouch_time)(i % 3000);
		store_put(store, &key, &meta, span_of(answer->body, answer->len), CERTID_OFFSET);
	}
}

static uint64_t
hits(const vouch_store *store, struct answer *answer, uint64_t count, uint64_t rounds)
{
	struct store_meta meta;
	vouch_buf out = { 0 };
	uint64_t found = 0, at = 12345;

	for (uint64_t i = 0; i < rounds; i++) {
		at = at * UINT64_C(6364136223846793005) + 1442695040888963407;
		struct store_key key = key_of(answer, (at >> 20) % count);
		out.len = 0;
		found += store_get(store, &key, &meta, &out) == VOUCH_OK && out.len == answer->len;
	}
	vouch_buf_free(&out);
	return found;
}

static double
measure(const vouch_store *store, struct answer *answer, uint64_t count, uint64_t *missed)
{
	double start = seconds();
	uint64_t found = hits(store, answer, count, ROUND_HITS);

	*missed += ROUND_HITS - found;
	return (seconds() - start) * 1e9 / ROUND_HITS;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	static struct answer answer;
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	size_t len = argc > 2 ? strtoull(argv[2], NULL, 10) : 900;
	size_t octets = (argc > 3 ? strtoull(argv[3], NULL, 10) : 2048) << 20;
	vouch_store *store;
	uint64_t used, entries, capacity;
	vouch_err err;

	if (len < CERTID_OFFSET + CERTID_LEN || len > BODY_MOST || count == 0) {
		fprintf(stderr,
		    "usage: store_hit [ANSWERS [OCTETS_OF_AN_ANSWER [MEBIBYTES_OF_THE_STORE]]]\n");
		return 2;
	}
	if (vouch_store_new(&store, octets, (const uint8_t[16]){ 42 }, &err) != VOUCH_OK) {
		fprintf(stderr, "store_hit: %s\n", err.msg);
		return 1;
	}
	memset(answer.body, 0x30, sizeof(answer.body));
	answer.len = len;
	uint64_t before = resident_octets();
	double start = seconds();
	fill(store, &answer, count);
	double filled = seconds();
	uint64_t resident = resident_octets() - before, missed = 0;
	double hit_ns[ROUNDS];
	for (unsigned i = 0; i < ROUNDS; i++)
		hit_ns[i] = measure(store, &answer, count, &missed);
	qsort(hit_ns, ROUNDS, sizeof(hit_ns[0]), by_value);
	store_stats(store, &used, &entries, &capacity);
	printf("answers=%" PRIu64 " kept=%" PRIu64
	       " put_ns=%.0f hit_ns_least=%.0f hit_ns_median=%.0f missed=%" PRIu64
	       " resident_beside_body=%.1f used_beside_body=%.1f\n",
	    count, entries, (filled - start) * 1e9 / (double)count, hit_ns[0], hit_ns[ROUNDS / 2], missed,
	    (double)resident / (double)entries - (double)len, (double)used / (double)entries - (double)len);
	vouch_store_free(store);
	return 0;
}
