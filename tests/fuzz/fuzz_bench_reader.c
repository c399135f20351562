/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what a load reads: HTTP responses and the envelope of OCSPResponses.  The first octet says how the
 * network cuts the rest, and no cut may change what is read.
 */
#include <string.h>

#include "base/buf.h"
#include "bench/judge.h"
#include "bench/reader.h"
#include "target.h"

static const uint8_t serial[] = { 0x11 };

struct log {
	vouch_buf octets;
};

static void
note(struct log *log, const void *data, size_t len)
{
	FUZZ_CHECK(vouch_buf_append(&log->octets, data, len) == VOUCH_OK);
}

static int
hear(void *arg, const struct bench_answer *answer)
{
	struct log *log = arg;
	unsigned status = 99;
	const uint8_t flags[] = { answer->is_ocsp, answer->is_last,
		bench_judge_mentions(answer->body, SPAN_ARRAY(serial)) };

	FUZZ_CHECK(answer->body.len <= BENCH_ANSWER_MAX && answer->status / 100 != 1);
	if (bench_judge_status(answer->body, &status) == VOUCH_OK)
		FUZZ_CHECK(status <= 6 && answer->body.len >= 5);
	note(log, &answer->status, sizeof(answer->status));
	note(log, &status, sizeof(status));
	note(log, flags, sizeof(flags));
	note(log, answer->body.data, answer->body.len);
	return VOUCH_OK;
}

static void
read_in_pieces(struct log *log, const uint8_t *data, size_t size, size_t piece)
{
	struct bench_reader r = { 0 };
	int code = VOUCH_OK;

	bench_reader_begin(&r, hear, log);
	for (size_t at = 0; at < size && code == VOUCH_OK; at += piece)
		code = bench_reader_feed(&r, data + at, size - at < piece ? size - at : piece);
	if (code == VOUCH_OK)
		code = bench_reader_end(&r);
	note(log, &code, sizeof(code));
	bench_reader_clear(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log at_once = { 0 }, cut = { 0 };

	if (size < 2)
		return 0;
	read_in_pieces(&at_once, data + 1, size - 1, size);
	read_in_pieces(&cut, data + 1, size - 1, (size_t)data[0] + 1);
	FUZZ_CHECK(span_equal(span_buf(&at_once.octets), span_buf(&cut.octets)));
	vouch_buf_free(&at_once.octets);
	vouch_buf_free(&cut.octets);
	return 0;
}
