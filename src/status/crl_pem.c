/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs in DER or PEM (RFC 7468 6), cut anywhere, as DER. */
#include "status/crl_pem.h"

#include "der/tag.h"

#define BEGIN "-----BEGIN X509 CRL-----"
#define END "-----END X509 CRL-----"

struct output {
	const struct crl_pem_sink *sink;
	void *arg;
	vouch_err *err;
};

static int
flush(struct crl_pem *p, const struct output *out)
{
	vouch_span block = span_of(p->block, p->block_len);

	p->block_len = 0;
	return block.len == 0 ? VOUCH_OK : out->sink->octets(out->arg, block, out->err);
}

/* --- Base64 ------------------------------------------------------------------------------------------- */

static int
digit_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int
fail_text(const struct crl_pem *p, const struct output *out, const char *what)
{
	return err_at(out->err, VOUCH_EPARSE, (size_t)(p->at - 1), "%s (RFC 7468)", what);
}

static int
end_group(struct crl_pem *p, const struct output *out)
{
	unsigned octets = 3 - p->padding;

	/* RFC 4648 3.5: the bits that no octet uses are zero. */
	if (p->padding > 2 || (p->bits & ((1u << 8 * p->padding) - 1)) != 0)
		return fail_text(p, out, "base64 ends wrongly");
	for (unsigned i = 0; i < octets; i++)
		p->block[p->block_len++] = (uint8_t)(p->bits >> (16 - 8 * i));
	p->bits = 0;
	p->digits = 0;
	return p->block_len + 3 > sizeof(p->block) ? flush(p, out) : VOUCH_OK;
}

static int
take_character(struct crl_pem *p, uint8_t c, const struct output *out)
{
	int digit = digit_of(c);

	if (c == '=' && p->digits >= 2)
		p->padding++;
	else if (digit < 0 || p->padding > 0)
		return fail_text(p, out,
		    c == ':' ? "a PEM block has no headers" : "not a character of base64");
	p->bits = p->bits << 6 | (uint32_t)(c == '=' ? 0 : digit);
	p->digits++;
	return p->digits == 4 ? end_group(p, out) : VOUCH_OK;
}

/* --- Lines -------------------------------------------------------------------------------------------- */

/* Editors of another system put a byte order mark in front of UTF-8, and `copy /b` puts such files behind each other. */
static bool
is_line(const struct crl_pem *p, const char *text)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };
	size_t len = p->line_len, from = 0;

	if (len > sizeof(p->line))
		return false;
	if (len >= sizeof(mark) && memcmp(p->line, mark, sizeof(mark)) == 0)
		from = sizeof(mark);
	while (len > from && (p->line[len - 1] == ' ' || p->line[len - 1] == '\t'))
		len--;
	return len - from == strlen(text) && memcmp(p->line + from, text, len - from) == 0;
}

static void
add_to_line(struct crl_pem *p, uint8_t c)
{
	if (p->line_len < sizeof(p->line))
		p->line[p->line_len] = (char)c;
	p->line_len++;
}

/* An end without a beginning: of a list whose first line is damaged. */
static int
end_outside_line(struct crl_pem *p, const struct output *out)
{
	bool begins = is_line(p, BEGIN), ends = is_line(p, END);

	p->line_len = 0;
	if (ends)
		return fail_text(p, out, END " without a beginning");
	if (!begins)
		return VOUCH_OK;
	p->state = CRL_PEM_INSIDE;
	p->bits = p->digits = p->padding = 0;
	p->lists++;
	return out->sink->begin(out->arg, out->err);
}

static int
end_list(struct crl_pem *p, const struct output *out)
{
	if (!is_line(p, END))
		return fail_text(p, out, "the PEM block does not end with " END);
	if (p->digits != 0)
		return fail_text(p, out, "base64 ends within a group of four characters");
	p->line_len = 0;
	p->state = CRL_PEM_OUTSIDE;
	int code = flush(p, out);
	return code == VOUCH_OK ? out->sink->end(out->arg, out->err) : code;
}

static int
take_text(struct crl_pem *p, uint8_t c, const struct output *out)
{
	bool is_line_end = c == '\n' || c == '\r';

	if (p->state == CRL_PEM_INSIDE && c == '-')
		p->state = CRL_PEM_ENDING;
	switch (p->state) {
	case CRL_PEM_INSIDE:
		return is_line_end || c == ' ' || c == '\t' ? VOUCH_OK : take_character(p, c, out);
	case CRL_PEM_OUTSIDE:
		if (is_line_end)
			return end_outside_line(p, out);
		add_to_line(p, c);
		return VOUCH_OK;
	case CRL_PEM_ENDING:
		if (is_line_end)
			return end_list(p, out);
		add_to_line(p, c);
		return VOUCH_OK;
	case CRL_PEM_UNKNOWN:
	case CRL_PEM_DER:
		break;
	}
	return VOUCH_OK;
}

/* --- Both --------------------------------------------------------------------------------------------- */

static int
find_out(struct crl_pem *p, uint8_t first, const struct output *out)
{
	if (first != DER_SEQUENCE) {
		p->state = CRL_PEM_OUTSIDE;
		return VOUCH_OK;
	}
	p->state = CRL_PEM_DER;
	p->lists++;
	return out->sink->begin(out->arg, out->err);
}

int
crl_pem_feed(struct crl_pem *p, vouch_span octets, const struct crl_pem_sink *sink, void *arg, vouch_err *err)
{
	struct output out = { sink, arg, err };
	int code = VOUCH_OK;

	if (octets.len == 0)
		return VOUCH_OK;
	if (p->state == CRL_PEM_UNKNOWN)
		code = find_out(p, octets.data[0], &out);
	if (code == VOUCH_OK && p->state == CRL_PEM_DER) {
		p->at += octets.len;
		return sink->octets(arg, octets, err);
	}
	for (size_t i = 0; i < octets.len && code == VOUCH_OK; i++) {
		p->at++;
		code = take_text(p, octets.data[i], &out);
	}
	return code;
}

int
crl_pem_end(struct crl_pem *p, const struct crl_pem_sink *sink, void *arg, vouch_err *err)
{
	struct output out = { sink, arg, err };

	if (p->state == CRL_PEM_DER)
		return sink->end(arg, err);
	if (p->state == CRL_PEM_ENDING) {
		int code = end_list(p, &out);
		if (code != VOUCH_OK)
			return code;
	}
	if (p->state == CRL_PEM_OUTSIDE && is_line(p, END))
		return fail_text(p, &out, END " without a beginning");
	if (p->state == CRL_PEM_INSIDE)
		return err_at(err, VOUCH_EPARSE, (size_t)p->at,
		    "the PEM block is cut off: " END " is missing");
	if (p->at == 0)
		return err_at(err, VOUCH_EPARSE, 0, "empty, not a CRL");
	if (p->lists == 0)
		return err_at(err, VOUCH_EPARSE, 0, "not a CRL: neither DER nor a PEM block of an X509 CRL");
	return VOUCH_OK;
}
