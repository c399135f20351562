/* SPDX-License-Identifier: Apache-2.0 */
/* The reader: a YAML document becomes struct conf, row by row of the settings table. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/document.h"
#include "conf/nearest.h"
#include "conf/setting.h"
#include "conf/value.h"

#define FILE_LIMIT (1 << 20) /* some thousand issuers; no configuration is longer by intention */

struct reader {
	yaml_document_t document;
	const char *file;
	char *folder;			 /* what relative paths begin at; NULL: the working directory */
	const struct conf_setting *rows; /* of a table that is not that of struct conf */
	vouch_err *err;
};

static int read_mapping(struct reader *r, const yaml_node_t *node, const struct conf_setting *rows,
    void *base);

static const yaml_node_t *
node_of(struct reader *r, int number)
{
	return yaml_document_get_node(&r->document, number);
}

/* The reason is in r->err; says where. */
static int
fail_at(struct reader *r, const yaml_node_t *node, const char *key)
{
	char shown[CONF_EXCERPT];

	if (r->err->code == VOUCH_ENOMEM)
		return VOUCH_ENOMEM;
	if (key != NULL)
		err_prefix(r->err, "%s", conf_excerpt(shown, key));
	return conf_err_file(r->err, r->file, conf_node_line(node), 1);
}

static int
refuse(struct reader *r, const yaml_node_t *node, const char *key, const char *reason)
{
	err_set(r->err, VOUCH_EINVAL, "%s", reason);
	return fail_at(r, node, key);
}

/* Texts are C strings: NULL, with the reason in r->err, for what cannot be one.  lines: it may have several. */
static const char *
text_of(struct reader *r, const yaml_node_t *node, bool lines)
{
	if (node->type != YAML_SCALAR_NODE) {
		err_set(r->err, VOUCH_EINVAL, "a %s stands where one value is expected",
		    node->type == YAML_MAPPING_NODE ? "mapping" : "list");
		return NULL;
	}
	const char *text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length) {
		err_set(r->err, VOUCH_EINVAL, "it has a NUL in it");
		return NULL;
	}
	if (lines ? conf_has_control_in_lines(text) : conf_has_control(text)) {
		err_set(r->err, VOUCH_EINVAL, "it has a control character");
		return NULL;
	}
	return text;
}

static bool
is_null(const yaml_node_t *node, const char *text)
{
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (*text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static int
read_value(struct reader *r, const yaml_node_t *node, const struct conf_setting *setting, void *base)
{
	const char *text = text_of(r, node, setting->lines);
	bool quoted = node->type == YAML_SCALAR_NODE && node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;

	if (text == NULL)
		return fail_at(r, node, setting->name);
	if (is_null(node, text))
		return refuse(r, node, setting->name, "it has no value");
	if (conf_assign(setting, base, text, quoted, r->folder, r->err) != VOUCH_OK)
		return fail_at(r, node, setting->name);
	return VOUCH_OK;
}

static int
check_list(struct reader *r, const yaml_node_t *node, const struct conf_setting *setting)
{
	char allowed[CONF_DESCRIPTION];

	if (node->type != YAML_SEQUENCE_NODE) {
		conf_setting_describe(setting, allowed, sizeof(allowed));
		err_set(r->err, VOUCH_EINVAL, "it is %s, in brackets or one a line after a dash", allowed);
		return fail_at(r, node, setting->name);
	}
	int64_t count = node->data.sequence.items.top - node->data.sequence.items.start;
	if (count < setting->min)
		return refuse(r, node, setting->name, "the list is empty");
	return VOUCH_OK;
}

static int
read_list(struct reader *r, const yaml_node_t *node, const struct conf_setting *setting, void *base)
{
	int rc = check_list(r, node, setting);

	if (setting->type == CONF_SET)
		memset((char *)base + setting->offset, 0, setting->size);
	if (rc != VOUCH_OK)
		return rc;
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top && rc == VOUCH_OK; i++)
		rc = read_value(r, node_of(r, *i), setting, base);
	return rc;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the settings table, whatever the file says */
static int
read_element(struct reader *r, const yaml_node_t *node, const struct conf_setting *setting, void *base)
{
	void *item = NULL;

	if (setting->one != NULL && node->type == YAML_SCALAR_NODE)
		return read_value(r, node, setting, base);
	if (node->type != YAML_MAPPING_NODE)
		return refuse(r, node, setting->name,
		    setting->one != NULL ? "each element is a text or a mapping" :
					   "each element is a mapping");
	if (conf_mappings_add(setting, base, &item, r->err) != VOUCH_OK)
		return fail_at(r, node, setting->name);
	int rc = read_mapping(r, node, setting->rows, item);
	if (rc == VOUCH_OK && setting->finish != NULL &&
	    setting->finish(setting->rows, item, r->err) != VOUCH_OK)
		rc = fail_at(r, node, setting->name);
	return rc;
}

static int
read_mappings(struct reader *r, const yaml_node_t *node, const struct conf_setting *setting, void *base)
{
	int rc = check_list(r, node, setting);

	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     rc == VOUCH_OK && i < node->data.sequence.items.top; i++)
		rc = read_element(r, node_of(r, *i), setting, base);
	return rc;
}

static int
read_setting(struct reader *r, const yaml_node_t *node, const struct conf_setting *setting, void *base)
{
	if (setting->type == CONF_LIST || setting->type == CONF_SET)
		return read_list(r, node, setting, base);
	if (setting->type == CONF_MAPPINGS)
		return read_mappings(r, node, setting, base);
	if (setting->type != CONF_MAPPING)
		return read_value(r, node, setting, base);
	if (node->type != YAML_MAPPING_NODE)
		return refuse(r, node, setting->name, "it is a mapping");
	return read_mapping(r, node, setting->rows, (char *)base + setting->offset);
}

static int
unknown_key(struct reader *r, const yaml_node_t *node, const char *key, const struct conf_setting *rows)
{
	struct conf_nearest nearest = { .wanted = key };

	for (; rows->name != NULL; rows++)
		conf_nearest_offer(&nearest, rows->name);
	if (nearest.name != NULL)
		err_set(r->err, VOUCH_EINVAL, "unknown setting; did you mean %s?", nearest.name);
	else
		err_set(r->err, VOUCH_EINVAL, "unknown setting");
	return fail_at(r, node, key);
}

/* The row of a key, noted in *seen; NULL, with the error written, when there is none or no more. */
static const struct conf_setting *
find_row(struct reader *r, const yaml_node_t *node, const struct conf_setting *rows, uint32_t *seen)
{
	const char *key = text_of(r, node, false);

	if (key == NULL) {
		fail_at(r, node, NULL);
		return NULL;
	}
	const struct conf_setting *setting = conf_setting_find(rows, key);
	if (setting == NULL) {
		unknown_key(r, node, key, rows);
		return NULL;
	}
	uint32_t bit = UINT32_C(1) << (setting - rows); /* no table has 32 rows */
	if ((*seen & bit) != 0) {
		refuse(r, node, key, "the setting is there twice");
		return NULL;
	}
	*seen |= bit;
	return setting;
}

static const yaml_node_t *
find_value(struct reader *r, const yaml_node_t *mapping, const char *key)
{
	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
	     p < mapping->data.mapping.pairs.top; p++) {
		const yaml_node_t *node = node_of(r, p->key);

		if (node->type == YAML_SCALAR_NODE && strcmp((const char *)node->data.scalar.value, key) == 0)
			return node_of(r, p->value);
	}
	return NULL;
}

/* The profile comes first, wherever it stands: what is explicit overrides its presets. */
static int
read_profile(struct reader *r, const yaml_node_t *mapping, const struct conf_setting *rows, void *base)
{
	uint8_t profile;
	const struct conf_setting *setting = conf_setting_find(rows, "profile");
	const yaml_node_t *node = setting == NULL ? NULL : find_value(r, mapping, setting->name);

	if (node == NULL)
		return VOUCH_OK;
	int rc = read_value(r, node, setting, base);
	if (rc != VOUCH_OK)
		return rc;
	memcpy(&profile, (const char *)base + setting->offset, sizeof(profile));
	return conf_apply_presets(rows, base, profile, r->err);
}

static int
read_mapping(struct reader *r, const yaml_node_t *node, const struct conf_setting *rows, void *base)
{
	uint32_t seen = 0;
	int rc = read_profile(r, node, rows, base);

	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     p < node->data.mapping.pairs.top && rc == VOUCH_OK; p++) {
		const struct conf_setting *setting = find_row(r, node_of(r, p->key), rows, &seen);

		rc = setting == NULL ? r->err->code : read_setting(r, node_of(r, p->value), setting, base);
	}
	return rc;
}

/* NOLINTEND(misc-no-recursion) */

/* --- Combinations ------------------------------------------------------------------------------------- */

static const yaml_node_t *
find_item(struct reader *r, const yaml_node_t *mapping, const char *list, size_t number)
{
	const yaml_node_t *sequence = find_value(r, mapping, list);

	return node_of(r, sequence->data.sequence.items.start[number]);
}

/* Lines for those who load certificates and keys later. */
static void
note_lines(struct reader *r, struct conf *conf)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->document);

	for (size_t i = 0; i < conf->issuer_count; i++) {
		const yaml_node_t *issuer = find_item(r, root, "issuers", i);

		conf->issuers[i].line = (int)conf_node_line(issuer);
		for (size_t j = 0; j < conf->issuers[i].signer_count; j++)
			conf->issuers[i].signers[j].line = (int)conf_node_line(
			    find_item(r, issuer, "signers", j));
		for (size_t j = 0; j < conf->issuers[i].source_count; j++)
			conf->issuers[i].sources[j].line = (int)conf_node_line(
			    find_item(r, issuer, "sources", j));
	}
}

static int
check_combinations(struct reader *r, const struct conf *conf)
{
	struct conf_fault fault;
	const yaml_node_t *node = yaml_document_get_root_node(&r->document);

	if (conf_find_fault(conf, &fault, r->err) == VOUCH_OK)
		return VOUCH_OK;
	if (fault.issuer >= 0)
		node = find_item(r, node, "issuers", (size_t)fault.issuer);
	if (fault.signer >= 0)
		node = find_item(r, node, "signers", (size_t)fault.signer);
	if (fault.source >= 0)
		node = find_item(r, node, "sources", (size_t)fault.source);
	const yaml_node_t *value = find_value(r, node, fault.key);
	return fail_at(r, value == NULL ? node : value, fault.key);
}

static int
read_document(struct reader *r, void *base)
{
	struct conf *conf = base;
	int rc = conf_defaults(conf_settings, conf, r->err);

	if (rc == VOUCH_OK)
		rc = read_mapping(r, yaml_document_get_root_node(&r->document), conf_settings, conf);
	if (rc == VOUCH_OK)
		rc = conf_complete(conf, r->err);
	if (rc != VOUCH_OK)
		return rc;
	note_lines(r, conf);
	return check_combinations(r, conf);
}

/* --- Files -------------------------------------------------------------------------------------------- */

/* "/etc/vouch/vouch.yaml" is in "/etc/vouch", "vouch.yaml" in the working directory. */
static int
set_folder(struct reader *r)
{
	const char *slash = strrchr(r->file, '/');

	if (slash == NULL)
		return VOUCH_OK;
	r->folder = strndup(r->file, (size_t)(slash - r->file));
	return r->folder == NULL ? err_nomem(r->err) : VOUCH_OK;
}

/* Loads the document for as long as it is read. */
static int
read_text(struct reader *r, vouch_span text, int (*read)(struct reader *r, void *base), void *base)
{
	if (text.len > FILE_LIMIT) {
		err_set(r->err, VOUCH_ELIMIT, "larger than 1 MiB");
		return conf_err_file(r->err, r->file, 0, 1);
	}
	int rc = conf_document_load(&r->document, r->file, text, r->err);
	if (rc != VOUCH_OK)
		return rc;
	rc = set_folder(r);
	if (rc == VOUCH_OK)
		rc = read(r, base);
	yaml_document_delete(&r->document);
	free(r->folder);
	return rc;
}

int
conf_parse(struct conf **out, const char *path, vouch_span text, vouch_err *err)
{
	struct reader r = { .file = path, .err = err };
	struct conf *conf = calloc(1, sizeof(*conf));

	if (conf == NULL)
		return err_nomem(err);
	conf->file = strdup(path);
	int rc = conf->file == NULL ? err_nomem(err) : read_text(&r, text, read_document, conf);
	if (rc != VOUCH_OK) {
		conf_free(conf);
		return rc;
	}
	*out = conf;
	return VOUCH_OK;
}

static int
read_rows(struct reader *r, void *base)
{
	int rc = conf_defaults(r->rows, base, r->err);

	if (rc != VOUCH_OK)
		return rc;
	return read_mapping(r, yaml_document_get_root_node(&r->document), r->rows, base);
}

int
conf_read_rows(const struct conf_setting *rows, void *base, const char *path, vouch_span text, vouch_err *err)
{
	struct reader r = { .file = path, .rows = rows, .err = err };

	return read_text(&r, text, read_rows, base);
}

static int
fail_file(vouch_err *err, const char *path, const char *what)
{
	err_set(err, VOUCH_EIO, "cannot be %s: %s", what, strerror(errno));
	return conf_err_file(err, path, 0, 1);
}

/* Up to one octet more than is allowed. */
int
conf_read_text(vouch_buf *text, const char *path, vouch_err *err)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return fail_file(err, path, "opened");
	int rc = buf_reserve(text, FILE_LIMIT + 1);
	if (rc == VOUCH_OK)
		text->len = fread(text->data, 1, FILE_LIMIT + 1, file);
	else
		err_nomem(err);
	if (rc == VOUCH_OK && ferror(file))
		rc = fail_file(err, path, "read");
	fclose(file);
	return rc;
}

int
conf_read(struct conf **out, const char *path, vouch_err *err)
{
	vouch_buf text = { 0 };
	int rc = conf_read_text(&text, path, err);

	if (rc == VOUCH_OK)
		rc = conf_parse(out, path, (vouch_span){ text.data, text.len }, err);
	vouch_buf_free(&text);
	return rc;
}
