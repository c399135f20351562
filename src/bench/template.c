/* SPDX-License-Identifier: Apache-2.0 */
/* An OCSPRequest with gaps: made by encoding it several times, and looking where the results differ. */
#include "bench/template.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/* Of the fillings that are told apart: positive as INTEGERs, and different in every octet. */
enum filling { FILLING = 0x11, OTHER_FILLING = 0x22 };

struct recipe {
	vouch_issuer *issuer;
	enum vouch_hash hash;
	bool nonce;
	size_t serial_len;
};

static int
add_parts(const struct recipe *r, vouch_request *request, int serial, int nonce, vouch_err *err)
{
	uint8_t octets[BENCH_SERIAL_MAX], nonce_octets[BENCH_NONCE];

	memset(octets, serial, r->serial_len);
	memset(nonce_octets, nonce, sizeof(nonce_octets));
	if (vouch_request_add(request, r->issuer, span_of(octets, r->serial_len), r->hash, err) != VOUCH_OK)
		return err->code;
	return r->nonce ? vouch_request_set_nonce(request, SPAN_ARRAY(nonce_octets), err) : VOUCH_OK;
}

static int
encode(const struct recipe *r, int serial, int nonce, vouch_buf *out, vouch_err *err)
{
	vouch_request *request = NULL;
	int code = vouch_request_new(&request, err);

	if (code == VOUCH_OK)
		code = add_parts(r, request, serial, nonce, err);
	if (code == VOUCH_OK)
		code = vouch_request_encode(request, out, err);
	vouch_request_free(request);
	return code;
}

/* Where the first gap of this length is: the octets that differ from those of the other filling. */
static int
find_gap(const struct bench_template *t, const struct recipe *r, int serial, int nonce, size_t *at,
    vouch_err *err)
{
	vouch_buf other = { 0 };
	int code = encode(r, serial, nonce, &other, err);

	if (code == VOUCH_OK && other.len != t->octets.len)
		code = err_set(err, VOUCH_EINVAL, "two requests of one kind differ in length");
	for (*at = 0; code == VOUCH_OK && *at < other.len; ++*at)
		if (other.data[*at] != t->octets.data[*at])
			break;
	vouch_buf_free(&other);
	return code;
}

int
bench_template_make(struct bench_template *out, vouch_issuer *issuer, enum vouch_hash hash, bool nonce,
    size_t serial_len, vouch_err *err)
{
	const struct recipe r = { issuer, hash, nonce, serial_len };
	struct bench_template t = { .serial_len = serial_len };

	if (serial_len == 0 || serial_len > BENCH_SERIAL_MAX)
		return err_set(err, VOUCH_ELIMIT, "a serial number of %zu octets", serial_len);
	int code = encode(&r, FILLING, FILLING, &t.octets, err);
	if (code == VOUCH_OK)
		code = find_gap(&t, &r, OTHER_FILLING, FILLING, &t.serial_at, err);
	if (code == VOUCH_OK && nonce)
		code = find_gap(&t, &r, FILLING, OTHER_FILLING, &t.nonce_at, err);
	if (code == VOUCH_OK)
		*out = t;
	else
		vouch_buf_free(&t.octets);
	return code;
}

int
bench_template_write(const struct bench_template *t, vouch_span serial_number, const uint8_t *nonce,
    vouch_buf *out)
{
	size_t start = out->len;
	int code = buf_append_span(out, span_buf(&t->octets));

	if (code != VOUCH_OK)
		return code;
	memcpy(out->data + start + t->serial_at, serial_number.data, t->serial_len);
	if (nonce != NULL)
		memcpy(out->data + start + t->nonce_at, nonce, BENCH_NONCE);
	return VOUCH_OK;
}
