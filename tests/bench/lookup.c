/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source takes: time to load, CPU of a lookup in random order, memory.
 *
 * usage: lookup CA.pem URI FIRST COUNT LOOKUPS    serial numbers from FIRST (hexadecimal) on; writes JSON
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "sources/sources.h"

#define FILE_MOST 65536
#define POLL_LOOKUPS 20000

static double
seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static vouch_time
wall(void)
{
	return (vouch_time)seconds(CLOCK_REALTIME);
}

static void
must(int code, const vouch_err *err)
{
	if (code == VOUCH_OK)
		return;
	fprintf(stderr, "lookup: %s\n", err->msg);
	exit(1);
}

static vouch_issuer *
read_issuer(const char *path)
{
	static uint8_t octets[FILE_MOST];
	vouch_issuer *issuer = NULL;
	vouch_err err;
	FILE *file = fopen(path, "rb");
	size_t len = file == NULL ? 0 : fread(octets, 1, sizeof(octets), file);

	if (file != NULL)
		fclose(file);
	must(vouch_issuer_new(&issuer, (vouch_span){ octets, len }, NULL, &err), &err);
	return issuer;
}

/* Kilobytes of a line of /proc/self/status. */
static unsigned long
memory(const char *name)
{
	char line[256];
	unsigned long found = 0;
	FILE *file = fopen("/proc/self/status", "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			found = strtoul(line + strlen(name) + 1, NULL, 10);
	if (file != NULL)
		fclose(file);
	return found;
}

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The last eight octets count on. */
static void
add(vouch_buf *serial, const vouch_buf *first, uint64_t number)
{
	uint64_t carry = number;

	memcpy(serial->data, first->data, first->len);
	for (size_t i = first->len; i-- > 0 && carry > 0;) {
		carry += serial->data[i];
		serial->data[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void
ignore(void *arg, vouch_span serial_number)
{
	(void)arg;
	(void)serial_number;
}

/* As often as a responder does, roughly: so long a source may hold what it has read. */
static void
poll_source(vouch_source *source, vouch_buf *cursor)
{
	vouch_err err;

	if (vouch_source_get_ops(source)->changes != NULL)
		must(vouch_source_changes(source, cursor, ignore, NULL, &err), &err);
}

static uint64_t found_of[3];

static void
look_up(vouch_source *source, const vouch_issuer *issuer, vouch_span serial, vouch_time now)
{
	vouch_status status;
	vouch_err err;

	vouch_status_init(&status);
	int code = vouch_source_lookup(source, issuer, serial, now, &status, &err);
	if (code != VOUCH_ENOTFOUND)
		must(code, &err);
	found_of[code == VOUCH_ENOTFOUND ? 0 : status.cert_status == VOUCH_REVOKED ? 2 : 1]++;
	vouch_status_clear(&status);
}

int
main(int argc, char **argv)
{
	vouch_buf first = { 0 }, serial = { 0 }, cursor = { 0 };
	vouch_source *source = NULL;
	vouch_err err;

	if (argc != 6)
		return 2;
	vouch_issuer *issuer = read_issuer(argv[1]);
	uint64_t count = strtoull(argv[4], NULL, 10), lookups = strtoull(argv[5], NULL, 10);
	must(vouch_serial_parse(&first, argv[3], &err), &err);
	must(buf_append_span(&serial, span_buf(&first)), &err);
	double begun = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	must(sources_open(&source, argv[2], wall(), &err), &err);
	must(vouch_issuer_add_source(issuer, source, 0, &err), &err);
	double loaded = seconds(CLOCK_MONOTONIC) - begun, load_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	/* The page cache, and a source that keeps its place between lookups as it does in a responder. */
	poll_source(source, &cursor);
	for (uint64_t i = 0; i < lookups; i++) {
		add(&serial, &first, mix(i) % count);
		look_up(source, issuer, span_buf(&serial), wall());
	}
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (uint64_t i = 0; i < lookups; i++) {
		if (i % POLL_LOOKUPS == 0)
			poll_source(source, &cursor);
		add(&serial, &first, mix(i + lookups) % count);
		look_up(source, issuer, span_buf(&serial), wall());
	}
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("{\"load_seconds\":%.4f,\"load_cpu_seconds\":%.4f,\"lookup_us\":%.3f,\"rss_anon_kib\":%lu,\"peak_kib\":%lu,"
	       "\"not_found\":%" PRIu64 ",\"good\":%" PRIu64 ",\"revoked\":%" PRIu64 "}\n",
	    loaded, load_cpu, cpu * 1e6 / (double)lookups, memory("RssAnon:"), memory("VmHWM:"), found_of[0],
	    found_of[1], found_of[2]);
	vouch_source_free(source);
	vouch_issuer_free(issuer);
	vouch_buf_free(&first);
	vouch_buf_free(&serial);
	vouch_buf_free(&cursor);
	return 0;
}
