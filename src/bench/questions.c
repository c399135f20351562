/* SPDX-License-Identifier: Apache-2.0 */
/* What a load asks about. */
#include "bench/questions.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "bench/serial.h"
#include "bench/template.h"

struct asked_issuer {
	vouch_issuer *issuer;
	struct bench_template *templates; /* by the length of the serial number */
};

struct listed {
	uint64_t at; /* of its octets in `octets` */
	uint32_t issuer;
	uint16_t len;
};

struct range {
	uint64_t count;
	uint32_t issuer;
	uint16_t len;
	uint8_t first[BENCH_SERIAL_MAX];
};

/* Numbers are given to the listed ones first, then to one range after another. */
struct bench_questions {
	enum vouch_hash hash;
	bool nonce;
	struct asked_issuer *issuers;
	size_t issuer_count;
	struct listed *listed;
	size_t listed_count, listed_room;
	vouch_buf octets;
	struct range *ranges;
	size_t range_count;
	uint64_t count;
};

int
bench_questions_new(struct bench_questions **out, enum vouch_hash hash, bool nonce, vouch_err *err)
{
	struct bench_questions *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return err_nomem(err);
	q->hash = hash;
	q->nonce = nonce;
	*out = q;
	return VOUCH_OK;
}

void
bench_questions_free(struct bench_questions *questions)
{
	if (questions == NULL)
		return;
	for (size_t i = 0; i < questions->issuer_count; i++) {
		for (size_t len = 0; len <= BENCH_SERIAL_MAX; len++)
			vouch_buf_free(&questions->issuers[i].templates[len].octets);
		free(questions->issuers[i].templates);
		vouch_issuer_free(questions->issuers[i].issuer);
	}
	free(questions->issuers);
	free(questions->listed);
	free(questions->ranges);
	vouch_buf_free(&questions->octets);
	free(questions);
}

static int
grow_issuers(struct bench_questions *q, vouch_err *err)
{
	struct asked_issuer *grown = realloc(q->issuers, (q->issuer_count + 1) * sizeof(*grown));

	if (grown == NULL)
		return err_nomem(err);
	q->issuers = grown;
	return VOUCH_OK;
}

/* One and the same CA may come with each certificate anew. */
static int
find_issuer(struct bench_questions *q, vouch_issuer *issuer, uint32_t *out, vouch_err *err)
{
	for (size_t i = q->issuer_count; i-- > 0;) {
		if (span_equal(vouch_issuer_certificate(q->issuers[i].issuer),
			vouch_issuer_certificate(issuer))) {
			*out = (uint32_t)i;
			return VOUCH_OK;
		}
	}
	if (grow_issuers(q, err) != VOUCH_OK)
		return err->code;
	struct bench_template *templates = calloc(BENCH_SERIAL_MAX + 1, sizeof(*templates));
	if (templates == NULL)
		return err_nomem(err);
	*out = (uint32_t)q->issuer_count;
	q->issuers[q->issuer_count++] = (struct asked_issuer){ vouch_issuer_ref(issuer), templates };
	return VOUCH_OK;
}

static int
have_template(struct bench_questions *q, uint32_t issuer, size_t serial_len, vouch_err *err)
{
	struct asked_issuer *asked = &q->issuers[issuer];

	if (serial_len == 0 || serial_len > BENCH_SERIAL_MAX)
		return err_set(err, VOUCH_ELIMIT, "a serial number of %zu octets", serial_len);
	if (asked->templates[serial_len].octets.len > 0)
		return VOUCH_OK;
	return bench_template_make(&asked->templates[serial_len], asked->issuer, q->hash, q->nonce,
	    serial_len, err);
}

static int
grow_listed(struct bench_questions *q, vouch_err *err)
{
	if (q->listed_count < q->listed_room)
		return VOUCH_OK;
	size_t room = q->listed_room == 0 ? 64 : 2 * q->listed_room;
	struct listed *grown = realloc(q->listed, room * sizeof(*grown));
	if (grown == NULL)
		return err_nomem(err);
	q->listed = grown;
	q->listed_room = room;
	return VOUCH_OK;
}

int
bench_questions_add(struct bench_questions *questions, vouch_issuer *issuer, vouch_span serial_number,
    vouch_err *err)
{
	struct listed one = { .at = questions->octets.len, .len = (uint16_t)serial_number.len };

	if (find_issuer(questions, issuer, &one.issuer, err) != VOUCH_OK ||
	    have_template(questions, one.issuer, serial_number.len, err) != VOUCH_OK ||
	    grow_listed(questions, err) != VOUCH_OK)
		return err->code;
	if (buf_append_span(&questions->octets, serial_number) != VOUCH_OK)
		return err_nomem(err);
	questions->listed[questions->listed_count++] = one;
	questions->count++;
	return VOUCH_OK;
}

static int
add_range(struct bench_questions *q, const struct range *range, vouch_err *err)
{
	struct range *grown = realloc(q->ranges, (q->range_count + 1) * sizeof(*grown));

	if (grown == NULL)
		return err_nomem(err);
	q->ranges = grown;
	q->ranges[q->range_count++] = *range;
	q->count += range->count;
	return VOUCH_OK;
}

int
bench_questions_add_range(struct bench_questions *questions, vouch_issuer *issuer, vouch_span first,
    vouch_span last, vouch_err *err)
{
	struct range range = { .len = (uint16_t)first.len };

	if (bench_serial_count(first, last, &range.count, err) != VOUCH_OK ||
	    find_issuer(questions, issuer, &range.issuer, err) != VOUCH_OK)
		return err->code;
	for (size_t len = first.len; len <= last.len; len++)
		if (have_template(questions, range.issuer, len, err) != VOUCH_OK)
			return err->code;
	memcpy(range.first, first.data, first.len);
	return add_range(questions, &range, err);
}

/* The serial number of a line, without its comment and the blanks around it. */
static vouch_span
strip(const uint8_t *line, size_t len)
{
	const uint8_t *comment = memchr(line, '#', len);

	if (comment != NULL)
		len = (size_t)(comment - line);
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
		len--;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	return span_of(line, len);
}

static int
add_line(struct bench_questions *q, vouch_issuer *issuer, vouch_span line, vouch_buf *scratch, vouch_err *err)
{
	char text[4 * BENCH_SERIAL_MAX];

	if (line.len == 0)
		return VOUCH_OK;
	if (line.len >= sizeof(text) || memchr(line.data, '\0', line.len) != NULL)
		return err_set(err, VOUCH_EPARSE, "not a serial number");
	memcpy(text, line.data, line.len);
	text[line.len] = '\0';
	buf_clear(scratch);
	if (vouch_serial_parse(scratch, text, err) != VOUCH_OK)
		return err->code;
	return bench_questions_add(q, issuer, span_buf(scratch), err);
}

int
bench_questions_add_lines(struct bench_questions *questions, vouch_issuer *issuer, vouch_span text,
    vouch_err *err)
{
	vouch_buf scratch = { 0 };
	size_t number = 1, at = 0;
	int code = VOUCH_OK;

	for (; code == VOUCH_OK && at < text.len; number++) {
		const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
		size_t len = end != NULL ? (size_t)(end - text.data) - at : text.len - at;
		code = add_line(questions, issuer, strip(text.data + at, len), &scratch, err);
		at += len + 1;
	}
	vouch_buf_free(&scratch);
	return code == VOUCH_OK ? VOUCH_OK : err_prefix(err, "line %zu", number - 1);
}

uint64_t
bench_questions_count(const struct bench_questions *questions)
{
	return questions->count;
}

bool
bench_questions_have_nonce(const struct bench_questions *questions)
{
	return questions->nonce;
}

enum vouch_hash
bench_questions_hash(const struct bench_questions *questions)
{
	return questions->hash;
}

/* The serial number, and whose it is. */
static vouch_span
locate(const struct bench_questions *q, uint64_t number, uint8_t out[BENCH_SERIAL_MAX], uint32_t *issuer)
{
	if (number < q->listed_count) {
		const struct listed *one = &q->listed[number];
		*issuer = one->issuer;
		return span_of(q->octets.data + one->at, one->len);
	}
	const struct range *range = q->ranges;
	for (number -= q->listed_count; number >= range->count; range++)
		number -= range->count;
	*issuer = range->issuer;
	return bench_serial_at(span_of(range->first, range->len), number, out);
}

vouch_issuer *
bench_questions_issuer(const struct bench_questions *questions, uint64_t number)
{
	uint8_t octets[BENCH_SERIAL_MAX];
	uint32_t issuer;

	(void)locate(questions, number, octets, &issuer);
	return questions->issuers[issuer].issuer;
}

vouch_span
bench_questions_serial(const struct bench_questions *questions, uint64_t number,
    uint8_t out[BENCH_SERIAL_MAX])
{
	uint32_t issuer;

	return locate(questions, number, out, &issuer);
}

int
bench_questions_write(const struct bench_questions *questions, uint64_t number,
    const uint8_t nonce[BENCH_NONCE], vouch_buf *out)
{
	uint8_t octets[BENCH_SERIAL_MAX];
	uint32_t issuer;
	vouch_span serial_number = locate(questions, number, octets, &issuer);
	const struct bench_template *t = &questions->issuers[issuer].templates[serial_number.len];

	return bench_template_write(t, serial_number, questions->nonce ? nonce : NULL, out);
}
