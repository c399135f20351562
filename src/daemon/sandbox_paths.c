/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a configuration makes the server need, and those that it must never see. */
#include "daemon/sandbox_paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/source_uri.h"
#include "conf/value.h"
#include "daemon/sandbox_grants.h"

/* The lists that `paths` lends. */
struct owner {
	struct sandbox_paths paths; /* first: what callers hold */
	struct conf_strings read, write, exact, denied, opened;
	bool connects;
};

/* For libcurl's names and trust, for the C library's, and for the time of day in a log. */
static const char *const system_files[] = {
	"/dev/null",
	"/dev/random",
	"/dev/urandom",
	"/etc/gai.conf",
	"/etc/group",
	"/etc/host.conf",
	"/etc/hosts",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/etc/nsswitch.conf",
	"/etc/passwd",
	"/etc/pki/tls",
	"/etc/pki/ca-trust/extracted",
	"/etc/protocols",
	"/etc/resolv.conf",
	"/etc/services",
	"/etc/ssl/certs",
	"/etc/ssl/openssl.cnf",
	"/lib",
	"/lib64",
	"/proc/sys/kernel/random",
	"/proc/sys/net/core/somaxconn",
	"/run/NetworkManager",
	"/run/resolvconf",
	"/run/systemd/resolve",
	"/sys/devices/system/cpu",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/lib",
	"/usr/local/share/ca-certificates",
	"/usr/share/ca-certificates",
	"/usr/share/zoneinfo",
};

/* One row is a kind of source; any other has no files. */
static const struct {
	const char *scheme;
	enum { READS, WRITES, NOBODY_KNOWS } need;
	bool connects; /* to other machines, or to another process of this one */
	bool has_libpq;
	bool asks; /* an opener: vouch_source_set_open() */
} kinds[] = {
	{ "sqlite:", WRITES, false, false, false },
	{ "index:", READS, false, false, true },
	{ "crl:", READS, false, false, true },
	{ "crl+http:", READS, true, false, false },
	{ "crl+https:", READS, true, false, false },
	{ "postgresql:", READS, true, true, false },
	{ "mysql:", READS, true, false, false },
	{ "plugin:", NOBODY_KNOWS, true, false, false },
};

static bool
is_there(const char *const *list, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], path) == 0)
			return true;
	}
	return false;
}

static int
add(struct conf_strings *list, const char *path)
{
	bool known = is_there((const char *const *)list->items, list->count, path);

	return known ? VOUCH_OK : conf_strings_add(list, path);
}

/*
 * What libpq reads of itself if it is there: by the environment, else below the home folder.  Each of them alone: a
 * home holds more than the server needs.
 */
static const struct {
	const char *variable, *below_home;
} libpq_files[] = {
	{ "PGPASSFILE", ".pgpass" },
	{ "PGSERVICEFILE", ".pg_service.conf" },
	{ "PGSYSCONFDIR", NULL },
	{ "PGSSLROOTCERT", ".postgresql/root.crt" },
	{ "PGSSLCRL", ".postgresql/root.crl" },
	{ "PGSSLCRLDIR", NULL },
	{ "PGSSLCERT", ".postgresql/postgresql.crt" },
	{ "PGSSLKEY", ".postgresql/postgresql.key" },
};

static int
add_libpq_file(struct owner *o, const char *variable, const char *below_home)
{
	const char *path = getenv(variable), *home = getenv("HOME");
	vouch_buf whole = { 0 };
	int rc = VOUCH_OK;

	if (path != NULL && *path != '\0')
		return add(&o->exact, path);
	if (below_home == NULL || home == NULL || *home == '\0')
		return VOUCH_OK;
	if (buf_printf(&whole, "%s/%s", home, below_home) != VOUCH_OK ||
	    vouch_buf_append(&whole, "", 1) != VOUCH_OK)
		rc = VOUCH_ENOMEM;
	else
		rc = add(&o->exact, (const char *)whole.data);
	vouch_buf_free(&whole);
	return rc;
}

static int
add_libpq_files(struct owner *o)
{
	int rc = VOUCH_OK;

	for (size_t i = 0; i < sizeof(libpq_files) / sizeof(libpq_files[0]) && rc == VOUCH_OK; i++)
		rc = add_libpq_file(o, libpq_files[i].variable, libpq_files[i].below_home);
	return rc;
}

static int
add_system_files(struct owner *o)
{
	int rc = VOUCH_OK;

	for (size_t i = 0; i < sizeof(system_files) / sizeof(system_files[0]) && rc == VOUCH_OK; i++)
		rc = add(&o->exact, system_files[i]);
	return rc;
}

static int
add_path(void *arg, const char *path)
{
	return add(arg, path);
}

static int
add_source(struct owner *o, const char *uri)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].scheme);

		if (strncmp(uri, kinds[i].scheme, len) != 0)
			continue;
		o->connects = o->connects || kinds[i].connects;
		if (kinds[i].has_libpq && add_libpq_files(o) != VOUCH_OK)
			return VOUCH_ENOMEM;
		if (kinds[i].asks && conf_source_uri_each_path(uri, add_path, &o->opened) != VOUCH_OK)
			return VOUCH_ENOMEM;
		if (kinds[i].need == NOBODY_KNOWS)
			return add(&o->write, "/");
		return conf_source_uri_each_path(uri, add_path,
		    kinds[i].need == READS ? &o->read : &o->write);
	}
	return VOUCH_OK;
}

/* A key is a file, or the file: URI of one, or none of ours to hide. */
static int
deny_key(struct owner *o, const char *key)
{
	if (strncmp(key, "file:", 5) == 0)
		key += strncmp(key, "file:///", 8) == 0 ? 7 : 5;
	else if (conf_has_scheme(key))
		return VOUCH_OK;
	return add(&o->denied, key);
}

static int
add_issuer(struct owner *o, const struct conf_issuer *issuer)
{
	int rc = VOUCH_OK;

	for (size_t i = 0; i < issuer->source_count && rc == VOUCH_OK; i++)
		rc = add_source(o, issuer->sources[i].uri);
	for (size_t i = 0; i < issuer->signer_count && rc == VOUCH_OK; i++) {
		rc = deny_key(o, issuer->signers[i].key);
		if (rc == VOUCH_OK && issuer->signers[i].passphrase_file != NULL)
			rc = add(&o->denied, issuer->signers[i].passphrase_file);
	}
	return rc;
}

/* The lists do not move any more. */
static void
lend(struct owner *o)
{
	o->paths = (struct sandbox_paths){ .read = (const char *const *)o->read.items,
		.read_count = o->read.count,
		.write = (const char *const *)o->write.items,
		.write_count = o->write.count,
		.denied = (const char *const *)o->denied.items,
		.denied_count = o->denied.count,
		.exact = (const char *const *)o->exact.items,
		.exact_count = o->exact.count,
		.opened = (const char *const *)o->opened.items,
		.opened_count = o->opened.count,
		.connects = o->connects };
}

int
sandbox_paths_new(struct sandbox_paths **out, const struct conf *conf, vouch_err *err)
{
	struct owner *o = calloc(1, sizeof(*o));
	int rc = o == NULL ? VOUCH_ENOMEM : add_system_files(o);

	for (size_t i = 0; i < conf->issuer_count && rc == VOUCH_OK; i++)
		rc = add_issuer(o, &conf->issuers[i]);
	if (rc != VOUCH_OK) {
		sandbox_paths_free(o == NULL ? NULL : &o->paths);
		return err_nomem(err);
	}
	lend(o);
	*out = &o->paths;
	return VOUCH_OK;
}

void
sandbox_paths_free(struct sandbox_paths *paths)
{
	struct owner *o = (struct owner *)paths;

	if (o == NULL)
		return;
	conf_strings_clear(&o->read);
	conf_strings_clear(&o->write);
	conf_strings_clear(&o->exact);
	conf_strings_clear(&o->denied);
	conf_strings_clear(&o->opened);
	free(o);
}

static bool
has_all(const char *const *held, size_t held_count, const char *const *wanted, size_t wanted_count)
{
	for (size_t i = 0; i < wanted_count; i++) {
		if (!is_there(held, held_count, wanted[i]))
			return false;
	}
	return true;
}

/* A key that is new to the process must not be where it can see it. */
static bool
may_see_any(const struct sandbox_paths *held, const struct sandbox_paths *wanted)
{
	for (size_t i = 0; i < wanted->denied_count; i++) {
		if (!has_all(held->denied, held->denied_count, &wanted->denied[i], 1) &&
		    sandbox_may_see(held, wanted->denied[i]))
			return true;
	}
	return false;
}

bool
sandbox_paths_cover(const struct sandbox_paths *held, const struct sandbox_paths *wanted)
{
	return (held->connects || !wanted->connects) &&
	    has_all(held->exact, held->exact_count, wanted->exact, wanted->exact_count) &&
	    has_all(held->read, held->read_count, wanted->read, wanted->read_count) &&
	    has_all(held->write, held->write_count, wanted->write, wanted->write_count) &&
	    !may_see_any(held, wanted);
}
