/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked: a certificate, its issuer, and where; for the examples that are clients. */
#ifndef EXAMPLE_QUESTION_H
#define EXAMPLE_QUESTION_H

#include <stdio.h>

#include <vouch.h>

#include "file.h"

struct question {
	vouch_issuer *issuer;
	vouch_buf certificate;	  /* DER */
	vouch_span serial_number; /* in the certificate */
	char url[2048];
};

static inline void
question_clear(struct question *q)
{
	vouch_issuer_free(q->issuer);
	vouch_buf_free(&q->certificate);
}

/* The first certificate of a file, PEM or DER, as DER. */
static inline int
question_read_certificate(const char *path, vouch_buf *der, vouch_err *err)
{
	vouch_buf text = { 0 };
	int code = file_read(path, &text, err);

	if (code == VOUCH_OK) {
		vouch_span rest = span(&text);
		code = vouch_certificate_read(&rest, der, err);
	}
	if (code == VOUCH_ENOTFOUND) /* an answer: the library leaves the text to us */
		snprintf(err->msg, sizeof(err->msg), "%s: holds no certificate", path);
	vouch_buf_free(&text);
	return err->code = code;
}

static inline int
question_choose_url(struct question *q, const char *url, vouch_span ocsp_url, vouch_err *err)
{
	int len = url != NULL ? snprintf(q->url, sizeof(q->url), "%s", url) :
				snprintf(q->url, sizeof(q->url), "%.*s", (int)ocsp_url.len, ocsp_url.data);

	if (len > 0 && (size_t)len < sizeof(q->url))
		return VOUCH_OK;
	snprintf(err->msg, sizeof(err->msg), "the certificate names no responder: give its URL");
	return err->code = VOUCH_EINVAL;
}

/*
 * Reads both certificates and makes sure that the one was issued by the other: an answer about the serial
 * number of another CA's certificate says nothing about this one.  url may be NULL: the certificate's own.
 */
static inline int
question_read(struct question *q, const char *issuer, const char *certificate, const char *url,
    vouch_err *err)
{
	vouch_buf ca = { 0 };
	vouch_certificate_info info = { .size = sizeof(info) };
	int code = question_read_certificate(issuer, &ca, err);

	if (code == VOUCH_OK)
		code = vouch_issuer_new(&q->issuer, span(&ca), NULL, err);
	if (code == VOUCH_OK)
		code = question_read_certificate(certificate, &q->certificate, err);
	if (code == VOUCH_OK)
		code = vouch_issuer_verify(q->issuer, span(&q->certificate), err);
	if (code == VOUCH_OK)
		code = vouch_certificate_inspect(span(&q->certificate), &info, err);
	if (code == VOUCH_OK)
		code = question_choose_url(q, url, info.ocsp_url, err);
	q->serial_number = info.serial_number;
	vouch_buf_free(&ca);
	return code;
}

/*
 * The hash names the issuer in the request and comes back in the answer.  nonce may be empty: none is sent,
 * and the responder may answer with what it signed before.
 */
static inline int
question_request(const struct question *q, enum vouch_hash hash, vouch_span nonce, vouch_request **out,
    vouch_err *err)
{
	vouch_request *request = NULL;
	int code = vouch_request_new(&request, err);

	if (code == VOUCH_OK)
		code = vouch_request_add(request, q->issuer, q->serial_number, hash, err);
	if (code == VOUCH_OK && nonce.len != 0)
		code = vouch_request_set_nonce(request, nonce, err);
	if (code == VOUCH_OK)
		*out = request;
	else
		vouch_request_free(request);
	return code;
}

#endif
