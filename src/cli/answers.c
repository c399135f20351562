/* SPDX-License-Identifier: Apache-2.0 */
/* What a responder said of a certificate, in a line. */
#include "cli/answers.h"

#include <stdio.h>

#include "base/date.h"
#include "cli/json_fields.h"
#include "cli/verdict.h"

static int
write_text(vouch_buf *out, const struct cli_target *t, const vouch_single *single)
{
	char is[100], when[DATE_RFC3339_LENGTH + 1];

	cli_verdict_text(is, sizeof(is), single->cert_status, single->revocation_reason,
	    single->revocation_time);
	date_format_rfc3339(single->this_update, when);
	int code = buf_printf(out, "%s: %s (as of %s", t->name, is, when);
	if (code == VOUCH_OK && single->next_update != VOUCH_TIME_ABSENT) {
		date_format_rfc3339(single->next_update, when);
		code = buf_printf(out, ", next %s", when);
	}
	return code == VOUCH_OK ? buf_append_string(out, ")\n") : code;
}

static json_t *
object_of(const struct cli_target *t)
{
	json_t *object = json_object();

	if (json_fields_text(object, "certificate", t->name) == 0 &&
	    json_fields_serial(object, "serial_number", span_buf(&t->serial_number)) == 0 &&
	    json_fields_text(object, "url", t->url) == 0)
		return object;
	json_decref(object);
	return NULL;
}

static int
set_signer(json_t *object, const vouch_response *response)
{
	vouch_certificate_info info = { .size = sizeof(info) };
	vouch_buf name = { 0 };
	int code = 0;

	if (vouch_certificate_inspect(vouch_response_signer(response), &info, NULL) == VOUCH_OK &&
	    vouch_name_format(&name, info.subject) == VOUCH_OK)
		code = json_fields_span(object, "signer", span_buf(&name));
	vouch_buf_free(&name);
	return code;
}

static int
write_json(vouch_buf *out, const struct cli_target *t, const vouch_response *response,
    const vouch_single *single)
{
	json_t *o = object_of(t);
	bool made = o != NULL && json_fields_text(o, "status", cli_verdict_name(single->cert_status)) == 0 &&
	    json_fields_text(o, "revocation_reason", vouch_reason_name(single->revocation_reason)) == 0 &&
	    json_fields_time(o, "revocation_time", single->revocation_time) == 0 &&
	    json_fields_time(o, "invalidity_date", single->invalidity_date) == 0 &&
	    json_fields_time(o, "archive_cutoff", single->archive_cutoff) == 0 &&
	    json_fields_time(o, "this_update", single->this_update) == 0 &&
	    json_fields_time(o, "next_update", single->next_update) == 0 &&
	    json_fields_time(o, "produced_at", vouch_response_produced_at(response)) == 0 &&
	    json_object_set_new(o, "nonce", json_boolean(vouch_response_has_nonce(response))) == 0 &&
	    set_signer(o, response) == 0;

	if (made)
		return json_fields_end(o, out);
	json_decref(o);
	return -1;
}

/* A line that cannot be made for want of memory is an error, too, and needs none to be told. */
static void
set(struct cli_target *t, int verdict, bool is_error, bool made)
{
	t->verdict = made ? verdict : CLI_FAILED;
	t->is_error = is_error || !made;
	t->answered = true;
	if (!made)
		vouch_buf_free(&t->answer);
}

void
cli_answer_set(struct cli_target *t, const vouch_response *response, size_t number, bool json)
{
	vouch_single single = { .size = sizeof(single) };
	vouch_err err;

	if (vouch_response_single(response, number, &single) != VOUCH_OK) {
		err_set(&err, VOUCH_EVERIFY, "%s: the answer has no entry for it", t->url);
		cli_answer_set_error(t, &err, json);
		return;
	}
	int code = json ? write_json(&t->answer, t, response, &single) : write_text(&t->answer, t, &single);
	set(t, cli_verdict_exit(single.cert_status), false, code == 0);
}

void
cli_answer_set_error(struct cli_target *t, const vouch_err *err, bool json)
{
	if (!json) {
		bool has_rule = err->rule != NULL;
		int code = buf_printf(&t->answer, "%s%s%s", has_rule ? err->rule : "", has_rule ? ": " : "",
		    err->msg);
		set(t, CLI_FAILED, true, code == VOUCH_OK);
		return;
	}
	json_t *object = object_of(t);
	bool made = object != NULL && json_fields_text(object, "rule", err->rule) == 0 &&
	    json_fields_text(object, "error", err->msg) == 0;
	set(t, CLI_FAILED, true, json_fields_end(object, &t->answer) == 0 && made);
}

void
cli_answer_print(const struct cli_target *t, bool json)
{
	if (t->answer.data == NULL)
		cli_failf(t->name, "out of memory");
	else if (t->is_error && !json)
		cli_failf(t->name, "%.*s", (int)t->answer.len, (const char *)t->answer.data);
	else
		(void)fwrite(t->answer.data, 1, t->answer.len, stdout);
}
