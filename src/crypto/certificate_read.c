/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates out of files: one in DER, or PEM text (RFC 7468) with any number among whatever else. */
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "crypto/cert.h"
#include "crypto/ossl.h"
#include "der/reader.h"

#define BEGIN SPAN_LITERAL("-----BEGIN ")
#define END SPAN_LITERAL("-----END ")
#define DASHES SPAN_LITERAL("-----")

/*
 * What is there instead of a certificate, by how its label ends; the earliest row is what the file is
 * about.
 */
static const struct {
	const char *ending, *what;
} labels[] = {
	{ "PRIVATE KEY", "a private key" },
	{ "CERTIFICATE REQUEST", "a certificate request" },
	{ "X509 CRL", "a CRL" },
	{ "PKCS7", "a PKCS #7 bundle" },
	{ "CMS", "a PKCS #7 bundle" },
	{ "PUBLIC KEY", "a public key" },
	{ "PARAMETERS", "parameters of a key" },
};
#define LABELS (sizeof(labels) / sizeof(labels[0]))

struct block {
	vouch_span text; /* from its BEGIN, to the end of its END line if there is one */
	vouch_span label;
};

static const uint8_t *
find(vouch_span in, vouch_span what)
{
	return in.len != 0 ? memmem(in.data, in.len, what.data, what.len) : NULL;
}

static vouch_span
from(vouch_span in, const uint8_t *at)
{
	return span_of(at, in.len - (size_t)(at - in.data));
}

/* The next block of text; false when there is none. */
static bool
next_block(vouch_span text, struct block *out)
{
	const uint8_t *begin = find(text, BEGIN);

	if (begin == NULL)
		return false;
	out->text = from(text, begin);
	vouch_span label = from(text, begin + BEGIN.len);
	const uint8_t *dashes = find(label, DASHES);
	out->label = span_of(label.data, dashes != NULL ? (size_t)(dashes - label.data) : 0);
	const uint8_t *end = find(out->text, END);
	if (end == NULL)
		return true;
	const uint8_t *line_end = memchr(end, '\n', (size_t)(out->text.data + out->text.len - end));
	if (line_end != NULL)
		out->text.len = (size_t)(line_end + 1 - out->text.data);
	return true;
}

/* The labels that were ever used for a certificate; behind the third one, OpenSSL's trust settings follow. */
static bool
is_certificate(vouch_span label)
{
	return span_equal(label, SPAN_LITERAL("CERTIFICATE")) ||
	    span_equal(label, SPAN_LITERAL("X509 CERTIFICATE")) ||
	    span_equal(label, SPAN_LITERAL("TRUSTED CERTIFICATE"));
}

/* The row of a label; LABELS when there is none. */
static size_t
row_of(vouch_span label)
{
	size_t i = 0;

	for (; i < LABELS; i++) {
		vouch_span ending = span_string(labels[i].ending);
		if (label.data != NULL && label.len >= ending.len &&
		    memcmp(label.data + label.len - ending.len, ending.data, ending.len) == 0)
			break;
	}
	return i;
}

/* Steps to the next certificate's block; *other is the most telling that was passed over. */
static bool
next_certificate(vouch_span *text, struct block *out, struct block *other)
{
	while (next_block(*text, out)) {
		*text = from(*text, out->text.data);
		if (is_certificate(out->label))
			return true;
		if (other->label.data == NULL || row_of(out->label) < row_of(other->label))
			*other = *out;
		*text = from(*text, out->text.data + out->text.len);
	}
	return false;
}

static int
only_others(const struct block *other, size_t offset, vouch_err *err)
{
	size_t row = row_of(other->label);

	if (row < LABELS)
		return err_at(err, VOUCH_EPARSE, offset, "%s, not a certificate", labels[row].what);
	return err_at(err, VOUCH_EPARSE, offset, "PEM text without a certificate");
}

/* Appends the first element: a TRUSTED CERTIFICATE has more behind it. */
static int
append_first_element(vouch_span octets, vouch_buf *der, vouch_err *err)
{
	struct der_reader r = der_reader_init(octets, err);
	vouch_span element = der_element_of(&r, DER_SEQUENCE);

	if (der_failed(&r))
		return err->code;
	return buf_append_span(der, element) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
decode_block(const struct block *block, size_t offset, vouch_buf *der, vouch_err *err)
{
	char *name = NULL, *header = NULL;
	unsigned char *octets = NULL;
	long len = 0;
	BIO *bio = BIO_new_mem_buf(block->text.data, (int)block->text.len);

	if (bio == NULL)
		return err_nomem(err);
	int code = VOUCH_OK;
	if (PEM_read_bio(bio, &name, &header, &octets, &len) == 1) {
		code = append_first_element(span_of(octets, (size_t)len), der, err);
	} else {
		code = crypto_err(err, VOUCH_EPARSE, "damaged PEM block of a certificate");
		err->offset = offset;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(octets);
	BIO_free(bio);
	return code;
}

static int
read_pem(vouch_span *input, vouch_buf *der, vouch_err *err)
{
	vouch_span text = *input;
	struct block block, other = { 0 };

	if (!next_certificate(&text, &block, &other))
		return only_others(&other, (size_t)(other.text.data - input->data), err);
	int code = decode_block(&block, (size_t)(block.text.data - input->data), der, err);
	if (code != VOUCH_OK)
		return code;
	/* What comes after the last certificate, its key perhaps, is no matter of the next call. */
	text = from(text, block.text.data + block.text.len);
	*input = next_certificate(&text, &block, &other) ? text : span_of(text.data + text.len, 0);
	return VOUCH_OK;
}

/* What an editor of another system makes of PEM: two octets a character, behind a mark. */
static bool
is_utf_16(vouch_span input)
{
	return input.len >= 2 &&
	    ((input.data[0] == 0xff && input.data[1] == 0xfe) ||
		(input.data[0] == 0xfe && input.data[1] == 0xff));
}

/* What people have in DER instead begins with its version (RFC 7292 4, RFC 5958 2, RFC 8017 A.1.2, RFC 5915 3); NULL: not that. */
static const char *
known_other(vouch_span element)
{
	vouch_err unread = { 0 };
	struct der_reader outer = der_reader_init(element, &unread);
	struct der_reader r = der_enter(&outer, DER_SEQUENCE);
	uint32_t version = der_small(&r, 3);

	if (der_failed(&r) || version == 2)
		return NULL;
	return version == 3 ? "a PKCS #12 file" : "a private key";
}

static int
read_der(vouch_span *input, vouch_buf *der, vouch_err *err)
{
	struct der_reader r = der_reader_init(*input, err);
	vouch_span element = der_element_of(&r, DER_SEQUENCE);

	if (der_failed(&r) && is_utf_16(*input))
		return err_at(err, VOUCH_EPARSE, 0, "text in UTF-16: PEM is one octet a character");
	if (der_failed(&r))
		return err_prefix(err, "neither PEM nor DER of a certificate");
	const char *other = known_other(element);
	if (other != NULL)
		return err_at(err, VOUCH_EPARSE, 0, "%s, not a certificate", other);
	/* A line end that a tool put there, no more. */
	while (r.next != r.end && (*r.next == '\r' || *r.next == '\n'))
		r.next++;
	int code = der_finish(&r);
	if (code != VOUCH_OK)
		return err_prefix(err, "behind the certificate");
	if (buf_append_span(der, element) != VOUCH_OK)
		return err_nomem(err);
	*input = span_of(r.end, 0);
	return VOUCH_OK;
}

int
vouch_certificate_read(vouch_span *input, vouch_buf *der, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (input->len == 0)
		return VOUCH_ENOTFOUND;
	if (input->len > INT_MAX)
		return err_set(err, VOUCH_ELIMIT, "%zu octets of certificates", input->len);
	return find(*input, BEGIN) != NULL ? read_pem(input, der, err) : read_der(input, der, err);
}

int
crypto_cert_read_first(struct crypto_cert *out, vouch_span pem_or_der, vouch_err *err)
{
	vouch_buf der = { 0 };
	int code = vouch_certificate_read(&pem_or_der, &der, err);

	if (code == VOUCH_ENOTFOUND)
		return err_set(err, VOUCH_EPARSE, "empty, not a certificate");
	if (code == VOUCH_OK && crypto_cert_parse(out, span_buf(&der), err) != VOUCH_OK)
		code = err_prefix(err, "not a certificate");
	vouch_buf_free(&der);
	return code;
}
