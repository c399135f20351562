/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_crl_load: a list on its way into a source, out of a caller's hands. */
#include <stdlib.h>

#include "status/crl.h"
#include "status/crl_follow.h"
#include "status/source.h"

struct vouch_crl_load {
	vouch_source *source;
	struct crl_source *crls;
	struct crl_intake in;
};

int
vouch_crl_source_new(vouch_source **out, const char *parameters, vouch_err *err)
{
	vouch_err unread;
	vouch_buf uri = { 0 };
	struct crl_source *crls = NULL;

	err = err_or(err, &unread);
	bool any = parameters != NULL && parameters[0] != '\0';
	int code = buf_printf(&uri, "%s%s", any ? "?" : "", any ? parameters : "");
	if (code == VOUCH_OK)
		code = vouch_buf_append(&uri, "", 1);
	code = code == VOUCH_OK ? crl_open(&crls, (const char *)uri.data, VOUCH_TIME_ABSENT, err) :
				  err_nomem(err);
	vouch_buf_free(&uri);
	if (code != VOUCH_OK)
		return code;
	code = vouch_source_new(out, &vouch_source_crl, crls, err);
	if (code != VOUCH_OK)
		vouch_source_crl.close(crls);
	return code;
}

int
vouch_crl_load_new(vouch_crl_load **out, vouch_source *crls, const char *name, vouch_err *err)
{
	vouch_err unread;
	struct crl_source *ctx = source_context(crls, &vouch_source_crl);

	err = err_or(err, &unread);
	if (ctx == NULL || ctx->path != NULL)
		return err_set(err, VOUCH_EINVAL, "not a source that vouch_crl_source_new() made");
	vouch_crl_load *load = calloc(1, sizeof(*load));
	if (load == NULL)
		return err_nomem(err);
	if (crl_intake_init(&load->in, &ctx->authority, name, err) != VOUCH_OK) {
		free(load);
		return err->code;
	}
	load->source = vouch_source_ref(crls);
	load->crls = ctx;
	*out = load;
	return VOUCH_OK;
}

int
vouch_crl_load_feed(vouch_crl_load *load, vouch_span octets, vouch_err *err)
{
	vouch_err unread;

	return crl_intake_feed(&load->in, octets, err_or(err, &unread));
}

int
vouch_crl_load_end(vouch_crl_load *load, vouch_time now, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	int code = crl_intake_end(&load->in, err);
	if (code != VOUCH_OK)
		return code;
	crl_source_see(load->crls, now);
	pthread_mutex_lock(&load->crls->loading);
	code = crl_follow_take(load->crls, load->in.lists, load->in.count, err);
	pthread_mutex_unlock(&load->crls->loading);
	return code;
}

void
vouch_crl_load_free(vouch_crl_load *load)
{
	if (load == NULL)
		return;
	crl_intake_clear(&load->in);
	vouch_source_free(load->source);
	free(load);
}

static void
inform(const struct crl_list *list, vouch_crl_info_cb *cb, void *arg)
{
	vouch_crl_info info = { .size = sizeof(info),
		.name = list->name,
		.issuer = span_buf(&list->issuer),
		.this_update = list->this_update,
		.next_update = list->next_update,
		.crl_number = span_buf(&list->number),
		.base_crl_number = span_buf(&list->base),
		.freshest_crl = span_buf(&list->freshest),
		.entries = crl_list_entries(list) };

	cb(arg, &info);
}

int
vouch_crl_source_lists(vouch_source *crls, vouch_crl_info_cb *cb, void *arg)
{
	struct crl_source *ctx = source_context(crls, &vouch_source_crl);

	if (ctx == NULL)
		return VOUCH_EINVAL;
	struct crl_snapshot *snapshot = crl_source_enter(ctx);
	for (size_t i = 0; i < snapshot->slot_count; i++) {
		const struct crl_slot *slot = &snapshot->slots[i];
		if (slot->full != NULL && !slot->is_retired)
			inform(slot->full, cb, arg);
		for (size_t d = 0; d < slot->delta_count; d++)
			inform(slot->deltas[d], cb, arg);
	}
	crl_source_leave(snapshot);
	return VOUCH_OK;
}
