/* SPDX-License-Identifier: Apache-2.0 */
/* Octets in, verified lists out: one of DER, any number of PEM. */
#include "status/crl_intake.h"

#include <stdlib.h>

#include "status/crl_fields.h"

int
crl_intake_init(struct crl_intake *in, const struct crl_authority *authority, const char *name,
    vouch_err *err)
{
	*in = (struct crl_intake){ .authority = authority, .name = strdup(name) };
	return in->name != NULL ? VOUCH_OK : err_nomem(err);
}

void
crl_intake_clear(struct crl_intake *in)
{
	for (size_t i = 0; i < in->count; i++)
		crl_list_free(in->lists[i]);
	crl_reader_free(in->reader);
	vouch_buf_free(&in->other);
	free(in->lists);
	free(in->name);
	*in = (struct crl_intake){ 0 };
}

static int
begin(void *arg, vouch_err *err)
{
	struct crl_intake *in = arg;

	if (in->count == CRL_LISTS_MAX)
		return err_set(err, VOUCH_ELIMIT, "more than %d CRLs in one file", CRL_LISTS_MAX);
	return crl_reader_new(&in->reader, in->authority, in->name, err);
}

/* One PEM file often has the lists of a whole chain of CAs: of those that are not served, nothing is asked. */
static int
pass_over(struct crl_intake *in, int code, vouch_err *err)
{
	bool is_other = code == VOUCH_EVERIFY && err->rule != NULL && strcmp(err->rule, CRL_RULE_ISSUER) == 0;

	if (!is_other || in->pem.state == CRL_PEM_DER)
		return code;
	if (in->others++ == 0) {
		in->unused = *err;
		if (buf_append_span(&in->other, crl_reader_issuer(in->reader)) != VOUCH_OK)
			return err_nomem(err);
	}
	crl_reader_free(in->reader);
	in->reader = NULL;
	err_or(err, NULL);
	return VOUCH_OK;
}

static int
take(void *arg, vouch_span der, vouch_err *err)
{
	struct crl_intake *in = arg;

	if (in->reader == NULL)
		return VOUCH_OK;
	int code = crl_reader_feed(in->reader, der, err);
	return code == VOUCH_OK ? VOUCH_OK : pass_over(in, code, err);
}

static int
end(void *arg, vouch_err *err)
{
	struct crl_intake *in = arg;
	struct crl_list *list = NULL;
	struct crl_list **lists = reallocarray(in->lists, in->count + 1, sizeof(struct crl_list *));

	if (lists == NULL)
		return err_nomem(err);
	in->lists = lists;
	if (in->reader == NULL)
		return VOUCH_OK;
	int code = crl_reader_end(in->reader, &list, err);
	if (code != VOUCH_OK)
		return pass_over(in, code, err);
	lists[in->count++] = list;
	crl_reader_free(in->reader);
	in->reader = NULL;
	return VOUCH_OK;
}

static const struct crl_pem_sink sink = { begin, take, end };

/* People look for the octet: where it is, and in what. */
static int
locate(const struct crl_intake *in, int code, vouch_err *err)
{
	if (code != VOUCH_EPARSE && code != VOUCH_EREFUSED && code != VOUCH_ELIMIT)
		return code;
	return err_prefix(err, "offset %zu%s", err->offset,
	    in->pem.state != CRL_PEM_DER && in->reader != NULL ? " (or in the DER of the PEM block)" : "");
}

int
crl_intake_feed(struct crl_intake *in, vouch_span octets, vouch_err *err)
{
	int code = crl_pem_feed(&in->pem, octets, &sink, in, err);

	return code == VOUCH_OK ? VOUCH_OK : locate(in, code, err);
}

int
crl_intake_end(struct crl_intake *in, vouch_err *err)
{
	int code = crl_pem_end(&in->pem, &sink, in, err);

	if (code != VOUCH_OK)
		return locate(in, code, err);
	if (in->count == 0) {
		*err = in->unused;
		return err->code;
	}
	for (size_t i = 0; i < in->count; i++)
		in->lists[i]->is_alone = in->pem.lists == 1;
	return VOUCH_OK;
}

vouch_span
crl_intake_issuer(const struct crl_intake *in)
{
	return in->reader != NULL ? crl_reader_issuer(in->reader) : span_buf(&in->other);
}
