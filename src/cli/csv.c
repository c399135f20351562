/* SPDX-License-Identifier: Apache-2.0 */
/* Records of comma-separated values (RFC 4180), one at a time. */
#include "cli/csv.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

int
csv_err(const struct csv *csv, vouch_err *err)
{
	return err_prefix(err, "%s:%zu", csv->name, csv->line);
}

static int
fail(const struct csv *csv, vouch_err *err, int code, const char *why)
{
	err_set(err, code, "%s", why);
	return csv_err(csv, err);
}

/* Lines end in LF, CR LF or CR: all become LF. */
static int
read_octet(struct csv *csv)
{
	int octet = getc(csv->file);

	if (octet == '\r') {
		octet = getc(csv->file);
		if (octet != '\n' && octet != EOF)
			(void)ungetc(octet, csv->file);
		octet = '\n';
	}
	if (octet == '\n')
		csv->lines_read++;
	return octet;
}

static int
append(struct csv *csv, char octet, vouch_err *err)
{
	if (csv->text.len >= CSV_RECORD)
		return fail(csv, err, VOUCH_ELIMIT, "a record of more than 64 KiB: is a quote not closed?");
	return vouch_buf_append(&csv->text, &octet, 1) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

/* Behind the opening quote; *end is what follows the closing one. */
static int
read_quoted(struct csv *csv, int *end, vouch_err *err)
{
	int ret = VOUCH_OK;

	while (ret == VOUCH_OK) {
		int octet = read_octet(csv);
		if (octet == EOF)
			return fail(csv, err, VOUCH_EPARSE, "a quote is not closed");
		if (octet == '"') {
			octet = read_octet(csv);
			if (octet != '"') {
				*end = octet;
				return VOUCH_OK;
			}
		}
		if (octet == '\0')
			return fail(csv, err, VOUCH_EPARSE, "a NUL: this is no text");
		ret = append(csv, (char)octet, err);
	}
	return ret;
}

static int
read_plain(struct csv *csv, int octet, int *end, vouch_err *err)
{
	int ret = VOUCH_OK;

	for (; ret == VOUCH_OK && octet != ',' && octet != '\n' && octet != EOF; octet = read_octet(csv)) {
		if (octet == '"' || octet == '\0')
			return fail(csv, err, VOUCH_EPARSE,
			    octet == '"' ? "a quote within a cell that is not quoted" :
					   "a NUL: this is no text");
		ret = append(csv, (char)octet, err);
	}
	*end = octet;
	return ret;
}

static int
read_cell(struct csv *csv, int octet, int *end, vouch_err *err)
{
	if (csv->count == CSV_CELLS)
		return fail(csv, err, VOUCH_ELIMIT, "more than 64 cells in a record");
	csv->starts[csv->count++] = csv->text.len;
	int ret = octet == '"' ? read_quoted(csv, end, err) : read_plain(csv, octet, end, err);
	if (ret != VOUCH_OK)
		return ret;
	if (*end != ',' && *end != '\n' && *end != EOF)
		return fail(csv, err, VOUCH_EPARSE, "something follows a closing quote");
	return append(csv, '\0', err);
}

static int
read_record(struct csv *csv, int octet, vouch_err *err)
{
	int end = ',', ret = VOUCH_OK;

	buf_clear(&csv->text);
	csv->count = 0;
	while (ret == VOUCH_OK && end == ',') {
		ret = read_cell(csv, octet, &end, err);
		octet = ret == VOUCH_OK && end == ',' ? read_octet(csv) : octet;
	}
	for (size_t i = 0; i < csv->count; i++)
		csv->cells[i] = (const char *)csv->text.data + csv->starts[i];
	return ret;
}

/* The mark that some programs put before UTF-8. */
static int
skip_mark(struct csv *csv)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };
	size_t i = 0;
	int octet = read_octet(csv);

	while (!csv->has_begun && i < sizeof(mark) && octet == mark[i]) {
		octet = read_octet(csv);
		i++;
	}
	csv->has_begun = true;
	return octet;
}

int
csv_next(struct csv *csv, vouch_err *err)
{
	int octet = skip_mark(csv);

	while (octet == '\n')
		octet = read_octet(csv);
	csv->line = csv->lines_read + 1;
	int ret = octet == EOF ? VOUCH_ENOTFOUND : read_record(csv, octet, err);
	if (ferror(csv->file)) {
		err_set(err, VOUCH_EIO, "cannot be read: %s", strerror(errno));
		return csv_err(csv, err);
	}
	return ret;
}

void
csv_clear(struct csv *csv)
{
	vouch_buf_free(&csv->text);
}
