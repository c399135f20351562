/* SPDX-License-Identifier: Apache-2.0 */
/* The script: which status and which faults there are for which serial number. */
#include "mock/script.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/date.h"

#define TEXT_MAX 4096 /* 1024 octets with blanks or colons between them fit */

struct mock_step
mock_step_init(void)
{
	return (struct mock_step){ .revocation_time = VOUCH_TIME_ABSENT };
}

void
mock_script_init(struct mock_script *script)
{
	*script = (struct mock_script){ .otherwise = mock_step_init() };
	script->otherwise.cert_status = VOUCH_GOOD;
}

void
mock_script_clear(struct mock_script *script)
{
	for (size_t i = 0; i < script->serial_count; i++) {
		vouch_buf_free(&script->serials[i].serial_number);
		free(script->serials[i].steps);
	}
	free(script->serials);
	mock_script_init(script);
}

static struct mock_serial *
find(const struct mock_script *script, vouch_span serial_number)
{
	for (size_t i = 0; i < script->serial_count; i++)
		if (span_equal(span_buf(&script->serials[i].serial_number), serial_number))
			return &script->serials[i];
	return NULL;
}

static struct mock_serial *
append_serial(struct mock_script *script, vouch_span serial_number, vouch_err *err)
{
	if (script->serial_count == MOCK_SERIALS_MAX) {
		err_set(err, VOUCH_ELIMIT, "more than %d serial numbers", MOCK_SERIALS_MAX);
		return NULL;
	}
	struct mock_serial *grown = reallocarray(script->serials, script->serial_count + 1, sizeof(*grown));
	if (grown == NULL) {
		err_nomem(err);
		return NULL;
	}
	script->serials = grown;
	struct mock_serial *serial = &grown[script->serial_count];
	*serial = (struct mock_serial){ 0 };
	if (buf_append_span(&serial->serial_number, serial_number) != VOUCH_OK) {
		err_nomem(err);
		return NULL;
	}
	script->serial_count++;
	return serial;
}

struct mock_serial *
mock_script_serial(struct mock_script *script, vouch_span serial_number, vouch_err *err)
{
	struct mock_serial *serial = find(script, serial_number);

	return serial != NULL ? serial : append_serial(script, serial_number, err);
}

int
mock_serial_add_step(struct mock_serial *serial, const struct mock_step *step, vouch_err *err)
{
	if (serial->step_count == MOCK_STEPS_MAX)
		return err_set(err, VOUCH_ELIMIT, "more than %d answers for one serial number",
		    MOCK_STEPS_MAX);
	struct mock_step *grown = reallocarray(serial->steps, serial->step_count + 1, sizeof(*grown));
	if (grown == NULL)
		return err_nomem(err);
	serial->steps = grown;
	grown[serial->step_count++] = *step;
	return VOUCH_OK;
}

void
mock_serial_clear_steps(struct mock_serial *serial)
{
	serial->step_count = serial->next = 0;
}

static int
copy_serial(struct mock_script *out, const struct mock_serial *from, vouch_err *err)
{
	/* Each is there once. */
	struct mock_serial *to = append_serial(out, span_buf(&from->serial_number), err);

	if (to == NULL)
		return err->code;
	for (size_t i = 0; i < from->step_count; i++)
		if (mock_serial_add_step(to, &from->steps[i], err) != VOUCH_OK)
			return err->code;
	to->next = from->next;
	return VOUCH_OK;
}

int
mock_script_copy(struct mock_script *out, const struct mock_script *script, vouch_err *err)
{
	*out = (struct mock_script){ .otherwise = script->otherwise, .seed = script->seed };
	for (size_t i = 0; i < script->serial_count; i++) {
		if (copy_serial(out, &script->serials[i], err) != VOUCH_OK) {
			mock_script_clear(out);
			return err->code;
		}
	}
	return VOUCH_OK;
}

const struct mock_step *
mock_script_take(struct mock_script *script, vouch_span serial_number)
{
	struct mock_serial *serial = find(script, serial_number);

	if (serial == NULL || serial->step_count == 0)
		return NULL;
	const struct mock_step *step = &serial->steps[serial->next];
	if (serial->next + 1 < serial->step_count)
		serial->next++;
	return step;
}

int
mock_script_check(const struct mock_script *script, const struct mock_cast *cast, vouch_err *err)
{
	int code = mock_uses_check(&script->otherwise.faults, cast, err);

	for (size_t i = 0; code == VOUCH_OK && i < script->serial_count; i++)
		for (size_t j = 0; code == VOUCH_OK && j < script->serials[i].step_count; j++)
			code = mock_uses_check(&script->serials[i].steps[j].faults, cast, err);
	return code;
}

/* --- Texts of the command line -------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum vouch_cert_status status;
} statuses[] = {
	{ "good", VOUCH_GOOD },
	{ "revoked", VOUCH_REVOKED },
	{ "unknown", VOUCH_UNKNOWN },
};

static int
parse_status(struct mock_step *step, vouch_span text, vouch_err *err)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (span_equal(span_string(statuses[i].name), text)) {
			step->cert_status = (uint8_t)statuses[i].status;
			return VOUCH_OK;
		}
	}
	return err_set(err, VOUCH_EINVAL, "good, revoked or unknown is expected");
}

static int
parse_reason(struct mock_step *step, vouch_span text, vouch_err *err)
{
	char name[32] = "";

	if (step->cert_status != VOUCH_REVOKED)
		return err_set(err, VOUCH_EINVAL, "only what is revoked has a reason");
	if (text.len < sizeof(name))
		memcpy(name, text.data, text.len);
	step->revocation_reason = vouch_reason_parse(name);
	return step->revocation_reason != 0 ?
	    VOUCH_OK :
	    err_set(err, VOUCH_EINVAL, "there is no such reason (RFC 5280 5.3.1)");
}

static int
parse_time(struct mock_step *step, vouch_span text, vouch_err *err)
{
	if (step->cert_status != VOUCH_REVOKED)
		return err_set(err, VOUCH_EINVAL, "only what is revoked has a time");
	step->revocation_time = date_parse_rfc3339(text);
	return step->revocation_time != VOUCH_TIME_ABSENT ?
	    VOUCH_OK :
	    err_set(err, VOUCH_EINVAL, "a time as in 2026-11-22T10:00:00Z is expected");
}

int
mock_step_parse(struct mock_step *out, const char *text, vouch_err *err)
{
	struct mock_step step = mock_step_init();
	size_t status = strcspn(text, ",@"), reason = 0;
	const char *rest = text + status;

	if (parse_status(&step, span_of(text, status), err) != VOUCH_OK)
		return err->code;
	if (*rest == ',') {
		reason = strcspn(++rest, "@");
		if (parse_reason(&step, span_of(rest, reason), err) != VOUCH_OK)
			return err->code;
		rest += reason;
	}
	if (*rest == '@' && parse_time(&step, span_string(rest + 1), err) != VOUCH_OK)
		return err->code;
	*out = step;
	return VOUCH_OK;
}

/* What stands before '=' is a serial number; *rest is what stands behind it.  NULL: err tells why. */
static struct mock_serial *
parse_serial(struct mock_script *script, const char *text, const char **rest, vouch_err *err)
{
	char hex[TEXT_MAX];
	vouch_buf number = { 0 };
	struct mock_serial *serial = NULL;
	const char *equals = strchr(text, '=');

	if (equals == NULL || (size_t)(equals - text) >= sizeof(hex)) {
		err_set(err, VOUCH_EINVAL, "HEX=... is expected");
		return NULL;
	}
	snprintf(hex, sizeof(hex), "%.*s", (int)(equals - text), text);
	if (vouch_serial_parse(&number, hex, err) == VOUCH_OK)
		serial = mock_script_serial(script, span_buf(&number), err);
	vouch_buf_free(&number);
	*rest = equals + 1;
	return serial;
}

/* Given more than once, they are the answers one after another. */
int
mock_script_add_status(struct mock_script *script, const char *text, vouch_err *err)
{
	const char *rest = NULL;
	struct mock_step step = mock_step_init();
	struct mock_serial *serial = parse_serial(script, text, &rest, err);

	if (serial == NULL || mock_step_parse(&step, rest, err) != VOUCH_OK)
		return err->code;
	return mock_serial_add_step(serial, &step, err);
}

int
mock_script_add_fault(struct mock_script *script, const char *text, vouch_err *err)
{
	const char *rest = NULL;
	struct mock_use use;
	const struct mock_step nothing = mock_step_init();
	struct mock_serial *serial = parse_serial(script, text, &rest, err);

	if (serial == NULL || mock_use_parse(&use, span_string(rest), err) != VOUCH_OK)
		return err->code;
	if (serial->step_count == 0 && mock_serial_add_step(serial, &nothing, err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < serial->step_count; i++)
		if (mock_uses_add(&serial->steps[i].faults, &use, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}
