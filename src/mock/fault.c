/* SPDX-License-Identifier: Apache-2.0 */
/* Faults by name: found, read and written. */
#include "mock/fault.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "conf/nearest.h"

#define NAME_MAX_LENGTH 40 /* the longest name has 26 */

const char *
mock_stage_name(enum mock_stage stage)
{
	static const char *const names[MOCK_STAGES] = { "status", "entry", "signature", "response data",
		"response data", "signature", "envelope", "HTTP", "connection" };

	return names[stage];
}

const char *
mock_client_name(enum mock_client client)
{
	static const char *const names[] = { "accept", "reject", "retry", "either" };

	return names[client];
}

static const struct {
	const char *name;
	enum vouch_hash hash;
} hashes[] = {
	{ "md5", VOUCH_MD5 },
	{ "sha1", VOUCH_SHA1 },
	{ "sha256", VOUCH_SHA256 },
	{ "sha384", VOUCH_SHA384 },
	{ "sha512", VOUCH_SHA512 },
};
#define HASHES (sizeof(hashes) / sizeof(hashes[0]))

/* A copy with '_' for '-'; false: too long to be one of ours, or with a NUL in it. */
static bool
copy_name(char out[NAME_MAX_LENGTH], vouch_span name)
{
	if (name.len >= NAME_MAX_LENGTH || memchr(name.data, '\0', name.len) != NULL)
		return false;
	for (size_t i = 0; i < name.len; i++)
		out[i] = (char)(name.data[i] == '-' ? '_' : name.data[i]);
	out[name.len] = '\0';
	return true;
}

const struct mock_fault *
mock_fault_find(vouch_span name)
{
	char wanted[NAME_MAX_LENGTH];

	if (name.len == 0 || !copy_name(wanted, name))
		return NULL;
	for (const struct mock_fault *fault = mock_faults; fault->name != NULL; fault++)
		if (strcmp(fault->name, wanted) == 0)
			return fault;
	return NULL;
}

static int
unknown_fault(vouch_span name, vouch_err *err)
{
	char wanted[NAME_MAX_LENGTH];
	struct conf_nearest nearest = { .wanted = wanted };

	if (!copy_name(wanted, name))
		return err_set(err, VOUCH_EINVAL, "there is no such fault (vouch mock --list-faults)");
	for (const struct mock_fault *fault = mock_faults; fault->name != NULL; fault++)
		conf_nearest_offer(&nearest, fault->name);
	if (nearest.name != NULL)
		return err_set(err, VOUCH_EINVAL, "there is no such fault; did you mean %s?", nearest.name);
	return err_set(err, VOUCH_EINVAL, "there is no such fault (vouch mock --list-faults)");
}

/* --- Values --------------------------------------------------------------------------------------------- */

static int
read_number(struct mock_use *use, vouch_span text, vouch_err *err)
{
	uint64_t number;
	const struct mock_fault *fault = use->fault;

	if (!number_parse(text, (uint64_t)fault->max, &number) || (int64_t)number < fault->min)
		return err_set(err, VOUCH_EINVAL, "%s: %s from %" PRId64 " to %" PRId64 " is expected",
		    fault->name, fault->unit, fault->min, fault->max);
	use->value = (int64_t)number;
	return VOUCH_OK;
}

static int
read_reason(struct mock_use *use, vouch_span text, vouch_err *err)
{
	char name[NAME_MAX_LENGTH] = "";

	if (copy_name(name, text))
		use->value = vouch_reason_parse(name);
	return use->value != 0 ?
	    VOUCH_OK :
	    err_set(err, VOUCH_EINVAL, "%s: a reason of RFC 5280 5.3.1 is expected, as in keyCompromise",
		use->fault->name);
}

static int
read_hash(struct mock_use *use, vouch_span text, vouch_err *err)
{
	for (size_t i = 0; i < HASHES; i++) {
		if (span_equal(span_string(hashes[i].name), text)) {
			use->value = hashes[i].hash;
			return VOUCH_OK;
		}
	}
	return err_set(err, VOUCH_EINVAL, "%s: md5, sha1, sha256, sha384 or sha512 is expected",
	    use->fault->name);
}

static int
read_value(struct mock_use *use, vouch_span text, vouch_err *err)
{
	switch (use->fault->argument) {
	case MOCK_NUMBER:
		return read_number(use, text, err);
	case MOCK_REASON:
		use->value = 0;
		return read_reason(use, text, err);
	case MOCK_HASH:
		return read_hash(use, text, err);
	case MOCK_NONE:
		break;
	}
	return err_set(err, VOUCH_EINVAL, "%s: takes no value", use->fault->name);
}

int
mock_use_parse(struct mock_use *out, vouch_span text, vouch_err *err)
{
	const uint8_t *equals = text.len == 0 ? NULL : memchr(text.data, '=', text.len);
	vouch_span name = span_of(text.data, equals == NULL ? text.len : (size_t)(equals - text.data));
	struct mock_use use = { .fault = mock_fault_find(name) };

	if (use.fault == NULL)
		return unknown_fault(name, err);
	use.value = use.fault->initial;
	if (equals != NULL && read_value(&use, span_of(equals + 1, text.len - name.len - 1), err) != VOUCH_OK)
		return err->code;
	*out = use;
	return VOUCH_OK;
}

int
mock_uses_add(struct mock_uses *uses, const struct mock_use *use, vouch_err *err)
{
	if (uses->count == MOCK_USES_MAX)
		return err_set(err, VOUCH_ELIMIT, "more than %d faults at a time", MOCK_USES_MAX);
	uses->items[uses->count++] = *use;
	return VOUCH_OK;
}

static const char *
hash_name(int64_t value)
{
	for (size_t i = 0; i < HASHES; i++)
		if ((int64_t)hashes[i].hash == value)
			return hashes[i].name;
	return NULL;
}

void
mock_use_format(const struct mock_use *use, char out[MOCK_USE_TEXT])
{
	const struct mock_fault *fault = use->fault;
	const char *word = fault->argument == MOCK_REASON ? vouch_reason_name((uint8_t)use->value) :
	    fault->argument == MOCK_HASH		  ? hash_name(use->value) :
							    NULL;

	if (fault->argument == MOCK_NUMBER)
		snprintf(out, MOCK_USE_TEXT, "%s=%" PRId64, fault->name, use->value);
	else if (word != NULL)
		snprintf(out, MOCK_USE_TEXT, "%s=%s", fault->name, word);
	else
		snprintf(out, MOCK_USE_TEXT, "%s", fault->name);
}

int
mock_uses_check(const struct mock_uses *uses, const struct mock_cast *cast, vouch_err *err)
{
	for (size_t i = 0; i < uses->count; i++)
		if (mock_cast_check(cast, uses->items[i].fault->need, err) != VOUCH_OK)
			return err_prefix(err, "fault %s", uses->items[i].fault->name);
	return VOUCH_OK;
}
