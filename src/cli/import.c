/* SPDX-License-Identifier: Apache-2.0 */
/* vouch import: copy what a source, a folder of certificates or a table says into a database. */
#include "cli/certificates.h"
#include "cli/database.h"
#include "cli/import_batch.h"
#include "cli/import_folder.h"
#include "cli/import_table.h"
#include "cli/json_fields.h"
#include "base/span.h"
#include "base/uri_secret.h"
#include "io/clock.h"
#include "sources/sources.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREAMBLE 4096 /* text that may stand before the first certificate of a PEM file */

static const struct cli_option options[] = {
	{ "issuer", "FILE", "certificate of the CA; with a configuration of one issuer it may be left out",
	    false, false },
	{ "db", "URI",
	    "the database, a file or a URI; default: the first writable source of --config, else ./vouch.db",
	    false, false },
	{ "config", "FILE", "the configuration that names the database and the issuer (vouch.yaml(5))", false,
	    false },
	{ "dry-run", NULL, "look and count, and record nothing", false, false },
	{ "json", NULL, "the counts as one JSON object", false, false },
	{ 0 },
};

struct run {
	const struct cli_args *args;
	const char *from; /* the operand */
	struct conf *conf;
	vouch_issuer *issuer;
	vouch_source *source; /* of a URI */
	struct import_table table;
	vouch_buf uri; /* of the register */
	struct import_batch batch;
};

/* What the operand is, beside the URI of a source. */
enum kind { SOURCE, FOLDER, CERTIFICATES, TABLE, NO_FILE };

/* --- A source ----------------------------------------------------------------------------------------- */

struct listing {
	struct import_batch *batch;
	vouch_err *err;
};

static int
count_one(void *arg, vouch_span serial_number, const vouch_status *status)
{
	size_t *count = arg;

	(void)serial_number, (void)status;
	*count += 1;
	return 0;
}

/* A source that says itself that it does not know has nothing to record. */
static int
add_listed(void *arg, vouch_span serial_number, const vouch_status *status)
{
	struct listing *listing = arg;

	if (status->cert_status != VOUCH_GOOD && status->cert_status != VOUCH_REVOKED) {
		import_batch_skip(listing->batch);
		return 0;
	}
	return import_batch_add(listing->batch, serial_number, status, false, listing->err) == VOUCH_OK ? 0 :
													  1;
}

/* A bar needs a total; who is far away is not asked twice for it. */
static int
count_listed(struct run *r, vouch_err *err)
{
	bool is_near = (vouch_source_get_ops(r->source)->flags & VOUCH_SOURCE_INLINE) != 0;

	if (!is_near || isatty(STDERR_FILENO) != 1)
		return VOUCH_OK;
	return vouch_source_each(r->source, r->issuer, (vouch_span){ 0 }, r->batch.now, count_one,
	    &r->batch.progress.total, err);
}

static int
import_source(struct run *r, vouch_err *err)
{
	vouch_err why = { 0 };
	struct listing listing = { &r->batch, &why };
	int ret = count_listed(r, err);

	if (ret == VOUCH_OK)
		ret = vouch_source_each(r->source, r->issuer, (vouch_span){ 0 }, r->batch.now, add_listed,
		    &listing, err);
	if (ret <= 0)
		return ret;
	*err = why;
	return err->code;
}

/*
 * What can tell of no certificate lists none, and would look like a CA that has none: a CRL that another CA
 * signed, or of last month.  Its lookup says why.
 */
static int
refuse_silent(struct run *r, vouch_err *err)
{
	static const uint8_t any[] = { 0 };
	vouch_status status;

	vouch_status_init(&status);
	int ret = vouch_source_lookup(r->source, r->issuer, SPAN_ARRAY(any), r->batch.now, &status, err);
	vouch_status_clear(&status);
	return ret == VOUCH_ENOTFOUND ? VOUCH_OK : ret;
}

static int
open_source(struct run *r, vouch_err *err)
{
	int ret = sources_open(&r->source, r->from, r->batch.now, err);

	if (ret == VOUCH_OK)
		ret = vouch_source_attach(r->source, r->issuer, err);
	if (ret != VOUCH_OK)
		return ret;
	if (vouch_source_get_ops(r->source)->each != NULL)
		return refuse_silent(r, err);
	return err_set(err, VOUCH_EREFUSED, "%s: this source cannot list its certificates",
	    vouch_source_get_ops(r->source)->name);
}

/* --- A table ------------------------------------------------------------------------------------------ */

static int
read_table(struct run *r, struct import_batch *batch, vouch_err *err)
{
	vouch_buf serial_number = { 0 };
	vouch_status status;
	int ret = import_table_begin(&r->table, err);

	while (ret == VOUCH_OK) {
		ret = import_table_next(&r->table, &serial_number, &status, err);
		if (ret == VOUCH_OK && batch != NULL)
			ret = import_batch_add(batch, span_buf(&serial_number), &status, false, err);
		else if (ret == VOUCH_OK)
			r->batch.progress.total++;
	}
	vouch_buf_free(&serial_number);
	return ret == VOUCH_ENOTFOUND ? VOUCH_OK : ret;
}

static int
import_table(struct run *r, vouch_err *err)
{
	return read_table(r, &r->batch, err);
}

/* A file is read to its end first: nothing is recorded of one that is damaged anywhere. */
static int
open_table(struct run *r, vouch_err *err)
{
	bool is_stdin = strcmp(r->from, "-") == 0;
	struct stat st;

	r->table.csv.file = is_stdin ? stdin : fopen(r->from, "re");
	r->table.csv.name = is_stdin ? "standard input" : r->from;
	if (r->table.csv.file == NULL)
		return err_set(err, VOUCH_EIO, "%s: %s", r->from, strerror(errno));
	if (is_stdin || fstat(fileno(r->table.csv.file), &st) != 0 || !S_ISREG(st.st_mode))
		return VOUCH_OK;
	int ret = read_table(r, NULL, err);
	if (ret != VOUCH_OK)
		return ret;
	import_table_clear(&r->table);
	rewind(r->table.csv.file);
	r->table.csv = (struct csv){ .file = r->table.csv.file, .name = r->table.csv.name };
	return VOUCH_OK;
}

static void
close_table(struct run *r)
{
	import_table_clear(&r->table);
	if (r->table.csv.file != NULL && r->table.csv.file != stdin)
		fclose(r->table.csv.file);
}

/* --- Certificates ------------------------------------------------------------------------------------- */

static int
take_folder(struct run *r, vouch_err *err)
{
	return import_folder(&r->batch, r->from, err);
}

static int
take_certificates(struct run *r, vouch_err *err)
{
	return import_certificates(&r->batch, r->from, err);
}

static size_t
read_head(const char *path, char head[PREAMBLE])
{
	FILE *file = fopen(path, "re");
	size_t len = file == NULL ? 0 : fread(head, 1, PREAMBLE, file);

	if (file != NULL)
		fclose(file);
	return len;
}

/* A table begins with a name, and has no line like those of PEM. */
static bool
holds_certificates(const char *path)
{
	char head[PREAMBLE] = "";
	size_t len = read_head(path, head);

	return len > 0 && (head[0] == 0x30 || memmem(head, len, "-----BEGIN", 10) != NULL);
}

/* What a CA has beside its tables is read by a source: its file's name alone does not say which. */
static int
refuse_source_file(const char *path, vouch_err *err)
{
	static const struct {
		const char *begins, *what, *scheme;
	} files[] = {
		{ "V\t", "an index.txt", "index" },
		{ "R\t", "an index.txt", "index" },
		{ "E\t", "an index.txt", "index" },
		{ "-----BEGIN X509 CRL-----", "a CRL", "crl" },
		{ "SQLite format 3", "an SQLite database", "sqlite" },
	};
	char head[PREAMBLE] = "";
	size_t len = read_head(path, head);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t begins = strlen(files[i].begins);
		if (len >= begins && memcmp(head, files[i].begins, begins) == 0)
			return err_set(err, VOUCH_EREFUSED, "%s: %s: name it as %s:%s", path, files[i].what,
			    files[i].scheme, path);
	}
	return VOUCH_OK;
}

static enum kind
find_kind(const char *from)
{
	struct stat st;

	if (sources_is_uri(from))
		return SOURCE;
	if (strcmp(from, "-") == 0)
		return TABLE;
	if (stat(from, &st) != 0)
		return NO_FILE;
	if (S_ISDIR(st.st_mode))
		return FOLDER;
	return S_ISREG(st.st_mode) && holds_certificates(from) ? CERTIFICATES : TABLE;
}

/* One row is what is opened before the database is, and what follows. */
static const struct {
	int (*open)(struct run *r, vouch_err *err); /* NULL: nothing */
	int (*take)(struct run *r, vouch_err *err);
} kinds[] = {
	[SOURCE] = { open_source, import_source },
	[FOLDER] = { NULL, take_folder },
	[CERTIFICATES] = { NULL, take_certificates },
	[TABLE] = { open_table, import_table },
};

/* --- What is said of it ------------------------------------------------------------------------------- */

/* In the order in which they are printed; the first three always. */
static const struct {
	const char *name, *text;
	size_t offset;
} figures[] = {
	{ "added", "added", offsetof(struct import_counts, added) },
	{ "changed", "changed", offsetof(struct import_counts, changed) },
	{ "unchanged", "unchanged", offsetof(struct import_counts, unchanged) },
	{ "kept", "kept, revoked earlier or otherwise in the database",
	    offsetof(struct import_counts, kept) },
	{ "refused", "refused", offsetof(struct import_counts, refused) },
	{ "skipped", "skipped, not certificates of this issuer or unknown to the source",
	    offsetof(struct import_counts, skipped) },
};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

static size_t
figure(const struct import_counts *counts, size_t number)
{
	size_t value;

	memcpy(&value, (const char *)counts + figures[number].offset, sizeof(value));
	return value;
}

static int
format_text(vouch_buf *out, const struct run *r, const char *from, const char *into)
{
	int ret = buf_printf(out, "%s%s from %s", into, r->batch.dry_run ? " (nothing is recorded)" : "",
	    from);

	for (size_t i = 0; i < FIGURES && ret == VOUCH_OK; i++) {
		size_t value = figure(&r->batch.counts, i);

		if (i < 3 || value > 0)
			ret = buf_printf(out, "%s %zu %s",
			    i == 0    ? ":" :
				i > 3 ? ";" :
					",",
			    value, figures[i].text);
	}
	return ret == VOUCH_OK ? buf_append_string(out, "\n") : ret;
}

static int
format_json(vouch_buf *out, const struct run *r, const char *from, const char *into)
{
	json_t *o = json_object();
	bool made = o != NULL && json_fields_text(o, "database", into) == 0 &&
	    json_fields_text(o, "source", from) == 0 &&
	    json_object_set_new(o, "dry_run", json_boolean(r->batch.dry_run)) == 0;

	for (size_t i = 0; i < FIGURES && made; i++)
		made = json_object_set_new(o, figures[i].name,
			   json_integer((json_int_t)figure(&r->batch.counts, i))) == 0;
	if (made)
		return json_fields_end(o, out) == 0 ? VOUCH_OK : VOUCH_ENOMEM;
	json_decref(o);
	return VOUCH_ENOMEM;
}

static int
print_counts(const struct run *r)
{
	vouch_buf text = { 0 }, from = { 0 }, into = { 0 };
	const char *shown_from = uri_shown(&from, r->from),
		   *shown_into = uri_shown(&into, (const char *)r->uri.data);
	int ret = cli_flag(r->args, "json") ? format_json(&text, r, shown_from, shown_into) :
					      format_text(&text, r, shown_from, shown_into);

	if (ret == VOUCH_OK)
		(void)fwrite(text.data, 1, text.len, stdout);
	vouch_buf_free(&text);
	vouch_buf_free(&from);
	vouch_buf_free(&into);
	return ret == VOUCH_OK ? CLI_OK : cli_failf("import", "out of memory");
}

/* --- The command -------------------------------------------------------------------------------------- */

static int
import(struct run *r, enum kind kind)
{
	vouch_err err = { 0 };
	int ret = kinds[kind].take(r, &err);

	if (ret == VOUCH_OK)
		ret = import_batch_flush(&r->batch, &err);
	cli_progress_end(&r->batch.progress);
	if (ret == VOUCH_OK) {
		int code = print_counts(r);
		return r->batch.counts.refused > 0 ? CLI_FAILED : code;
	}
	size_t recorded = r->batch.dry_run ? 0 : r->batch.counts.added + r->batch.counts.changed;
	if (recorded == 0)
		return cli_fail("import", &err);
	return cli_failf("import", "%s (%zu certificates are recorded; the same command goes on)", err.msg,
	    recorded);
}

static int
open_register(struct run *r)
{
	vouch_err err = { 0 };
	int code = cli_database_uri(&r->uri, r->args, r->conf, r->issuer, "import");

	if (code != CLI_OK)
		return code;
	if (strcmp((const char *)r->uri.data, r->from) == 0)
		return cli_usage(r->args, "it would be imported into itself");
	if (sources_open_register(&r->batch.to, (const char *)r->uri.data, !r->batch.dry_run, r->batch.now,
		&err) != VOUCH_OK ||
	    vouch_source_attach(r->batch.to, r->issuer, &err) != VOUCH_OK)
		return cli_fail("import", &err);
	return CLI_OK;
}

/* All that can be refused without the database is refused before it is touched or made. */
static int
steps(struct run *r)
{
	vouch_err err = { 0 };
	int code = cli_conf_load(&r->conf, r->args, "import");

	if (code == CLI_OK)
		code = cli_issuer_load(&r->issuer, r->args, r->conf, "import");
	if (code != CLI_OK)
		return code;
	r->batch.issuer = r->issuer;
	enum kind kind = find_kind(r->from);
	if (kind == NO_FILE)
		return cli_failf("import", "%s: %s", r->from,
		    strchr(r->from, ':') != NULL ? "neither a file nor the URI of a source" :
						   strerror(errno));
	if ((kind == CERTIFICATES || (kind == TABLE && strcmp(r->from, "-") != 0)) &&
	    refuse_source_file(r->from, &err) != VOUCH_OK)
		return cli_fail("import", &err);
	if (kinds[kind].open != NULL && kinds[kind].open(r, &err) != VOUCH_OK)
		return cli_fail("import", &err);
	code = open_register(r);
	return code == CLI_OK ? import(r, kind) : code;
}

static int
run(const struct cli_args *args)
{
	size_t count;
	const char *const *operands = cli_operands(args, &count);
	struct run r = { .args = args,
		.batch = { .now = io_wall_seconds(),
		    .dry_run = cli_flag(args, "dry-run"),
		    .progress = { .what = "import" } } };

	if (count != 1)
		return cli_usage(args,
		    count == 0 ? "name what to import: a source, a folder, a table" : "one source at a time");
	r.from = operands[0];
	int code = steps(&r);

	import_batch_clear(&r.batch);
	close_table(&r);
	vouch_source_free(r.source);
	vouch_source_free(r.batch.to);
	vouch_buf_free(&r.uri);
	vouch_issuer_free(r.issuer);
	conf_free(r.conf);
	return code;
}

static const struct cli_appendix appendices[] = {
	{ "TABLES",
	    "The first line of a table names its columns, in any order; serial or serial_decimal is one of them, and what is not "
	    "known is refused. Cells are separated by commas, quoted as in RFC 4180 where they hold one, and may be empty. A file is "
	    "read to its end before anything is recorded: one that is damaged in any line records nothing. - is standard input.",
	    "serial,status,revoked_at,reason\n1AAF00D,revoked,2026-11-22T10:00:00Z,keyCompromise\n2BEE,good,,",
	    import_table_column },
	{ NULL, NULL, NULL, NULL },
};

const struct cli_command cli_import = {
	.name = "import",
	.synopsis =
	    "--issuer ca.pem [--db URI | --config FILE] [--dry-run] [--json] SOURCE_URI | FOLDER | FILE | -",
	.summary = "copy what a source knows into a database",
	.description =
	    "Records in a database (sqlite:, postgresql:, mysql:) what any source says that can list its certificates "
	    "(index:pki/index.txt, crl:ca.crl, another database ...), that every certificate of a folder or of a file was issued, "
	    "or what a table in CSV says (vouch-import(1) has its columns).\n\n"
	    "Some thousand certificates are one transaction: after an interruption the same command goes on, and what is recorded "
	    "already is counted as unchanged. A status only gets stronger: good may become revoked or on hold, a hold may become "
	    "permanent, and a revocation earlier. What the database says stays where the source says less; such certificates are named, "
	    "and the exit code is 1, but the others are recorded. What a record has beyond the source's is kept.\n\n"
	    "Certificates of other issuers are skipped: one import is for one CA.",
	.example = "vouch import --issuer ca.pem index:pki/index.txt\n"
		   "vouch import --issuer ca.pem --db postgresql://vouch@db/vouch sqlite:vouch.db\n"
		   "vouch import --issuer ca.pem pki/issued\n"
		   "vouch import --issuer ca.pem --dry-run certificates.csv",
	.options = options,
	.run = run,
	.appendices = appendices,
};
