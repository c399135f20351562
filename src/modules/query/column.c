/* SPDX-License-Identifier: Apache-2.0 */
/* The named columns of results. */
#include "modules/query/column.h"
#include "modules/query/report.h"

#include <stdio.h>
#include <string.h>

#define LOOKUP (1u << QUERY_LOOKUP)
#define CHANGES (1u << QUERY_CHANGES)
#define HEAD (1u << QUERY_HEAD)

static const struct known {
	const char *name;
	unsigned kinds;
	bool is_moment; /* may be in milliseconds, and is called so */
	unsigned group; /* two of one group say one thing */
} known[QUERY_COLUMNS] = {
	[QUERY_STATUS] = { "status", LOOKUP, false, QUERY_STATUS },
	[QUERY_REVOKED_AT] = { "revoked_at", LOOKUP, true, QUERY_REVOKED_AT },
	[QUERY_REASON] = { "reason", LOOKUP, false, QUERY_REASON },
	[QUERY_INVALIDITY_DATE] = { "invalidity_date", LOOKUP, true, QUERY_INVALIDITY_DATE },
	[QUERY_THIS_UPDATE] = { "this_update", LOOKUP, true, QUERY_THIS_UPDATE },
	[QUERY_NEXT_UPDATE] = { "next_update", LOOKUP, true, QUERY_NEXT_UPDATE },
	[QUERY_EXPIRES_AT] = { "expires_at", LOOKUP, true, QUERY_EXPIRES_AT },
	[QUERY_CERTIFICATE_SHA256] = { "certificate_sha256", LOOKUP, false, QUERY_CERTIFICATE_SHA256 },
	[QUERY_POSITION] = { "position", CHANGES | HEAD, false, QUERY_POSITION },
	[QUERY_SERIAL_HEX] = { "serial_hex", CHANGES, false, QUERY_SERIAL_HEX },
	[QUERY_SERIAL_DECIMAL] = { "serial_decimal", CHANGES, false, QUERY_SERIAL_HEX },
	[QUERY_SERIAL_BYTES] = { "serial_bytes", CHANGES, false, QUERY_SERIAL_HEX },
	[QUERY_VERSION] = { "version", CHANGES, false, QUERY_VERSION },
};

/* What a result cannot be without, and what to do about it. */
static const struct needed {
	enum query_column column;
	unsigned kinds;
	const char *advice;
} needed[] = {
	{ QUERY_STATUS, LOOKUP, "say CASE WHEN ... THEN 'revoked' ELSE 'good' END AS status" },
	{ QUERY_REVOKED_AT, LOOKUP,
	    "without it nothing can be revoked (RFC 6960 4.2.1); say NULL AS revoked_at if nothing ever is" },
	{ QUERY_POSITION, CHANGES | HEAD, "say id AS position" },
};

static const char *const kind_names[QUERY_KINDS] = {
	[QUERY_LOOKUP] = "query",
	[QUERY_CHANGES] = "changes",
	[QUERY_HEAD] = "changes",
};

const char *
query_column_name(enum query_column column)
{
	return known[column].name;
}

static bool
is_called(const char *name, const char *known_name, bool *milliseconds)
{
	size_t i = 0;

	while (known_name[i] != '\0' &&
	    (name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]) == known_name[i])
		i++;
	*milliseconds = strcmp(name + i, "_ms") == 0 || strcmp(name + i, "_MS") == 0;
	return known_name[i] == '\0' && (name[i] == '\0' || *milliseconds);
}

/* QUERY_COLUMNS: there is none of that name. */
static unsigned
find(const char *name, enum query_kind kind, bool *milliseconds)
{
	unsigned i = 0;

	for (; i < QUERY_COLUMNS; i++)
		if ((known[i].kinds & 1u << kind) != 0 && is_called(name, known[i].name, milliseconds) &&
		    (known[i].is_moment || !*milliseconds))
			break;
	return i;
}

static int
refuse_unknown(const char *name, enum query_kind kind, vouch_err *err)
{
	char list[240], shown[QUERY_SHOWN];
	size_t len = 0;

	for (unsigned i = 0; i < QUERY_COLUMNS && len < sizeof(list); i++)
		if ((known[i].kinds & 1u << kind) != 0)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s%s", len > 0 ? ", " : "",
			    known[i].name, known[i].is_moment ? "[_ms]" : "");
	return query_fail(err, VOUCH_EINVAL, 0, "%s: column \"%s\" has no meaning here; there are %s",
	    kind_names[kind], query_show((vouch_span){ (const uint8_t *)name, strlen(name) }, shown), list);
}

static int
note(struct query_columns *columns, enum query_kind kind, const char *name, unsigned *seen, vouch_err *err)
{
	bool milliseconds = false;
	unsigned column = find(name, kind, &milliseconds);

	if (column == QUERY_COLUMNS)
		return refuse_unknown(name, kind, err);
	if ((*seen & 1u << known[column].group) != 0)
		return query_fail(err, VOUCH_EINVAL, 0,
		    "%s: column \"%s\" is there twice, or beside one of its kind", kind_names[kind],
		    known[column].name);
	*seen |= 1u << known[column].group;
	columns->meaning[columns->count++] = (uint8_t)(column | (milliseconds ? QUERY_MILLISECONDS : 0));
	return VOUCH_OK;
}

int
query_columns_read(struct query_columns *out, enum query_kind kind, const char *const *names, size_t count,
    vouch_err *err)
{
	struct query_columns columns = { .kind = kind };
	unsigned seen = 0;

	if (count > QUERY_COLUMNS_MAX)
		return query_fail(err, VOUCH_ELIMIT, 0, "%s: %zu columns", kind_names[kind], count);
	for (size_t i = 0; i < count; i++) {
		int code = note(&columns, kind, names[i], &seen, err);
		if (code != VOUCH_OK)
			return code;
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if ((needed[i].kinds & 1u << kind) != 0 && (seen & 1u << known[needed[i].column].group) == 0)
			return query_fail(err, VOUCH_EINVAL, 0, "%s: column \"%s\" is missing: %s",
			    kind_names[kind], known[needed[i].column].name, needed[i].advice);
	*out = columns;
	return VOUCH_OK;
}
