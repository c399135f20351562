/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: a configuration and the certificate files that it names. */
#include "daemon/plan.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/message.h"

#define TEXT_MOST ((size_t)1 << 24) /* beyond what the configuration's own reader takes */

enum { PART_TEXT = 1 };

static int
parse(struct plan *plan, const struct plan_origin *origin, vouch_err *err)
{
	if (origin->file == NULL)
		return origin->from_flags(&plan->conf, origin->arg, err);
	return conf_parse(&plan->conf, origin->file, span_buf(&plan->text), err);
}

static int
read_issuer_files(struct plan *plan, const struct conf_issuer *issuer, vouch_err *err)
{
	if (bundle_read(&plan->files, issuer->certificate, err) != VOUCH_OK)
		return conf_err_at(err, plan->conf, issuer->line);
	for (size_t i = 0; i < issuer->signer_count; i++)
		if (bundle_read(&plan->files, issuer->signers[i].certificate, err) != VOUCH_OK)
			return conf_err_at(err, plan->conf, issuer->signers[i].line);
	return VOUCH_OK;
}

static int
read_all(struct plan *plan, const struct plan_origin *origin, vouch_err *err)
{
	int code = origin->file == NULL ? VOUCH_OK : conf_read_text(&plan->text, origin->file, err);

	if (code == VOUCH_OK)
		code = parse(plan, origin, err);
	for (size_t i = 0; code == VOUCH_OK && i < plan->conf->issuer_count; i++)
		code = read_issuer_files(plan, &plan->conf->issuers[i], err);
	return code;
}

int
plan_make(struct plan **out, const struct plan_origin *origin, vouch_err *err)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return err_nomem(err);
	int code = read_all(plan, origin, err);
	if (code != VOUCH_OK) {
		plan_free(plan);
		return code;
	}
	*out = plan;
	return VOUCH_OK;
}

int
plan_encode(const struct plan *plan, vouch_buf *out, vouch_err *err)
{
	struct io_message text = { .type = PART_TEXT, .body = span_buf(&plan->text) };

	if (io_message_append(out, &text) != VOUCH_OK)
		return err_nomem(err);
	return bundle_encode(&plan->files, out, err);
}

static int
decode(struct plan *plan, const struct plan_origin *origin, vouch_span octets, vouch_err *err)
{
	struct io_message text;

	if (io_message_next(&octets, TEXT_MOST, &text) != VOUCH_OK || text.type != PART_TEXT)
		return err_set(err, VOUCH_EPARSE, "a plan that is none of ours");
	if (buf_append_span(&plan->text, text.body) != VOUCH_OK)
		return err_nomem(err);
	int code = bundle_decode(&plan->files, octets, err);
	return code == VOUCH_OK ? parse(plan, origin, err) : code;
}

int
plan_decode(struct plan **out, const struct plan_origin *origin, vouch_span octets, vouch_err *err)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return err_nomem(err);
	int code = decode(plan, origin, octets, err);
	if (code != VOUCH_OK) {
		plan_free(plan);
		return code;
	}
	*out = plan;
	return VOUCH_OK;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	conf_free(plan->conf);
	bundle_clear(&plan->files);
	vouch_buf_free(&plan->text);
	free(plan);
}
