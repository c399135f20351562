/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the settings table: found, described, filled with their defaults, freed. */
#include "conf/setting.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/value.h"

#define WORD_MAX 64

const struct conf_setting *
conf_setting_find(const struct conf_setting *rows, const char *name)
{
	for (; rows->name != NULL; rows++) {
		if (strcmp(rows->name, name) == 0)
			return rows;
	}
	return NULL;
}

/* --- For people --------------------------------------------------------------------------------------- */

static void VOUCH_PRINTF(3, 4) append(char *out, size_t size, const char *format, ...)
{
	va_list args;
	size_t used = strlen(out);

	va_start(args, format);
	vsnprintf(out + used, size - used, format, args);
	va_end(args);
}

static void
describe_words(const struct conf_word *words, char *out, size_t size)
{
	for (const struct conf_word *word = words; word->name != NULL; word++)
		append(out, size, "%s%s",
		    word == words	     ? "" :
			word[1].name == NULL ? " or " :
					       ", ",
		    word->name);
}

static void
format_bound(const struct conf_setting *setting, int64_t value, char text[CONF_VALUE_TEXT])
{
	if (setting->type == CONF_SIZE)
		conf_format_size(text, value);
	else if (setting->type == CONF_DURATION)
		conf_format_duration(text, setting->milliseconds ? value : 1000 * value);
	else
		snprintf(text, CONF_VALUE_TEXT, "%" PRId64, value);
}

static void
describe_range(const struct conf_setting *setting, char *out, size_t size)
{
	char min[CONF_VALUE_TEXT], max[CONF_VALUE_TEXT];

	format_bound(setting, setting->min, min);
	format_bound(setting, setting->max, max);
	append(out, size, " from %s to %s", min, max);
	if (setting->words != NULL) {
		append(out, size, ", or ");
		describe_words(setting->words, out, size);
	}
}

struct kind {
	const char *one, *many;
	bool has_words, has_range;
};

static const struct kind kinds[] = {
	[CONF_STRING] = { "a text", "texts", false, false },
	[CONF_PATH] = { "a path", "paths", false, false },
	[CONF_KEY_URI] = { "a path or a URI", "paths or URIs", false, false },
	[CONF_SOURCE_URI] = { "a source", "sources", false, false },
	[CONF_URL_PATH] = { "the path of a URL", "paths of URLs", false, false },
	[CONF_ADDRESS] = { "an address", "addresses", false, false },
	[CONF_CHOICE] = { "", "", true, false },
	[CONF_ENUMERATION] = { "", "", true, false },
	[CONF_BOOLEAN] = { "true or false", "truth values", false, false },
	[CONF_NUMBER] = { "a number", "numbers", false, true },
	[CONF_SIZE] = { "a size", "sizes", false, true },
	[CONF_DURATION] = { "a duration", "durations", false, true },
	[CONF_TIME] = { "a time, as in 2026-11-22T10:00:00Z", "times", false, false },
	[CONF_CUTOFF] = { "none, issuer, a number of years or a duration", "", false, false },
	[CONF_LIST] = { "a list", "", false, false },
	[CONF_SET] = { "a list of ", "", true, false },
	[CONF_MAPPING] = { "a mapping", "", false, false },
	[CONF_MAPPINGS] = { "a list of mappings", "", false, false },
};

/* "a list of sources or mappings" */
static const char *
describe_elements(const struct conf_setting *setting)
{
	return kinds[conf_setting_find(setting->rows, setting->one)->type].many;
}

void
conf_setting_describe(const struct conf_setting *setting, char *out, size_t size)
{
	const struct kind *kind = &kinds[setting->type];

	snprintf(out, size, "%s", kind->one);
	if (setting->type == CONF_LIST)
		append(out, size, " of %s", kinds[setting->element].many);
	if (setting->one != NULL)
		snprintf(out, size, "a list of %s or mappings", describe_elements(setting));
	if (kind->has_words)
		describe_words(setting->words, out, size);
	if (kind->has_range)
		describe_range(setting, out, size);
	if (setting->type == CONF_STRING && setting->max > 0)
		append(out, size, " of at most %" PRId64 " characters", setting->max);
}

/* --- Defaults ----------------------------------------------------------------------------------------- */

/* Each word of a list, or the one text. */
static int
assign_words(const struct conf_setting *setting, void *base, const char *text, vouch_err *err)
{
	char word[WORD_MAX];

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		int rc = conf_assign(setting, base, word, false, NULL, err);
		if (rc != VOUCH_OK)
			return rc;
		text += len + (text[len] == ' ');
	}
	return VOUCH_OK;
}

int
conf_assign_initial(const struct conf_setting *setting, void *base, vouch_err *err)
{
	return setting->initial == NULL ? VOUCH_OK : assign_words(setting, base, setting->initial, err);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the settings table */
/* Lists of text wait for conf_check(): what is added before takes their default's place. */
int
conf_defaults(const struct conf_setting *rows, void *base, vouch_err *err)
{
	int rc = VOUCH_OK;

	for (; rows->name != NULL && rc == VOUCH_OK; rows++) {
		if (rows->type == CONF_MAPPING)
			rc = conf_defaults(rows->rows, (char *)base + rows->offset, err);
		else if (rows->type != CONF_LIST)
			rc = conf_assign_initial(rows, base, err);
	}
	return rc;
}

/* NOLINTEND(misc-no-recursion) */

int
conf_apply_presets(const struct conf_setting *rows, void *base, uint8_t profile, vouch_err *err)
{
	int rc = VOUCH_OK;

	for (const struct conf_preset *preset = conf_presets; preset->name != NULL && rc == VOUCH_OK;
	     preset++) {
		if (preset->profile == profile)
			rc = conf_assign(conf_setting_find(rows, preset->name), base, preset->value, false,
			    NULL, err);
	}
	return rc;
}

/* --- Lists of mappings -------------------------------------------------------------------------------- */

size_t
conf_mappings_count(const struct conf_setting *setting, const void *base)
{
	size_t count;

	memcpy(&count, (const char *)base + setting->count_offset, sizeof(count));
	return count;
}

void *
conf_mappings_item(const struct conf_setting *setting, const void *base, size_t number)
{
	char *items;

	memcpy(&items, (const char *)base + setting->offset, sizeof(items));
	return items + number * setting->item_size;
}

int
conf_mappings_add(const struct conf_setting *setting, void *base, void **item, vouch_err *err)
{
	size_t count = conf_mappings_count(setting, base);
	char *items;

	if (count >= (size_t)setting->max)
		return err_set(err, VOUCH_ELIMIT, "more than %" PRId64 " of them", setting->max);
	memcpy(&items, (char *)base + setting->offset, sizeof(items));
	items = reallocarray(items, count + 1, setting->item_size);
	if (items == NULL)
		return err_nomem(err);
	memcpy((char *)base + setting->offset, &items, sizeof(items));
	*item = items + count * setting->item_size;
	memset(*item, 0, setting->item_size);
	count++;
	memcpy((char *)base + setting->count_offset, &count, sizeof(count));
	return conf_defaults(setting->rows, *item, err);
}

/* --- The end ------------------------------------------------------------------------------------------ */

static void
release_text(void *member)
{
	char *text;

	memcpy(&text, member, sizeof(text));
	free(text);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the settings table */
static void
release_mappings(const struct conf_setting *setting, void *base)
{
	size_t count = conf_mappings_count(setting, base);

	for (size_t i = 0; i < count; i++)
		conf_release(setting->rows, conf_mappings_item(setting, base, i));
	release_text((char *)base + setting->offset);
}

void
conf_mappings_clear(const struct conf_setting *setting, void *base)
{
	char *nothing = NULL;
	size_t none = 0;

	release_mappings(setting, base);
	memcpy((char *)base + setting->offset, &nothing, sizeof(nothing));
	memcpy((char *)base + setting->count_offset, &none, sizeof(none));
}

void
conf_release(const struct conf_setting *rows, void *base)
{
	for (; rows->name != NULL; rows++) {
		void *member = (char *)base + rows->offset;

		if (rows->type == CONF_MAPPING)
			conf_release(rows->rows, member);
		else if (rows->type == CONF_MAPPINGS)
			release_mappings(rows, base);
		else if (rows->type == CONF_LIST)
			conf_strings_clear(member);
		else if (rows->type <= CONF_CHOICE)
			release_text(member);
	}
}
/* NOLINTEND(misc-no-recursion) */
