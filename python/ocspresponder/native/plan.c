/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: a responder of the library, whose only source is Python. */
#include "plan.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "python.h"

#define CERTIDS_MAX 64

struct plan {
	atomic_uint references;
	void *python;
	vouch_responder *responder;
	vouch_buf extension;
};

/* The request that this thread answers; a validate function may ask another responder meanwhile. */
struct answering {
	vouch_span method, target;
	unsigned asked;
	bool compatible, failed;
	struct answering *outer;
};
static _Thread_local struct answering *answering;

static int
told(const plan *p, const lookup *asked, vouch_status *out)
{
	out->cert_status = (uint8_t)asked->cert_status;
	out->revocation_reason = (uint8_t)asked->revocation_reason;
	out->revocation_time = asked->revocation_time;
	out->next_update = asked->next_update;
	return vouch_buf_append(&out->single_extensions, p->extension.data, p->extension.len);
}

static int
source_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	const plan *p = ctx;
	lookup asked = { .serial_number = serial_number, .now = now };

	(void)issuer;
	(void)err;
	/* Who gave up once is not asked for the rest. */
	if (answering->compatible || answering->failed)
		return VOUCH_EIO;
	asked.method = answering->method;
	asked.target = answering->target;
	asked.is_first = answering->asked++ == 0;
	asked.revocation_time = VOUCH_TIME_ABSENT;
	switch (python_lookup(p->python, &asked)) {
	case LOOKUP_TOLD:
		return told(p, &asked, out);
	case LOOKUP_FAILED:
		answering->failed = true;
		return VOUCH_EIO;
	default:
		answering->compatible = true;
		return VOUCH_EIO;
	}
}

static const vouch_source_ops source_ops = {
	.abi = VOUCH_ABI,
	.name = "ocspresponder",
	.lookup = source_lookup,
};

static int
add_signer(vouch_issuer *issuer, const plan_material *m, vouch_err *err)
{
	vouch_signer_options options = {
		.size = sizeof(options),
		.certificate = m->signer,
		.key_octets = m->key,
		.algorithm = m->algorithm,
		.flags = VOUCH_SIGNER_WEAK,
	};
	vouch_signer *signer;
	int code = vouch_signer_open(&signer, &options, err);

	if (code != VOUCH_OK)
		return code;
	/* Whether its clients trust the certificate was always for them to say. */
	code = vouch_issuer_add_signer(issuer, signer, VOUCH_SIGNER_LOCALLY_TRUSTED, err);
	vouch_signer_free(signer);
	return code;
}

static int
add_source(vouch_issuer *issuer, plan *p, vouch_err *err)
{
	vouch_source *source;
	int code = vouch_source_new(&source, &source_ops, p, err);

	if (code != VOUCH_OK)
		return code;
	code = vouch_issuer_add_source(issuer, source, 0, err);
	vouch_source_free(source);
	return code;
}

static int
new_issuer(vouch_issuer **out, plan *p, const plan_material *m, vouch_err *err)
{
	vouch_issuer_options options;
	vouch_issuer *issuer;

	vouch_issuer_options_init(&options);
	options.certid_hashes = VOUCH_HASH_BIT(VOUCH_SHA1) | VOUCH_HASH_BIT(VOUCH_SHA256) |
	    VOUCH_HASH_BIT(VOUCH_SHA384) | VOUCH_HASH_BIT(VOUCH_SHA512) | VOUCH_HASH_BIT(VOUCH_MD5);
	options.unknown_lookups = UINT32_MAX; /* the program's own function is asked whenever somebody asks */
	options.shape = VOUCH_SHAPE_PLAIN_TIMES | VOUCH_SHAPE_UNSPECIFIED | VOUCH_SHAPE_ALWAYS_CERTS;
	options.validity = m->validity;
	int code = vouch_issuer_new(&issuer, m->issuer, &options, err);
	if (code != VOUCH_OK)
		return code;
	code = add_signer(issuer, m, err);
	if (code == VOUCH_OK)
		code = add_source(issuer, p, err);
	if (code != VOUCH_OK) {
		vouch_issuer_free(issuer);
		return code;
	}
	*out = issuer;
	return VOUCH_OK;
}

static int
fill(plan *p, const plan_material *m, vouch_err *err)
{
	/* The table that the key would protect has one issuer in it, and peers cannot add to it. */
	vouch_responder_options options = { .size = sizeof(options), .certids = CERTIDS_MAX };
	vouch_issuer *issuer;

	int code = vouch_buf_append(&p->extension, m->extension.data, m->extension.len);
	if (code == VOUCH_OK)
		code = new_issuer(&issuer, p, m, err);
	if (code != VOUCH_OK)
		return code;
	code = vouch_responder_new(&p->responder, &options, err);
	if (code == VOUCH_OK)
		code = vouch_responder_add(p->responder, issuer, NULL, err);
	vouch_issuer_free(issuer);
	return code;
}

int
plan_new(plan **out, void *python, const plan_material *material, char *message)
{
	vouch_err err = { .code = VOUCH_OK };
	plan *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return VOUCH_ENOMEM;
	p->references = 1;
	p->python = python;
	int code = fill(p, material, &err);
	if (code != VOUCH_OK) {
		snprintf(message, MESSAGE_SIZE, "%s", err.msg);
		plan_free(p);
		return code;
	}
	*out = p;
	return VOUCH_OK;
}

plan *
plan_ref(plan *p)
{
	p->references++;
	return p;
}

void
plan_free(plan *p)
{
	if (p == NULL || --p->references > 0)
		return;
	vouch_responder_free(p->responder);
	vouch_buf_free(&p->extension);
	free(p);
}

static uint64_t
monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * What was told stands, or the failure to tell does.  Refusals of the library's own are judged the compatible
 * way, and so are answers that say unknown of what nobody was asked about.
 */
static bool
is_final(const struct answering *a, const vouch_outcome *outcome)
{
	if (a->asked == 0 || a->compatible)
		return false;
	if (a->failed)
		return outcome->response_status == VOUCH_INTERNAL_ERROR;
	return outcome->response_status == VOUCH_SUCCESSFUL &&
	    (outcome->certids == 1 || outcome->statuses[VOUCH_UNKNOWN] == 0);
}

static bool
answer(plan *p, vouch_span request, struct answering *a, vouch_buf *out)
{
	vouch_call call = {
		.size = sizeof(call),
		.now = (vouch_time)time(NULL),
		.monotonic_ms = monotonic_ms(),
	};
	vouch_outcome outcome = { .size = sizeof(outcome) };

	out->len = 0;
	a->outer = answering;
	answering = a;
	int code = vouch_handle(p->responder, &call, request, out, &outcome);
	answering = a->outer;
	return code == VOUCH_OK && is_final(a, &outcome);
}

bool
plan_answer(plan *p, const uint8_t *request, size_t len, vouch_buf *out)
{
	struct answering a = { .asked = 0 };

	return answer(p, (vouch_span){ request, len }, &a, out);
}

bool
plan_answer_http(plan *p, vouch_span request, const vouch_http_request *http, vouch_buf *out, bool *asked)
{
	struct answering a = {
		.method = { (const uint8_t *)http->method, strlen(http->method) },
		.target = http->target,
	};
	bool answered = answer(p, request, &a, out);

	*asked = a.asked > 0;
	return answered;
}

static int
pass(void *arg, const vouch_field *field)
{
	(void)arg;
	(void)field;
	return 0;
}

int
check_message(const uint8_t *der, size_t len, char *message)
{
	vouch_err err = { .code = VOUCH_OK };
	int code = vouch_decode((vouch_span){ der, len }, pass, NULL, &err);

	if (code != VOUCH_OK)
		snprintf(message, MESSAGE_SIZE, "%s", err.msg);
	return code;
}
