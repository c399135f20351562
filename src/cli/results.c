/* SPDX-License-Identifier: Apache-2.0 */
/* What a command has to say of each certificate. */
#include "cli/results.h"
#include "base/date.h"
#include "base/span.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

static const char *
status_name(uint8_t cert_status)
{
	switch ((enum vouch_cert_status)cert_status) {
	case VOUCH_GOOD:
		return "good";
	case VOUCH_REVOKED:
		return "revoked";
	case VOUCH_UNKNOWN:
		return "unknown";
	case VOUCH_STATUS_UNSET:
		break;
	}
	return "unset";
}

void
cli_status_text(char *out, size_t size, const vouch_status *status)
{
	char when[DATE_RFC3339_LENGTH + 1];
	const char *reason = vouch_reason_name(status->revocation_reason);

	if (status->cert_status != VOUCH_REVOKED) {
		snprintf(out, size, "%s", status_name(status->cert_status));
		return;
	}
	date_format_rfc3339(status->revocation_time, when);
	snprintf(out, size, "revoked %s%s%s", reason != NULL ? reason : "", reason != NULL ? " " : "", when);
}

static int
add_line(vouch_buf *out, const struct cli_certificate *certificate, const char *text,
    const vouch_status *status)
{
	int ret = vouch_serial_format(out, span_buf(&certificate->serial_number));

	if (ret == VOUCH_OK)
		ret = buf_printf(out, ": %s", text);
	if (ret == VOUCH_OK && certificate->is_file)
		ret = buf_printf(out, " (%s)", certificate->name);
	if (ret == VOUCH_OK && status->detail.len > 0)
		ret = buf_printf(out, " [%.*s]", (int)status->detail.len, (const char *)status->detail.data);
	return ret == VOUCH_OK ? buf_append_string(out, "\n") : ret;
}

/* What is absent is left out. */
static int
set_string(json_t *object, const char *key, const char *value)
{
	return value == NULL ? 0 : json_object_set_new(object, key, json_string(value));
}

static int
set_time(json_t *object, const char *key, vouch_time time)
{
	char text[DATE_RFC3339_LENGTH + 1];

	if (time == VOUCH_TIME_ABSENT)
		return 0;
	date_format_rfc3339(time, text);
	return set_string(object, key, text);
}

static int
set_serial(json_t *object, const struct cli_certificate *certificate)
{
	vouch_buf text = { 0 };
	int ret = -1;

	if (vouch_serial_format(&text, span_buf(&certificate->serial_number)) == VOUCH_OK)
		ret = json_object_set_new(object, "serial_number",
		    json_stringn((const char *)text.data, text.len));
	vouch_buf_free(&text);
	return ret;
}

/* A file's name need not be UTF-8, which JSON is. */
static int
set_name(json_t *object, const char *key, const char *name, size_t len)
{
	if (len == 0 || json_object_set_new(object, key, json_stringn(name, len)) == 0)
		return 0;
	return set_string(object, key, "(not UTF-8)");
}

static json_t *
make_object(const struct cli_certificate *certificate, const char *result, const vouch_status *status)
{
	json_t *o = json_object();
	bool made = o != NULL &&
	    set_name(o, "certificate", certificate->name, strlen(certificate->name)) == 0 &&
	    set_serial(o, certificate) == 0 && set_string(o, "result", result) == 0 &&
	    set_string(o, "status", status_name(status->cert_status)) == 0 &&
	    set_string(o, "revocation_reason", vouch_reason_name(status->revocation_reason)) == 0 &&
	    set_time(o, "revocation_time", status->revocation_time) == 0 &&
	    set_time(o, "invalidity_date", status->invalidity_date) == 0 &&
	    set_time(o, "this_update", status->this_update) == 0 &&
	    set_time(o, "next_update", status->next_update) == 0 &&
	    set_time(o, "not_after", status->not_after) == 0 &&
	    set_name(o, "detail", (const char *)status->detail.data, status->detail.len) == 0;

	if (made)
		return o;
	json_decref(o);
	return NULL;
}

static int
add_object(vouch_buf *out, const struct cli_certificate *certificate, const char *result,
    const vouch_status *status)
{
	json_t *o = make_object(certificate, result, status);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	int ret = text != NULL ? buf_printf(out, "%s\n", text) : VOUCH_ENOMEM;

	free(text);
	json_decref(o);
	return ret;
}

int
cli_results_add(struct cli_results *results, const struct cli_certificate *certificate, const char *text,
    const char *result, const vouch_status *status)
{
	return results->json ? add_object(&results->text, certificate, result, status) :
			       add_line(&results->text, certificate, text, status);
}

void
cli_results_print(const struct cli_results *results)
{
	(void)fwrite(results->text.data, 1, results->text.len, stdout);
}

void
cli_results_clear(struct cli_results *results)
{
	vouch_buf_free(&results->text);
}
