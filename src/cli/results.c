/* SPDX-License-Identifier: Apache-2.0 */
/* What a command has to say of each certificate. */
#include "cli/results.h"
#include "base/span.h"
#include "cli/json_fields.h"
#include "cli/verdict.h"

#include <stdio.h>

static int
add_line(vouch_buf *out, const struct cli_certificate *certificate, const char *text,
    const vouch_status *status, const struct cli_explanation *explanation)
{
	int ret = vouch_serial_format(out, span_buf(&certificate->serial_number));

	if (ret == VOUCH_OK)
		ret = buf_printf(out, ": %s", text);
	if (ret == VOUCH_OK && certificate->is_file)
		ret = buf_printf(out, " (%s)", certificate->name);
	if (ret == VOUCH_OK && status->detail.len > 0)
		ret = buf_printf(out, " [%.*s]", (int)status->detail.len, (const char *)status->detail.data);
	if (ret == VOUCH_OK)
		ret = buf_append_string(out, "\n");
	return ret == VOUCH_OK && explanation != NULL ? cli_explanation_text(out, explanation) : ret;
}

static json_t *
make_object(const struct cli_certificate *certificate, const char *result, const vouch_status *status,
    const struct cli_explanation *explanation)
{
	json_t *o = json_object();
	bool made = o != NULL && json_fields_text(o, "certificate", certificate->name) == 0 &&
	    json_fields_serial(o, "serial_number", span_buf(&certificate->serial_number)) == 0 &&
	    json_fields_text(o, "result", result) == 0 &&
	    json_fields_text(o, "status", cli_verdict_name(status->cert_status)) == 0 &&
	    json_fields_text(o, "revocation_reason", vouch_reason_name(status->revocation_reason)) == 0 &&
	    json_fields_time(o, "revocation_time", status->revocation_time) == 0 &&
	    json_fields_time(o, "invalidity_date", status->invalidity_date) == 0 &&
	    json_fields_time(o, "this_update", status->this_update) == 0 &&
	    json_fields_time(o, "next_update", status->next_update) == 0 &&
	    json_fields_time(o, "not_after", status->not_after) == 0 &&
	    json_fields_span(o, "detail", span_buf(&status->detail)) == 0 &&
	    (explanation == NULL || cli_explanation_json(o, explanation) == 0);

	if (made)
		return o;
	json_decref(o);
	return NULL;
}

int
cli_results_add(struct cli_results *results, const struct cli_certificate *certificate, const char *text,
    const char *result, const vouch_status *status)
{
	const struct cli_explanation *explanation = results->explanation;

	if (!results->json)
		return add_line(&results->text, certificate, text, status, explanation);
	json_t *object = make_object(certificate, result, status, explanation);
	return json_fields_end(object, &results->text) == 0 ? VOUCH_OK : VOUCH_ENOMEM;
}

void
cli_results_print(const struct cli_results *results)
{
	if (results->text.len > 0)
		if (results->text.len > 0)
			(void)fwrite(results->text.data, 1, results->text.len, stdout);
}

void
cli_results_clear(struct cli_results *results)
{
	vouch_buf_free(&results->text);
}
