/* SPDX-License-Identifier: Apache-2.0 */
/* What was issued, out of a file with serial numbers or certificates. */
#include "status/crl_issued.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "crypto/name.h"
#include "status/crl_certificate.h"
#include "status/crl_list.h"

#define LINE_MAX_OCTETS 8192
#define BLOCK_MAX ((size_t)1 << 20) /* octets of a certificate, in text */
#define BEGIN "-----BEGIN "
#define END "-----END "

struct reading {
	struct crl_issued *issued;
	const char *path;
	FILE *file;
	enum { UNDECIDED, SERIAL_NUMBERS, CERTIFICATES } kind;
	size_t line;
	vouch_buf text;	 /* of the line, with a NUL */
	vouch_buf block; /* of PEM, from its BEGIN; empty: outside */
	vouch_buf der, serial;
	struct crl_certificate certificate;
	size_t group, count; /* used last; what was found */
};

/* --- What was found ----------------------------------------------------------------------------------- */

static struct crl_issued_group *
find_group(struct reading *r, vouch_span name, vouch_span key_identifier, vouch_err *err)
{
	struct crl_issued *issued = r->issued;

	for (size_t n = 0; n < issued->group_count; n++) {
		size_t i = (r->group + n) % issued->group_count;
		if (!span_equal(span_buf(&issued->groups[i].name), name) ||
		    !span_equal(span_buf(&issued->groups[i].key_identifier), key_identifier))
			continue;
		r->group = i;
		return &issued->groups[i];
	}
	struct crl_issued_group *groups = reallocarray(issued->groups, issued->group_count + 1,
	    sizeof(*groups));
	if (groups == NULL) {
		err_nomem(err);
		return NULL;
	}
	issued->groups = groups;
	struct crl_issued_group *group = &groups[issued->group_count];
	*group = (struct crl_issued_group){ 0 };
	issued->group_count++;
	if (buf_append_span(&group->name, name) == VOUCH_OK &&
	    buf_append_span(&group->key_identifier, key_identifier) == VOUCH_OK)
		return group;
	err_nomem(err);
	return NULL;
}

/* Where a name is among the sorted ones, or belongs. */
static size_t
place_of(const struct crl_issued *issued, vouch_span names, bool *found)
{
	size_t low = 0, high = issued->point_count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = crl_serial_compare(span_buf(&issued->points[issued->by_name[middle]]), names);
		*found = *found || order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The number of a point, from 1; 0: no memory. */
static size_t
number_of_point(struct crl_issued *issued, vouch_span names)
{
	bool found;
	size_t place = place_of(issued, names, &found), count = issued->point_count;

	if (found)
		return issued->by_name[place] + 1;
	vouch_buf *points = reallocarray(issued->points, count + 1, sizeof(*points));
	if (points != NULL)
		issued->points = points;
	size_t *by_name = reallocarray(issued->by_name, count + 1, sizeof(*by_name));
	if (by_name != NULL)
		issued->by_name = by_name;
	vouch_buf copy = { 0 };
	if (points == NULL || by_name == NULL || buf_append_span(&copy, names) != VOUCH_OK)
		return 0;
	memmove(by_name + place + 1, by_name + place, (count - place) * sizeof(*by_name));
	by_name[place] = count;
	points[count] = copy;
	issued->point_count++;
	return count + 1;
}

static int
add_certificate(struct reading *r, vouch_err *err)
{
	const struct crl_certificate *c = &r->certificate;
	struct crl_fact fact = { c->is_ca ? CRL_CA_CERTIFICATES : CRL_USER_CERTIFICATES, 0, 0 };

	if (c->points.len != 0) {
		fact.date = (vouch_time)number_of_point(r->issued, span_buf(&c->points));
		if (fact.date == 0)
			return err_nomem(err);
	}
	struct crl_issued_group *group = find_group(r, c->issuer, c->key_identifier, err);
	r->count++;
	return group != NULL ? crl_table_add(&group->table, c->serial_number, &fact, err) : err->code;
}

static int
add_der(struct reading *r, vouch_span der, vouch_err *err)
{
	int code = crl_certificate_read(&r->certificate, der, err);

	if (code != VOUCH_OK)
		return err_prefix(err, "not a certificate");
	return add_certificate(r, err);
}

/* --- Lines -------------------------------------------------------------------------------------------- */

static int
add_serial_number(struct reading *r, const char *text, vouch_err *err)
{
	static const struct crl_fact nothing = { 0, 0, 0 };
	vouch_span nobody = { NULL, 0 };

	buf_clear(&r->serial);
	if (vouch_serial_parse(&r->serial, text, err) != VOUCH_OK)
		return err->code;
	r->count++;
	struct crl_issued_group *group = find_group(r, nobody, nobody, err);
	return group != NULL ? crl_table_add(&group->table, span_buf(&r->serial), &nothing, err) : err->code;
}

static int
end_block(struct reading *r, vouch_err *err)
{
	vouch_span block = span_buf(&r->block);

	buf_clear(&r->der);
	int code = vouch_certificate_read(&block, &r->der, err);
	if (code == VOUCH_OK)
		code = add_der(r, span_buf(&r->der), err);
	buf_clear(&r->block);
	return code;
}

/* Text around the blocks, such as openssl x509 -text writes, is passed over; so are blocks of other things. */
static int
take_certificate_line(struct reading *r, const char *text, vouch_err *err)
{
	bool is_begin = strncmp(text, BEGIN, sizeof(BEGIN) - 1) == 0;
	bool is_outside = r->block.len == 0;

	if (is_outside && !(is_begin && strstr(text, "CERTIFICATE-----") != NULL))
		return VOUCH_OK;
	if (!is_outside && is_begin)
		return err_set(err, VOUCH_EPARSE, "a PEM block begins within another one");
	if (r->block.len + r->text.len > BLOCK_MAX)
		return err_set(err, VOUCH_ELIMIT, "a certificate of more than %zu octets", BLOCK_MAX);
	if (buf_append_string(&r->block, text) != VOUCH_OK || buf_append_string(&r->block, "\n") != VOUCH_OK)
		return err_nomem(err);
	return strncmp(text, END, sizeof(END) - 1) == 0 ? end_block(r, err) : VOUCH_OK;
}

/* The first line that says anything decides. */
static void
decide(struct reading *r, const char *text)
{
	vouch_err unread = { 0 };

	buf_clear(&r->serial);
	r->kind = vouch_serial_parse(&r->serial, text, &unread) == VOUCH_OK ? SERIAL_NUMBERS : CERTIFICATES;
}

static int
take_line(struct reading *r, vouch_err *err)
{
	static const char mark[] = "\xef\xbb\xbf"; /* what editors of another system put in front of UTF-8 */
	char *text = (char *)r->text.data;

	if (r->line == 1 && strncmp(text, mark, strlen(mark)) == 0)
		text += strlen(mark);
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		text[--len] = '\0';
	while (*text == ' ' || *text == '\t')
		text++;
	if (*text == '\0' || *text == '#')
		return VOUCH_OK;
	if (r->kind == UNDECIDED)
		decide(r, text);
	return r->kind == SERIAL_NUMBERS ? add_serial_number(r, text, err) :
					   take_certificate_line(r, text, err);
}

/* One line without its end; VOUCH_ENOTFOUND behind the last. */
static int
next_line(struct reading *r, vouch_err *err)
{
	int c = getc_unlocked(r->file);

	buf_clear(&r->text);
	if (c == EOF)
		return ferror(r->file) ? err_set(err, VOUCH_EIO, "%s", strerror(errno)) : VOUCH_ENOTFOUND;
	for (; c != EOF && c != '\n'; c = getc_unlocked(r->file)) {
		uint8_t octet = (uint8_t)c;
		if (r->text.len == LINE_MAX_OCTETS)
			return err_set(err, VOUCH_ELIMIT, "a line of more than %d octets", LINE_MAX_OCTETS);
		if (octet == 0)
			return err_set(err, VOUCH_EPARSE, "a NUL octet: neither serial numbers nor PEM");
		if (vouch_buf_append(&r->text, &octet, 1) != VOUCH_OK)
			return err_nomem(err);
	}
	return vouch_buf_append(&r->text, "", 1) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
read_lines(struct reading *r, vouch_err *err)
{
	int code = VOUCH_OK;

	while (code == VOUCH_OK) {
		code = next_line(r, err);
		r->line++;
		if (code == VOUCH_OK)
			code = take_line(r, err);
	}
	if (code != VOUCH_ENOTFOUND)
		return code;
	if (r->block.len != 0)
		return err_set(err, VOUCH_EPARSE, "the last certificate is cut off");
	if (r->kind == CERTIFICATES && r->count == 0)
		return err_set(err, VOUCH_EPARSE, "neither serial numbers nor certificates");
	return VOUCH_OK;
}

/* --- The file ----------------------------------------------------------------------------------------- */

/* No text begins with these two octets. */
static bool
is_der(FILE *file)
{
	int first = getc_unlocked(file), second = getc_unlocked(file);

	rewind(file);
	return first == 0x30 && second >= 0x80;
}

static int
read_der_file(struct reading *r, vouch_err *err)
{
	uint8_t octets[4096];
	size_t len;

	while ((len = fread(octets, 1, sizeof(octets), r->file)) > 0) {
		if (r->block.len + len > BLOCK_MAX)
			return err_set(err, VOUCH_ELIMIT, "a certificate of more than %zu octets", BLOCK_MAX);
		if (vouch_buf_append(&r->block, octets, len) != VOUCH_OK)
			return err_nomem(err);
	}
	return add_der(r, span_buf(&r->block), err);
}

/* What is known of it more often is known: a serial number beside its certificate, say. */
static void
merge(struct crl_fact *kept, const struct crl_fact *other)
{
	kept->reason |= other->reason;
	if (kept->date == 0)
		kept->date = other->date;
}

static int
read_all(struct reading *r, vouch_err *err)
{
	bool der = is_der(r->file);
	int code = der ? read_der_file(r, err) : read_lines(r, err);

	for (size_t i = 0; i < r->issued->group_count; i++)
		crl_table_finish(&r->issued->groups[i].table, merge);
	if (code == VOUCH_OK)
		return code;
	return der ? err_prefix(err, "%s", r->path) : err_prefix(err, "%s:%zu", r->path, r->line);
}

static void
clear(struct reading *r)
{
	fclose(r->file);
	vouch_buf_free(&r->text);
	vouch_buf_free(&r->block);
	vouch_buf_free(&r->der);
	vouch_buf_free(&r->serial);
	vouch_buf_free(&r->certificate.points);
}

static FILE *
open_file(const char *path, const struct crl_opener *opener, vouch_err *err)
{
	int fd = -1;

	if (crl_opener_open(opener, path, &fd, err) != VOUCH_OK)
		return NULL;
	FILE *file = fdopen(fd, "r");
	if (file == NULL) {
		err_set(err, VOUCH_EIO, "%s: %s", path, strerror(errno));
		close(fd);
	}
	return file;
}

int
crl_issued_read(struct crl_issued **out, const char *path, const struct crl_opener *opener, vouch_err *err)
{
	struct reading r = { .path = path, .file = open_file(path, opener, err) };

	if (r.file == NULL)
		return err->code;
	r.issued = calloc(1, sizeof(*r.issued));
	int code = r.issued == NULL ? err_nomem(err) : VOUCH_OK;
	if (code == VOUCH_OK) {
		r.issued->references = 1;
		code = read_all(&r, err);
	}
	clear(&r);
	if (code != VOUCH_OK) {
		crl_issued_free(r.issued);
		return code;
	}
	*out = r.issued;
	return VOUCH_OK;
}

struct crl_issued *
crl_issued_ref(struct crl_issued *issued)
{
	if (issued != NULL)
		issued->references++;
	return issued;
}

void
crl_issued_free(struct crl_issued *issued)
{
	if (issued == NULL || --issued->references != 0)
		return;
	for (size_t i = 0; i < issued->group_count; i++) {
		vouch_buf_free(&issued->groups[i].name);
		vouch_buf_free(&issued->groups[i].key_identifier);
		crl_table_clear(&issued->groups[i].table);
	}
	for (size_t i = 0; i < issued->point_count; i++)
		vouch_buf_free(&issued->points[i]);
	free(issued->groups);
	free(issued->points);
	free(issued->by_name);
	free(issued);
}

/* --- Questions ---------------------------------------------------------------------------------------- */

bool
crl_issued_is_of_one_issuer(const struct crl_issued *issued)
{
	for (size_t i = 0; issued != NULL && i < issued->group_count; i++)
		if (issued->groups[i].name.len == 0)
			return true;
	return false;
}

bool
crl_issued_is_of(const struct crl_issued_group *group, const struct crypto_cert *issuer)
{
	vouch_span name = span_buf(&group->name), key = span_buf(&group->key_identifier);

	if (name.len == 0)
		return true;
	if (!span_equal(name, issuer->subject))
		return false;
	return key.len == 0 || issuer->subject_key_identifier.len == 0 ||
	    span_equal(key, issuer->subject_key_identifier);
}

bool
crl_issued_find(const struct crl_issued *issued, const struct crypto_cert *issuer, vouch_span serial_number,
    struct crl_issued_fact *out)
{
	struct crl_fact fact;

	*out = (struct crl_issued_fact){ 0 };
	for (size_t i = 0; issued != NULL && i < issued->group_count; i++) {
		if (!crl_issued_is_of(&issued->groups[i], issuer) ||
		    !crl_table_find(&issued->groups[i].table, serial_number, &fact))
			continue;
		out->certificates = fact.reason;
		if (fact.date > 0)
			out->points = span_buf(&issued->points[fact.date - 1]);
		return true;
	}
	return false;
}
