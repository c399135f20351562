/* SPDX-License-Identifier: Apache-2.0 */
/* What a responder said of a certificate, printed. */
#include "cli/answers.h"

#include <stdio.h>
#include <jansson.h>

#include "base/date.h"
#include "base/span.h"

int
cli_worse(int a, int b)
{
	static const int rank
	    [] = { [CLI_OK] = 0, [CLI_FAILED] = 3, [CLI_USAGE] = 4, [CLI_REVOKED] = 2, [CLI_UNKNOWN] = 1 };

	return rank[a] > rank[b] ? a : b;
}

int
cli_exit_of(enum vouch_cert_status cert_status)
{
	switch (cert_status) {
	case VOUCH_GOOD:
		return CLI_OK;
	case VOUCH_REVOKED:
		return CLI_REVOKED;
	case VOUCH_UNKNOWN:
		return CLI_UNKNOWN;
	case VOUCH_STATUS_UNSET:
		break;
	}
	return CLI_FAILED;
}

static const char *
status_name(uint8_t cert_status)
{
	static const char *const names[] = { "unset", "good", "revoked", "unknown" };

	return names[cert_status];
}

static void
print_text(const struct cli_target *t, const vouch_single *single)
{
	char when[DATE_RFC3339_LENGTH + 1];
	const char *reason = vouch_reason_name(single->revocation_reason);

	printf("%s: %s", t->name, status_name(single->cert_status));
	if (single->cert_status == VOUCH_REVOKED) {
		date_format_rfc3339(single->revocation_time, when);
		printf(" %s%s%s", reason == NULL ? "" : reason, reason == NULL ? "" : " ", when);
	}
	date_format_rfc3339(single->this_update, when);
	printf(" (as of %s", when);
	if (single->next_update != VOUCH_TIME_ABSENT) {
		date_format_rfc3339(single->next_update, when);
		printf(", next %s", when);
	}
	printf(")\n");
}

/* What is absent is left out. */
static void
set_string(json_t *object, const char *key, const char *value)
{
	if (value != NULL)
		json_object_set_new(object, key, json_string(value));
}

static void
set_time(json_t *object, const char *key, vouch_time time)
{
	char text[DATE_RFC3339_LENGTH + 1];

	if (time == VOUCH_TIME_ABSENT)
		return;
	date_format_rfc3339(time, text);
	set_string(object, key, text);
}

static void
set_serial(json_t *object, const struct cli_target *t)
{
	vouch_buf text = { 0 };

	if (vouch_serial_format(&text, span_buf(&t->serial_number)) == VOUCH_OK)
		json_object_set_new(object, "serial_number", json_stringn((const char *)text.data, text.len));
	vouch_buf_free(&text);
}

static int
print_object(json_t *object)
{
	int code = object == NULL ? -1 : json_dumpf(object, stdout, JSON_COMPACT);

	putchar('\n');
	json_decref(object);
	return code;
}

static json_t *
object_of(const struct cli_target *t)
{
	json_t *object = json_object();

	set_string(object, "certificate", t->name);
	set_serial(object, t);
	set_string(object, "url", t->url);
	return object;
}

static void
set_signer(json_t *object, const vouch_response *response)
{
	vouch_certificate_info info;
	vouch_buf name = { 0 };

	if (vouch_certificate_inspect(vouch_response_signer(response), &info, NULL) == VOUCH_OK &&
	    vouch_name_format(&name, info.subject) == VOUCH_OK)
		json_object_set_new(object, "signer", json_stringn((const char *)name.data, name.len));
	vouch_buf_free(&name);
}

static int
print_json(const struct cli_target *t, const vouch_response *response, const vouch_single *single)
{
	json_t *object = object_of(t);

	set_string(object, "status", status_name(single->cert_status));
	set_string(object, "revocation_reason", vouch_reason_name(single->revocation_reason));
	set_time(object, "revocation_time", single->revocation_time);
	set_time(object, "invalidity_date", single->invalidity_date);
	set_time(object, "archive_cutoff", single->archive_cutoff);
	set_time(object, "this_update", single->this_update);
	set_time(object, "next_update", single->next_update);
	set_time(object, "produced_at", vouch_response_produced_at(response));
	json_object_set_new(object, "nonce", json_boolean(vouch_response_has_nonce(response)));
	set_signer(object, response);
	return print_object(object);
}

int
cli_answer_print(const struct cli_target *t, const vouch_response *response, size_t number, bool json)
{
	vouch_single single;

	if (vouch_response_single(response, number, &single) != VOUCH_OK)
		return cli_failf("query", "%s: the answer has no entry for it", t->name);
	if (!json)
		print_text(t, &single);
	else if (print_json(t, response, &single) != 0)
		return CLI_FAILED;
	return cli_exit_of((enum vouch_cert_status)single.cert_status);
}

int
cli_answer_print_error(const struct cli_target *t, const vouch_err *err, bool json)
{
	json_t *object;

	if (!json)
		return cli_failf(t->name, "%s", err->msg);
	object = object_of(t);
	set_string(object, "error", err->msg);
	(void)!print_object(object);
	return CLI_FAILED;
}
