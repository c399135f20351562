/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario: the script as a file in YAML, or as a body in JSON, read by a table of settings. */
#include "mock/script.h"

#include "base/date.h"
#include "base/span.h"
#include "conf/setting.h"
#include "mock/scenario.h"

#define AT(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)NULL)->member)
#define LIST_OF(type, kind, member) \
	.offset = offsetof(struct type, member##s), .count_offset = offsetof(struct type, member##_count), \
	.item_size = sizeof(struct kind)

/* What a mapping says, before it is a step. */
struct told_step {
	uint8_t status, reason;
	char *time;
	struct conf_strings faults;
};

struct told_serial {
	char *serial;
	struct told_step step;
	struct told_step *answers;
	size_t answer_count;
};

struct told {
	struct told_step step;
	uint64_t seed;
	struct told_serial *serials;
	size_t serial_count;
};

static int
check_serial(const char *text, vouch_err *err)
{
	vouch_buf number = { 0 };
	int code = vouch_serial_parse(&number, text, err);

	vouch_buf_free(&number);
	return code;
}

static int
check_time(const char *text, vouch_err *err)
{
	if (date_parse_rfc3339(span_string(text)) != VOUCH_TIME_ABSENT)
		return VOUCH_OK;
	return err_set(err, VOUCH_EINVAL, "a time as in 2026-11-22T10:00:00Z is expected");
}

static int
check_fault(const char *text, vouch_err *err)
{
	struct mock_use use;

	return mock_use_parse(&use, span_string(text), err);
}

static const struct conf_word statuses[] = {
	{ "good", VOUCH_GOOD },
	{ "revoked", VOUCH_REVOKED },
	{ "unknown", VOUCH_UNKNOWN },
	{ NULL, 0 },
};

/* CRLReason + 1 */
static const struct conf_word reasons[] = {
	{ "unspecified", 1 },
	{ "keyCompromise", 2 },
	{ "cACompromise", 3 },
	{ "affiliationChanged", 4 },
	{ "superseded", 5 },
	{ "cessationOfOperation", 6 },
	{ "certificateHold", 7 },
	{ "removeFromCRL", 9 },
	{ "privilegeWithdrawn", 10 },
	{ "aACompromise", 11 },
	{ NULL, 0 },
};

#define STATUS_TEXT "What is said of the certificate"
#define REASON_TEXT "Why it is revoked; without it, nothing is said"
#define TIME_TEXT "When it was revoked; default: a day before the server began"
#define FAULTS_TEXT "Faults of the answer, as for --fault"

/* The same four settings for everything, for a serial number and for one of its answers. */
#define STEP_ROWS(type, member) \
	{ "status", CONF_ENUMERATION, .words = statuses, AT(type, member status), .text = STATUS_TEXT }, \
	    { "reason", CONF_ENUMERATION, .words = reasons, AT(type, member reason), .text = REASON_TEXT }, \
	    { "time", CONF_STRING, .check = check_time, AT(type, member time), .text = TIME_TEXT }, \
	{ \
		"faults", CONF_LIST, .element = CONF_STRING, .check = check_fault, .max = MOCK_USES_MAX, \
				     AT(type, member faults), .text = FAULTS_TEXT \
	}

static const struct conf_setting answer_rows[] = { STEP_ROWS(told_step, ), { .name = NULL } };

static const struct conf_setting serial_rows[] = {
	{ "serial", CONF_STRING, .check = check_serial, AT(told_serial, serial),
	    .text = "The serial number, in hexadecimal" },
	STEP_ROWS(told_serial, step.),
	{ "sequence", CONF_MAPPINGS, .rows = answer_rows, .max = MOCK_STEPS_MAX,
	    LIST_OF(told_serial, told_step, answer),
	    .text = "Its answers one after another; the last one stays" },
	{ .name = NULL },
};

const struct conf_setting mock_scenario_rows[] = {
	STEP_ROWS(told, step.),
	{ "seed", CONF_NUMBER, .max = INT64_MAX, AT(told, seed), .text = "Decides what is random" },
	{ "serials", CONF_MAPPINGS, .rows = serial_rows, .max = MOCK_SERIALS_MAX,
	    LIST_OF(told, told_serial, serial), .text = "What is different for single certificates" },
	{ .name = NULL },
};

/* --- From what is told to the script -------------------------------------------------------------------- */

static bool
is_told(const struct told_step *told)
{
	return told->status != VOUCH_STATUS_UNSET || told->reason != 0 || told->time != NULL ||
	    told->faults.count > 0;
}

/* A reason or a time makes it revoked; beside another status they are a mistake. */
static int
convert_step(const struct told_step *told, struct mock_step *out, vouch_err *err)
{
	bool is_revoked = told->reason != 0 || told->time != NULL;
	struct mock_use use;

	*out = mock_step_init();
	out->cert_status = told->status;
	if (is_revoked && told->status != VOUCH_REVOKED)
		return err_set(err, VOUCH_EINVAL, "reason and time are for status: revoked");
	out->revocation_reason = told->reason;
	if (told->time != NULL)
		out->revocation_time = date_parse_rfc3339(span_string(told->time));
	for (size_t i = 0; i < told->faults.count; i++)
		if (mock_use_parse(&use, span_string(told->faults.items[i]), err) != VOUCH_OK ||
		    mock_uses_add(&out->faults, &use, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
convert_answers(const struct told_serial *told, struct mock_serial *serial, vouch_err *err)
{
	struct mock_step step;

	if (told->answer_count > 0 && is_told(&told->step))
		return err_set(err, VOUCH_EINVAL,
		    "a sequence says it all: status, reason, time and faults stand in it");
	if (told->answer_count == 0) {
		if (convert_step(&told->step, &step, err) != VOUCH_OK)
			return err->code;
		return mock_serial_add_step(serial, &step, err);
	}
	for (size_t i = 0; i < told->answer_count; i++)
		if (convert_step(&told->answers[i], &step, err) != VOUCH_OK ||
		    mock_serial_add_step(serial, &step, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
convert_serial(const struct told_serial *told, struct mock_script *script, vouch_err *err)
{
	vouch_buf number = { 0 };
	struct mock_serial *serial = NULL;

	if (told->serial == NULL)
		return err_set(err, VOUCH_EINVAL, "serial: missing");
	if (vouch_serial_parse(&number, told->serial, err) == VOUCH_OK)
		serial = mock_script_serial(script, span_buf(&number), err);
	vouch_buf_free(&number);
	if (serial == NULL)
		return err->code;
	mock_serial_clear_steps(serial);
	return convert_answers(told, serial, err) == VOUCH_OK ? VOUCH_OK :
								err_prefix(err, "%s", told->serial);
}

static int
convert(const struct told *told, struct mock_script *script, vouch_err *err)
{
	struct mock_step step;

	if (convert_step(&told->step, &step, err) != VOUCH_OK)
		return err->code;
	if (step.cert_status == VOUCH_STATUS_UNSET) {
		step.cert_status = script->otherwise.cert_status;
		step.revocation_reason = script->otherwise.revocation_reason;
		step.revocation_time = script->otherwise.revocation_time;
	}
	if (told->step.faults.count == 0)
		step.faults = script->otherwise.faults;
	script->otherwise = step;
	if (told->seed != 0)
		script->seed = told->seed;
	for (size_t i = 0; i < told->serial_count; i++)
		if (convert_serial(&told->serials[i], script, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

int
mock_scenario_read(struct mock_script *script, const char *path, vouch_span text, vouch_err *err)
{
	struct told told = { 0 };
	int code = conf_read_rows(mock_scenario_rows, &told, path, text, err);

	if (code == VOUCH_OK && convert(&told, script, err) != VOUCH_OK)
		code = conf_err_file(err, path, 0, 1);
	conf_release(mock_scenario_rows, &told);
	return code;
}
