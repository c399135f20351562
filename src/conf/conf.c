/* SPDX-License-Identifier: Apache-2.0 */
/* struct conf: made, set from flags, checked, freed. */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/setting.h"

#define KEY_MAX 64

int
conf_strings_add(struct conf_strings *strings, const char *item)
{
	char *copy = strdup(item);
	char **items = copy == NULL ? NULL : reallocarray(strings->items, strings->count + 1, sizeof(*items));

	if (items == NULL) {
		free(copy);
		return VOUCH_ENOMEM;
	}
	items[strings->count++] = copy;
	strings->items = items;
	return VOUCH_OK;
}

void
conf_strings_clear(struct conf_strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = (struct conf_strings){ 0 };
}

int
conf_new(struct conf **out, vouch_err *err)
{
	void *issuer;
	struct conf *conf = calloc(1, sizeof(*conf));

	if (conf == NULL)
		return err_nomem(err);
	int rc = conf_defaults(conf_settings, conf, err);
	if (rc == VOUCH_OK)
		rc = conf_mappings_add(conf_setting_find(conf_settings, "issuers"), conf, &issuer, err);
	if (rc != VOUCH_OK) {
		conf_free(conf);
		return rc;
	}
	*out = conf;
	return VOUCH_OK;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	conf_release(conf_settings, conf);
	free(conf->file);
	free(conf);
}

/* The struct that the rows below a setting describe: for a list, its last element. */
static int
enter(const struct conf_setting *setting, void **base, vouch_err *err)
{
	if (setting->type == CONF_MAPPING) {
		*base = (char *)*base + setting->offset;
		return VOUCH_OK;
	}
	size_t count = conf_mappings_count(setting, *base);
	if (count == 0)
		return conf_mappings_add(setting, *base, base, err);
	*base = conf_mappings_item(setting, *base, count - 1);
	return VOUCH_OK;
}

/* The row of "issuers.signers.key" and the struct that it is in. */
static int
find_key(const char *key, const struct conf_setting **setting, void **base, vouch_err *err)
{
	char name[KEY_MAX];
	const struct conf_setting *rows = conf_settings;

	for (;;) {
		size_t len = strcspn(key, ".");

		if (len >= sizeof(name))
			return err_set(err, VOUCH_EINVAL, "there is no such setting");
		memcpy(name, key, len);
		name[len] = '\0';
		*setting = rows == NULL ? NULL : conf_setting_find(rows, name);
		if (*setting == NULL)
			return err_set(err, VOUCH_EINVAL, "there is no such setting");
		if (key[len] == '\0')
			return VOUCH_OK;
		rows = (*setting)->rows;
		if (rows != NULL && enter(*setting, base, err) != VOUCH_OK)
			return err->code;
		key += len + 1;
	}
}

int
conf_set(struct conf *conf, const char *key, const char *value, vouch_err *err)
{
	const struct conf_setting *setting = NULL;
	void *base = conf;
	int rc = find_key(key, &setting, &base, err);

	return rc != VOUCH_OK ? rc : conf_assign(setting, base, value, false, NULL, err);
}

void
conf_clear(struct conf *conf, const char *key)
{
	const struct conf_setting *setting = NULL;
	vouch_err unread;
	void *base = conf;

	if (find_key(key, &setting, &base, &unread) != VOUCH_OK || setting == NULL)
		return;
	if (setting->type == CONF_LIST)
		conf_strings_clear((struct conf_strings *)((char *)base + setting->offset));
	else if (setting->type == CONF_MAPPINGS)
		conf_mappings_clear(setting, base);
}

int
conf_complete(struct conf *conf, vouch_err *err)
{
	int rc = VOUCH_OK;

	for (const struct conf_setting *s = conf_settings; s->name != NULL && rc == VOUCH_OK; s++) {
		const struct conf_strings *list = (const void *)((const char *)conf + s->offset);

		if (s->type == CONF_LIST && list->count == 0)
			rc = conf_assign_initial(s, conf, err);
	}
	for (size_t i = 0; i < conf->issuer_count; i++) {
		conf->issuers[i].options.size = sizeof(conf->issuers[i].options);
		conf->issuers[i].options.name = conf->issuers[i].name;
	}
	return rc;
}

int
conf_check(struct conf *conf, vouch_err *err)
{
	struct conf_fault fault;
	int rc = conf_complete(conf, err);

	if (rc != VOUCH_OK)
		return rc;
	rc = conf_find_fault(conf, &fault, err);
	return rc == VOUCH_OK ? rc : err_prefix(err, "%s", fault.key);
}
