/* SPDX-License-Identifier: Apache-2.0 */
/* Assignment: a text becomes the member that its row of the settings table names. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/nearest.h"
#include "conf/setting.h"
#include "conf/source_uri.h"
#include "conf/value.h"

struct given {
	const struct conf_setting *setting;
	const char *text, *folder;
};

static void
write_integer(const struct conf_setting *setting, void *member, uint64_t value)
{
	uint8_t u8 = (uint8_t)value;
	uint32_t u32 = (uint32_t)value;

	if (setting->size == sizeof(u8))
		memcpy(member, &u8, sizeof(u8));
	else if (setting->size == sizeof(u32))
		memcpy(member, &u32, sizeof(u32));
	else
		memcpy(member, &value, sizeof(value));
}

static int
write_text(void *member, const char *text, vouch_err *err)
{
	char *copy = strdup(text), *old;

	if (copy == NULL)
		return err_nomem(err);
	memcpy(&old, member, sizeof(old));
	free(old);
	memcpy(member, &copy, sizeof(copy));
	return VOUCH_OK;
}

static int
check_range(const struct conf_setting *setting, int64_t value, vouch_err *err)
{
	char allowed[CONF_DESCRIPTION];

	if (value >= setting->min && value <= setting->max)
		return VOUCH_OK;
	conf_setting_describe(setting, allowed, sizeof(allowed));
	return err_set(err, VOUCH_EINVAL, "out of range: it is %s", allowed);
}

static int
check_text(const struct given *given, vouch_err *err)
{
	size_t len = strlen(given->text);

	if (len == 0)
		return err_set(err, VOUCH_EINVAL, "it is empty");
	if (given->setting->max > 0 && len > (size_t)given->setting->max)
		return err_set(err, VOUCH_ELIMIT, "longer than %" PRId64 " octets", given->setting->max);
	return VOUCH_OK;
}

/*
 * Writes head + folder + "/" + path, where a relative path begins at the folder of the file that it stands
 * in.
 */
static int
write_path(void *member, const struct given *given, size_t head, vouch_err *err)
{
	const char *path = given->text + head;
	vouch_buf text = { 0 };
	int rc = check_text(given, err);

	if (rc != VOUCH_OK)
		return rc;
	if (*path == '\0')
		return err_set(err, VOUCH_EINVAL, "the path is missing");
	if (given->folder == NULL || *path == '/')
		return write_text(member, given->text, err);
	rc = buf_printf(&text, "%.*s%s/%s", (int)head, given->text, given->folder, path);
	if (rc == VOUCH_OK)
		rc = vouch_buf_append(&text, "", 1);
	rc = rc == VOUCH_OK ? write_text(member, (const char *)text.data, err) : err_nomem(err);
	vouch_buf_free(&text);
	return rc;
}

static const struct conf_word *
find_word(const struct conf_word *words, const char *text)
{
	for (; words != NULL && words->name != NULL; words++) {
		if (strcmp(words->name, text) == 0)
			return words;
	}
	return NULL;
}

static int
unknown_word(const struct conf_setting *setting, const char *text, vouch_err *err)
{
	char allowed[CONF_DESCRIPTION], shown[CONF_EXCERPT];
	struct conf_nearest nearest = { .wanted = text };

	for (const struct conf_word *word = setting->words; word->name != NULL; word++)
		conf_nearest_offer(&nearest, word->name);
	if (nearest.name != NULL)
		return err_set(err, VOUCH_EINVAL, "unknown value \"%s\"; did you mean %s?",
		    conf_excerpt(shown, text), nearest.name);
	conf_setting_describe(setting, allowed, sizeof(allowed));
	return err_set(err, VOUCH_EINVAL, "\"%s\" is not %s", conf_excerpt(shown, text), allowed);
}

static int
assign_string(const struct given *given, void *member, vouch_err *err)
{
	int rc = check_text(given, err);

	return rc != VOUCH_OK ? rc : write_text(member, given->text, err);
}

static int
assign_path(const struct given *given, void *member, vouch_err *err)
{
	return write_path(member, given, 0, err);
}

static int
assign_key_uri(const struct given *given, void *member, vouch_err *err)
{
	return conf_has_scheme(given->text) ? assign_string(given, member, err) :
					      write_path(member, given, 0, err);
}

static int
assign_source_uri(const struct given *given, void *member, vouch_err *err)
{
	char shown[CONF_EXCERPT];

	if (!conf_has_scheme(given->text))
		return err_set(err, VOUCH_EINVAL, "\"%s\" is not SCHEME:REST, as in sqlite:vouch.db",
		    conf_excerpt(shown, given->text));
	int rc = check_text(given, err);
	if (rc != VOUCH_OK)
		return rc;
	vouch_buf uri = { 0 };
	rc = conf_source_uri_resolve(&uri, given->text, given->folder, err);
	if (rc == VOUCH_OK)
		rc = write_text(member, (const char *)uri.data, err);
	vouch_buf_free(&uri);
	return rc;
}

static int
assign_url_path(const struct given *given, void *member, vouch_err *err)
{
	char shown[CONF_EXCERPT];
	const char *fault = conf_url_path_fault(given->text);

	if (fault != NULL)
		return err_set(err, VOUCH_EINVAL, "\"%s\": %s", conf_excerpt(shown, given->text), fault);
	return assign_string(given, member, err);
}

static int
assign_address(const struct given *given, void *member, vouch_err *err)
{
	char shown[CONF_EXCERPT];
	const char *text, *fault = conf_address_fault(given->text);

	if (fault != NULL)
		return err_set(err, VOUCH_EINVAL, "\"%s\": %s", conf_excerpt(shown, given->text), fault);
	if (strncmp(given->text, "unix:", 5) != 0)
		return assign_string(given, member, err);
	int rc = write_path(member, given, 5, err);
	if (rc != VOUCH_OK)
		return rc;
	memcpy(&text, member, sizeof(text));
	fault = conf_address_fault(text);
	return fault == NULL ? VOUCH_OK :
			       err_set(err, VOUCH_EINVAL, "\"%s\": %s", conf_excerpt(shown, text), fault);
}

static int
assign_choice(const struct given *given, void *member, vouch_err *err)
{
	if (find_word(given->setting->words, given->text) == NULL)
		return unknown_word(given->setting, given->text, err);
	return write_text(member, given->text, err);
}

static int
assign_enumeration(const struct given *given, void *member, vouch_err *err)
{
	const struct conf_word *word = find_word(given->setting->words, given->text);

	if (word == NULL)
		return unknown_word(given->setting, given->text, err);
	write_integer(given->setting, member, word->value);
	return VOUCH_OK;
}

static int
assign_boolean(const struct given *given, void *member, vouch_err *err)
{
	bool value;
	int rc = conf_value_boolean(&value, given->text, err);

	if (rc == VOUCH_OK)
		memcpy(member, &value, sizeof(value));
	return rc;
}

static int
write_checked(const struct given *given, void *member, int64_t value, vouch_err *err)
{
	int rc = check_range(given->setting, value, err);

	if (rc == VOUCH_OK)
		write_integer(given->setting, member, (uint64_t)value);
	return rc;
}

static int
assign_number(const struct given *given, void *member, vouch_err *err)
{
	int64_t value;
	const struct conf_word *word = find_word(given->setting->words, given->text);

	if (word != NULL) {
		write_integer(given->setting, member, word->value);
		return VOUCH_OK;
	}
	int rc = conf_value_number(&value, given->text, err);
	return rc == VOUCH_OK ? write_checked(given, member, value, err) : rc;
}

static int
assign_size(const struct given *given, void *member, vouch_err *err)
{
	int64_t value;
	int rc = conf_value_size(&value, given->text, err);

	return rc == VOUCH_OK ? write_checked(given, member, value, err) : rc;
}

static int
assign_duration(const struct given *given, void *member, vouch_err *err)
{
	int64_t value;
	char shown[CONF_EXCERPT];
	int64_t unit = given->setting->milliseconds ? 1 : 1000;
	int rc = conf_value_duration(&value, given->text, err);

	if (rc == VOUCH_OK && value % unit != 0)
		rc = err_set(err, VOUCH_EINVAL, "\"%s\" is not a whole number of seconds",
		    conf_excerpt(shown, given->text));
	return rc == VOUCH_OK ? write_checked(given, member, value / unit, err) : rc;
}

static int
assign_time(const struct given *given, void *member, vouch_err *err)
{
	vouch_time time;

	if (conf_value_time(&time, given->text, err) != VOUCH_OK)
		return err->code;
	memcpy(member, &time, sizeof(time));
	return VOUCH_OK;
}

static int
assign_cutoff(const struct given *given, void *member, vouch_err *err)
{
	return conf_value_cutoff(member, given->text, err);
}

static int
assign_set(const struct given *given, void *member, vouch_err *err)
{
	uint32_t set;
	const struct conf_word *word = find_word(given->setting->words, given->text);

	if (word == NULL)
		return unknown_word(given->setting, given->text, err);
	memcpy(&set, member, sizeof(set));
	if ((set & word->value) != 0)
		return err_set(err, VOUCH_EINVAL, "\"%s\" is there twice", given->text);
	set |= word->value;
	memcpy(member, &set, sizeof(set));
	return VOUCH_OK;
}

static int assign_element(const struct given *given, void *member, vouch_err *err);

/* By enum conf_type; NULL: a text cannot be one. */
static int (*const assigners[])(const struct given *given, void *member, vouch_err *err) = {
	[CONF_STRING] = assign_string,
	[CONF_PATH] = assign_path,
	[CONF_KEY_URI] = assign_key_uri,
	[CONF_SOURCE_URI] = assign_source_uri,
	[CONF_URL_PATH] = assign_url_path,
	[CONF_ADDRESS] = assign_address,
	[CONF_CHOICE] = assign_choice,
	[CONF_ENUMERATION] = assign_enumeration,
	[CONF_BOOLEAN] = assign_boolean,
	[CONF_NUMBER] = assign_number,
	[CONF_SIZE] = assign_size,
	[CONF_DURATION] = assign_duration,
	[CONF_TIME] = assign_time,
	[CONF_CUTOFF] = assign_cutoff,
	[CONF_LIST] = assign_element,
	[CONF_SET] = assign_set,
	[CONF_MAPPING] = NULL,
	[CONF_MAPPINGS] = NULL,
};

static int
assign_element(const struct given *given, void *member, vouch_err *err)
{
	char *item = NULL;
	struct conf_strings *list = member;
	const struct conf_setting *setting = given->setting;
	const struct conf_setting one = { .name = setting->name,
		.type = setting->element,
		.max = CONF_PATH_MAX };
	const struct given element = { .setting = &one, .text = given->text, .folder = given->folder };

	if (list->count >= (size_t)setting->max)
		return err_set(err, VOUCH_ELIMIT, "more than %" PRId64 " of them", setting->max);
	int rc = assigners[setting->element](&element, &item, err);
	if (rc == VOUCH_OK && conf_strings_add(list, item) != VOUCH_OK)
		rc = err_nomem(err);
	free(item);
	return rc;
}

/* One more element, of which nothing but one row is said. */
static int
assign_one(const struct conf_setting *setting, void *base, const struct given *given, vouch_err *err)
{
	const struct conf_setting *row = conf_setting_find(setting->rows, setting->one);
	const struct given one = { .setting = row, .text = given->text, .folder = given->folder };
	void *item = NULL;

	if (conf_mappings_add(setting, base, &item, err) != VOUCH_OK)
		return err->code;
	return assigners[row->type](&one, (char *)item + row->offset, err);
}

int
conf_assign(const struct conf_setting *setting, void *base, const char *text, bool quoted, const char *folder,
    vouch_err *err)
{
	const struct given given = { .setting = setting, .text = text, .folder = folder };

	if (setting->lines ? conf_has_control_in_lines(text) : conf_has_control(text))
		return err_set(err, VOUCH_EINVAL, "it has a control character");
	if (setting->one != NULL)
		return assign_one(setting, base, &given, err);
	if (assigners[setting->type] == NULL)
		return err_set(err, VOUCH_EINVAL, "it is a mapping");
	if (setting->check != NULL && setting->check(text, err) != VOUCH_OK)
		return err->code;
	if (quoted && (setting->type == CONF_NUMBER || setting->type == CONF_BOOLEAN))
		return err_set(err, VOUCH_EINVAL, "a text in quotes, and not a %s",
		    setting->type == CONF_NUMBER ? "number" : "truth value");
	return assigners[setting->type](&given, (char *)base + setting->offset, err);
}
