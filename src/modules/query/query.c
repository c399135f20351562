/* SPDX-License-Identifier: Apache-2.0 */
/* Queries out of a URI, rewritten for their database, and the values of their parameters. */
#include "modules/query/query.h"
#include "modules/query/parameter.h"
#include "modules/query/report.h"
#include "modules/query/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ISSUER_ID 32
#define BUCKETS 64 /* issuers are told apart by a SHA-256: any octet of it spreads them */
/* In a trial: no certificate has it (RFC 5280 4.1.2.2), and as one digit it shows a form that needs pairs of them. */
#define TRIAL_SERIAL ((const uint8_t *)"")
/* Behind every log; as seconds it is still a date that databases know (9999-12-31T23:59:59Z). */
#define TRIAL_POSITION INT64_C(253402300799)

struct statement {
	const char *which; /* the parameter of the URI, for errors */
	vouch_buf sql;	   /* with a NUL behind it; no octets: there is none */
	size_t count;
	struct query_parameter parameters[QUERY_PARAMETERS_MAX];
	bool names_issuer;
	bool has_unsigned; /* integers may be without a sign */
};

/* What the lookup's parameters say of an issuer; the others are left as they are. */
struct attached {
	uint8_t id[ISSUER_ID];
	struct query_binding binding;
	struct attached *next;
};

struct query {
	enum query_dialect dialect;
	struct statement statements[QUERY_KINDS];
	struct attached *issuers[BUCKETS];
};

/* A statement in the making. */
struct rewriting {
	struct statement *statement;
	enum query_dialect dialect;
	enum query_kind kind;
};

static int
add_plain(void *arg, vouch_span sql, vouch_err *err)
{
	struct rewriting *w = arg;

	if (vouch_buf_append(&w->statement->sql, sql.data, sql.len) != VOUCH_OK)
		return query_fail_nomem(err);
	return VOUCH_OK;
}

static int
add_placeholder(const struct rewriting *w, vouch_err *err)
{
	static const char *const signs[] = {
		[QUERY_SQLITE] = "?",
		[QUERY_POSTGRESQL] = "$",
		[QUERY_MYSQL] = "?",
	};
	char text[24];
	int len = w->dialect == QUERY_MYSQL ?
	    snprintf(text, sizeof(text), "%s", signs[w->dialect]) :
	    snprintf(text, sizeof(text), "%s%zu", signs[w->dialect], w->statement->count);

	if (vouch_buf_append(&w->statement->sql, text, (size_t)len) != VOUCH_OK)
		return query_fail_nomem(err);
	return VOUCH_OK;
}

/* Of which parameters there are in which query. */
static bool
is_fitting(const struct query_parameter *p, enum query_kind kind)
{
	return (p->about == QUERY_ABOUT_POSITION) == (kind != QUERY_LOOKUP);
}

static int
add_parameter(void *arg, vouch_span name, size_t offset, vouch_err *err)
{
	struct rewriting *w = arg;
	struct statement *s = w->statement;
	char shown[QUERY_SHOWN];

	if (s->count == QUERY_PARAMETERS_MAX)
		return query_fail(err, VOUCH_ELIMIT, offset, "%s: more than %d parameters", s->which,
		    QUERY_PARAMETERS_MAX);
	struct query_parameter *p = &s->parameters[s->count];
	if (!query_parameter_find(p, name))
		return query_fail(err, VOUCH_EINVAL, offset,
		    "%s: at character %zu: there is no parameter :%s", s->which, offset + 1,
		    query_show(name, shown));
	if (!is_fitting(p, w->kind))
		return query_fail(err, VOUCH_EINVAL, offset,
		    "%s: at character %zu: :%s is not known here: %s", s->which, offset + 1,
		    query_show(name, shown),
		    w->kind == QUERY_LOOKUP ? "it belongs into changes" :
					      "changes are told for all, behind :position");
	s->count++;
	s->names_issuer = s->names_issuer || p->about == QUERY_ABOUT_ISSUER;
	return add_placeholder(w, err);
}

static int
add_literal(struct statement *s, const char *sql, size_t len, vouch_err *err)
{
	return vouch_buf_append(&s->sql, sql, len) == VOUCH_OK ? VOUCH_OK : query_fail_nomem(err);
}

static bool
has_parameter(const struct statement *s, enum query_about about)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->parameters[i].about == about)
			return true;
	return false;
}

static const struct frame {
	const char *which, *before, *after;
	enum query_about about;
	const char *lacking;
} frames[QUERY_KINDS] = {
	[QUERY_LOOKUP] = { "query", "", "", QUERY_ABOUT_SERIAL,
	    "it does not ask for a serial number: WHERE ... = :serial_hex" },
	[QUERY_CHANGES] = { "changes", "", "", QUERY_ABOUT_POSITION,
	    "it does not ask for what is new: WHERE ... > :position" },
	/* On lines of its own: the text may end in a comment. */
	[QUERY_HEAD] = { "changes", "SELECT max(position) AS position FROM (\n", "\n) AS vouch_head",
	    QUERY_ABOUT_POSITION, "it does not ask for what is new: WHERE ... > :position" },
};

static int
rewrite(struct query *q, enum query_kind kind, const char *text, vouch_err *err)
{
	const struct frame *f = &frames[kind];
	struct statement *s = &q->statements[kind];
	struct rewriting w = { s, q->dialect, kind };
	struct query_text_sink sink = { add_plain, add_parameter, &w };

	s->which = f->which;
	s->has_unsigned = q->dialect == QUERY_MYSQL;
	int code = add_literal(s, f->before, strlen(f->before), err);
	if (code == VOUCH_OK)
		code = query_text_read(text, f->which, q->dialect, &sink, err);
	if (code == VOUCH_OK)
		code = add_literal(s, f->after, strlen(f->after) + 1, err);
	if (code == VOUCH_OK && !has_parameter(s, f->about))
		code = query_fail(err, VOUCH_EINVAL, 0, "%s: %s", f->which, f->lacking);
	return code;
}

/* Both texts of a URI; VOUCH_ENOTFOUND: there is no query, and no changes either. */
static int
read_uri(vouch_buf *lookup, vouch_buf *changes, const char *uri, vouch_err *err)
{
	int code = vouch_uri_parameter(changes, uri, "changes", err);

	if (code != VOUCH_OK && code != VOUCH_ENOTFOUND)
		return code;
	bool has_changes = code == VOUCH_OK;
	code = vouch_uri_parameter(lookup, uri, "query", err);
	if (code == VOUCH_ENOTFOUND && has_changes)
		return query_fail(err, VOUCH_EINVAL, 0,
		    "changes without a query: a database with vouch's own tables tells its changes by itself");
	return code;
}

static int
rewrite_all(struct query *q, const vouch_buf *lookup, const vouch_buf *changes, vouch_err *err)
{
	int code = rewrite(q, QUERY_LOOKUP, (const char *)lookup->data, err);

	if (changes->data == NULL)
		return code;
	if (code == VOUCH_OK)
		code = rewrite(q, QUERY_CHANGES, (const char *)changes->data, err);
	if (code == VOUCH_OK)
		code = rewrite(q, QUERY_HEAD, (const char *)changes->data, err);
	return code;
}

int
query_open(struct query **out, enum query_dialect dialect, const char *uri, vouch_err *err)
{
	vouch_buf lookup = { 0 }, changes = { 0 };
	struct query *q = NULL;
	int code = read_uri(&lookup, &changes, uri, err);

	if (code == VOUCH_OK) {
		q = calloc(1, sizeof(*q));
		code = q != NULL ? VOUCH_OK : query_fail_nomem(err);
	}
	if (code == VOUCH_OK) {
		q->dialect = dialect;
		code = rewrite_all(q, &lookup, &changes, err);
	}
	vouch_buf_free(&lookup);
	vouch_buf_free(&changes);
	if (code != VOUCH_OK) {
		query_close(q);
		return code;
	}
	*out = q;
	return VOUCH_OK;
}

void
query_close(struct query *query)
{
	if (query == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (query->issuers[i] != NULL) {
			struct attached *a = query->issuers[i];
			query->issuers[i] = a->next;
			query_binding_clear(&a->binding);
			free(a);
		}
	}
	for (size_t i = 0; i < QUERY_KINDS; i++)
		vouch_buf_free(&query->statements[i].sql);
	free(query);
}

const char *
query_sql(const struct query *query, enum query_kind kind)
{
	return (const char *)query->statements[kind].sql.data;
}

size_t
query_parameters(const struct query *query, enum query_kind kind)
{
	return query->statements[kind].count;
}

enum query_type
query_parameter_type(const struct query *query, enum query_kind kind, size_t number)
{
	return query_parameter_value_type(&query->statements[kind].parameters[number]);
}

void
query_binding_clear(struct query_binding *binding)
{
	vouch_buf_free(&binding->text);
}

/* One bit for each thing that a parameter may be about. */
#define ABOUT(about) (1u << (about))

/* Writes the values of those parameters; the text behind them is of this call alone. */
static int
write_values(struct query_binding *binding, const struct statement *s, unsigned about,
    const struct query_subject *subject, vouch_err *err)
{
	size_t at[QUERY_PARAMETERS_MAX];

	binding->text.len = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct query_value *v = &binding->values[i];
		if ((about & ABOUT(s->parameters[i].about)) == 0)
			continue;
		at[i] = binding->text.len;
		*v = (struct query_value){ .type = query_parameter_value_type(&s->parameters[i]) };
		int code = query_parameter_write(&s->parameters[i], subject, &binding->text, v, err);
		/* Other databases have no such type. */
		if (code == VOUCH_OK && v->is_unsigned && !s->has_unsigned)
			code = VOUCH_ENOTFOUND;
		if (code != VOUCH_OK)
			return code;
		v->octets.len = binding->text.len - at[i];
		if (vouch_buf_append(&binding->text, "", 1) != VOUCH_OK)
			return query_fail_nomem(err);
	}
	/* It does not move any more. */
	for (size_t i = 0; i < s->count; i++)
		if ((about & ABOUT(s->parameters[i].about)) != 0 && binding->values[i].type != QUERY_INTEGER)
			binding->values[i].octets.data = binding->text.data + at[i];
	return VOUCH_OK;
}

static int
read_issuer(struct query_subject *subject, const vouch_issuer *issuer, vouch_err *err)
{
	vouch_certificate_info info = { .size = sizeof(info) };
	const char *label = vouch_issuer_name(issuer);
	vouch_span certificate = vouch_issuer_certificate(issuer);
	int code = vouch_certificate_inspect(certificate, &info, err);

	if (code != VOUCH_OK)
		return code;
	subject->certificate = certificate;
	subject->name = info.subject;
	subject->subject_public_key = info.subject_public_key;
	subject->subject_key_identifier = info.subject_key_identifier;
	subject->id = vouch_issuer_id(issuer);
	subject->label = (vouch_span){ (const uint8_t *)label, strlen(label) };
	return VOUCH_OK;
}

static struct attached *
find_attached(const struct query *q, vouch_span id)
{
	struct attached *a = id.len == ISSUER_ID ? q->issuers[id.data[0] % BUCKETS] : NULL;

	while (a != NULL && memcmp(a->id, id.data, ISSUER_ID) != 0)
		a = a->next;
	return a;
}

int
query_attach(struct query *query, const vouch_issuer *issuer, vouch_err *err)
{
	struct query_subject subject = { 0 };
	vouch_span id = vouch_issuer_id(issuer);

	if (!query->statements[QUERY_LOOKUP].names_issuer || id.len != ISSUER_ID ||
	    find_attached(query, id) != NULL)
		return VOUCH_OK;
	int code = read_issuer(&subject, issuer, err);
	if (code != VOUCH_OK)
		return code;
	struct attached *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return query_fail_nomem(err);
	code = write_values(&a->binding, &query->statements[QUERY_LOOKUP], ABOUT(QUERY_ABOUT_ISSUER),
	    &subject, err);
	if (code != VOUCH_OK) {
		query_binding_clear(&a->binding);
		free(a);
		return code;
	}
	memcpy(a->id, id.data, ISSUER_ID);
	a->next = query->issuers[id.data[0] % BUCKETS];
	query->issuers[id.data[0] % BUCKETS] = a;
	return VOUCH_OK;
}

int
query_bind_lookup(struct query_binding *binding, const struct query *query, const vouch_issuer *issuer,
    vouch_span serial_number, vouch_err *err)
{
	const struct statement *s = &query->statements[QUERY_LOOKUP];
	struct query_subject subject = { .serial_number = serial_number };
	unsigned about = ABOUT(QUERY_ABOUT_SERIAL);

	if (serial_number.len == 0 || serial_number.len > QUERY_SERIAL_MAX)
		return VOUCH_ENOTFOUND;
	if (s->names_issuer) {
		const struct attached *a = find_attached(query, vouch_issuer_id(issuer));
		if (a != NULL)
			memcpy(binding->values, a->binding.values, s->count * sizeof(binding->values[0]));
		else
			about |= ABOUT(QUERY_ABOUT_ISSUER);
	}
	if ((about & ABOUT(QUERY_ABOUT_ISSUER)) != 0) {
		int code = read_issuer(&subject, issuer, err);
		if (code != VOUCH_OK)
			return code;
	}
	return write_values(binding, s, about, &subject, err);
}

int
query_bind_trial(struct query_binding *binding, const struct query *query, enum query_kind kind,
    vouch_err *err)
{
	static const uint8_t nobody[ISSUER_ID];
	vouch_span none = { nobody, sizeof(nobody) };
	struct query_subject subject = { .serial_number = { TRIAL_SERIAL, 1 },
		.position = TRIAL_POSITION,
		.certificate = none,
		.subject_public_key = none,
		.subject_key_identifier = none,
		.id = none };
	unsigned all = ABOUT(QUERY_ABOUT_SERIAL) | ABOUT(QUERY_ABOUT_ISSUER) | ABOUT(QUERY_ABOUT_POSITION);

	return write_values(binding, &query->statements[kind], all, &subject, err);
}
