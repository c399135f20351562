/* SPDX-License-Identifier: Apache-2.0 */
/* The server's files: databases with keys beside them and without, names, and what a configuration needs. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "base/span.h"
#include "daemon/sandbox_paths.h"
#include "fetch/http.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DEADLINE 20 /* seconds */
#define NO_SANDBOX 250

static char root[] = "/tmp/vouch-test-files-XXXXXX";
static bool has_landlock;

/* In a rotating place, so that several stand in one call. */
static const char *
at(const char *name)
{
	static char places[8][128];
	static unsigned next;
	char *place = places[next++ % COUNT(places)];

	snprintf(place, sizeof(places[0]), "%s/%s", root, name);
	return place;
}

static int
opens(const char *name, int flags)
{
	int fd = open(at(name), flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* --- Rows --------------------------------------------------------------------------------------------- */

struct expectation {
	const char *name;
	int flags, result;
};

/* Enters, compares; 0, or the number of rows that were different. */
static int
compare(const struct sandbox_paths *paths, const char *mixed, const struct expectation *rows, size_t count)
{
	int failed = 0;
	struct sandbox_report report;
	vouch_err err = { 0 };

	alarm(DEADLINE);
	if (sandbox_enter(SANDBOX_SERVER, paths, &report, &err) != VOUCH_OK) {
		print_error("%s\n", err.msg);
		return NO_SANDBOX;
	}
	if (strcmp(report.mixed, mixed) != 0) {
		print_error("mixed: was %s, expected %s\n", report.mixed, mixed);
		failed++;
	}
	for (size_t i = 0; i < count; i++) {
		int was = opens(rows[i].name, rows[i].flags);

		if (was == rows[i].result)
			continue;
		print_error("%s (%o): was %d, expected %d\n", rows[i].name, (unsigned)rows[i].flags, was,
		    rows[i].result);
		failed++;
	}
	return failed;
}

static int
wait_for(pid_t child)
{
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
expect(const struct sandbox_paths *paths, const char *mixed, const struct expectation *rows, size_t count)
{
	if (!has_landlock) {
		print_message("# skipped: this kernel has no Landlock\n");
		skip();
	}
	pid_t child = fork();
	if (child == 0)
		_exit(compare(paths, mixed, rows, count));
	assert_int_equal(wait_for(child), 0);
}

static void
a_database_in_a_folder_of_its_own_may_be_replaced(void **state)
{
	const char *const write[] = { at("db/vouch.db") }, *const denied[] = { at("keys/ocsp.key") };
	const struct sandbox_paths paths = { .write = write,
		.write_count = 1,
		.denied = denied,
		.denied_count = 1 };
	static const struct expectation rows[] = {
		{ "db/vouch.db", O_RDWR, 0 },
		{ "db/new", O_RDWR | O_CREAT, 0 },
		{ "db/other", O_RDWR, 0 },
		{ "keys/ocsp.key", O_RDONLY, EACCES },
		{ "keys/other", O_RDONLY, EACCES },
		{ "mixed/vouch.db", O_RDONLY, EACCES },
		{ ".", O_RDONLY | O_DIRECTORY, EACCES },
	};

	(void)state;
	expect(&paths, "", rows, COUNT(rows));
	unlink(at("db/new"));
}

static void
beside_a_key_the_database_is_granted_alone(void **state)
{
	const char *const write[] = { at("mixed/vouch.db") }, *const denied[] = { at("mixed/ocsp.key") };
	const struct sandbox_paths paths = { .write = write,
		.write_count = 1,
		.denied = denied,
		.denied_count = 1 };
	static const struct expectation rows[] = {
		{ "mixed/vouch.db", O_RDWR, 0 },
		{ "mixed/vouch.db-wal", O_RDWR, 0 },
		{ "mixed/vouch.db-shm", O_RDWR, 0 },
		{ "mixed/vouch.db2", O_RDONLY, EACCES },
		{ "mixed/vouch.db-journal", O_RDWR | O_CREAT, EACCES },
		{ "mixed/ocsp.key", O_RDONLY, EACCES },
		{ "mixed/ca.key", O_RDONLY, EACCES },
		{ "mixed", O_RDONLY | O_DIRECTORY, EACCES },
	};

	(void)state;
	expect(&paths, at("mixed"), rows, COUNT(rows));
}

static void
a_list_is_read_and_not_written(void **state)
{
	const char *const read[] = { at("db/vouch.db"), at("not/there/index.txt"), at("late/index.txt") };
	const struct sandbox_paths paths = { .read = read, .read_count = 3 };
	static const struct expectation rows[] = {
		{ "db/vouch.db", O_RDONLY, 0 },
		{ "db", O_RDONLY | O_DIRECTORY, 0 },
		{ "db/vouch.db", O_RDWR, EACCES },
		{ "db/vouch.db", O_RDONLY | O_TRUNC, EACCES },
		{ "db/new", O_RDWR | O_CREAT, EACCES },
		/* its folder is there */
		{ "late/index.txt", O_RDONLY, ENOENT },
		{ "late/other", O_RDONLY, 0 },
	};

	(void)state;
	expect(&paths, "", rows, COUNT(rows));
}

static void
a_key_behind_a_link_is_denied_at_both_ends(void **state)
{
	const char *const write[] = { at("link/vouch.db"), at("keys/other") },
			  *const denied[] = { at("link/ocsp.key") };
	const struct sandbox_paths paths = { .write = write,
		.write_count = 2,
		.denied = denied,
		.denied_count = 1 };
	static const struct expectation rows[] = {
		{ "link/vouch.db", O_RDWR, 0 },
		{ "link/ocsp.key", O_RDONLY, EACCES },
		{ "link/ca.key", O_RDONLY, EACCES },
		{ "keys/ocsp.key", O_RDONLY, EACCES },
		{ "keys/other", O_RDWR, 0 },
		{ "keys/ocsp.key.new", O_RDWR | O_CREAT, EACCES },
	};

	(void)state;
	expect(&paths, at("link"), rows, COUNT(rows));
}

static void
of_a_folder_everything_but_the_keys_is_granted(void **state)
{
	const char *const write[] = { "/" };
	const char *const denied[] = { at("keys/ocsp.key"), at("mixed/ocsp.key"), at("link") };
	const struct sandbox_paths paths = { .write = write,
		.write_count = 1,
		.denied = denied,
		.denied_count = 3 };
	static const struct expectation rows[] = {
		{ "db/vouch.db", O_RDWR, 0 },
		{ "db/new", O_RDWR | O_CREAT, 0 },
		{ "keys/other", O_RDWR, 0 },
		{ "keys/ocsp.key", O_RDONLY, EACCES },
		{ "keys/alias", O_RDONLY, EACCES },
		{ "mixed/vouch.db", O_RDWR, 0 },
		{ "mixed/ocsp.key", O_RDONLY, EACCES },
		{ "mixed/new", O_RDWR | O_CREAT, EACCES },
		{ "link/vouch.db", O_RDONLY, EACCES },
		{ "/../../etc/passwd", O_RDONLY, 0 },
	};

	(void)state;
	expect(&paths, "", rows, COUNT(rows));
	unlink(at("db/new"));
}

/* --- Libraries ---------------------------------------------------------------------------------------- */

static int
count_rows(sqlite3 *db)
{
	int count = -1;
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

static int
change(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open(path, &db);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db, 5000) + sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return rc;
}

/* Opened before; read after, while another process writes; then opened anew if that can be. */
static int
use_database(const char *path, const struct sandbox_paths *paths, const int pipes[2], bool again)
{
	char octet;
	sqlite3 *db = NULL;

	alarm(DEADLINE);
	if (sqlite3_open(path, &db) != SQLITE_OK || count_rows(db) != 1)
		return 1;
	int rc = compare(paths, again ? "" : at("mixed"), NULL, 0);
	if (rc != 0 || count_rows(db) != 1)
		return 2;
	if (write(pipes[1], "x", 1) != 1 || read(pipes[0], &octet, 1) != 1 || count_rows(db) != 2)
		return 3;
	sqlite3_close(db);
	if (!again)
		return 0;
	if (sqlite3_open(path, &db) != SQLITE_OK || count_rows(db) != 2)
		return 4;
	rc = sqlite3_exec(db, "INSERT INTO t VALUES (3)", NULL, NULL, NULL);
	sqlite3_close(db);
	return rc == SQLITE_OK ? 0 : 5;
}

static void
sqlite_reads_what_others_write(const char *folder, bool again)
{
	char name[32], octet, path[128];
	int there[2], back[2];

	snprintf(name, sizeof(name), "%s/vouch.db", folder);
	snprintf(path, sizeof(path), "%s", at(name));
	unlink(path);
	const char *const write_to[] = { path }, *const denied[] = { at("mixed/ocsp.key") };
	const struct sandbox_paths paths = { .write = write_to,
		.write_count = 1,
		.denied = denied,
		.denied_count = 1 };
	assert_int_equal(change(path,
			     "PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)"),
	    0);
	assert_true(pipe(there) == 0 && pipe(back) == 0);
	pid_t child = fork();
	if (child == 0)
		_exit(use_database(path, &paths, (int[]){ back[0], there[1] }, again));
	close(there[1]);
	if (read(there[0], &octet, 1) == 1) {
		assert_int_equal(change(path, "INSERT INTO t VALUES (2)"), 0);
		assert_int_equal(write(back[1], "x", 1), 1);
	}
	assert_int_equal(wait_for(child), 0);
	close(there[0]);
	close(back[0]);
	close(back[1]);
}

static void
sqlite_works_in_a_folder_of_its_own(void **state)
{
	(void)state;
	if (!has_landlock)
		skip();
	sqlite_reads_what_others_write("db", true);
}

static void
sqlite_works_beside_a_key(void **state)
{
	(void)state;
	if (!has_landlock)
		skip();
	sqlite_reads_what_others_write("mixed", false);
}

static int
fetch(unsigned port, const struct sandbox_paths *paths)
{
	char url[64];
	vouch_err err = { 0 };
	struct fetch_answer answer = { 0 };
	struct sandbox_report report;
	struct addrinfo hints = { .ai_family = AF_INET }, *addresses = NULL;

	alarm(DEADLINE);
	snprintf(url, sizeof(url), "http://localhost:%u/", port);
	const struct fetch_request request = { .url = url, .limit = 100, .timeout_ms = 10000 };
	if (sandbox_enter(SANDBOX_SERVER_CONNECTS, paths, &report, &err) != VOUCH_OK)
		return NO_SANDBOX;
	/* libcurl knows this name by itself */
	if (getaddrinfo("localhost", NULL, &hints, &addresses) != 0)
		return 3;
	freeaddrinfo(addresses);
	if (fetch_http(&answer, &request, &err) != VOUCH_OK) {
		print_error("%s\n", err.msg);
		return 1;
	}
	bool is_right = answer.status == 200 && span_equal(span_buf(&answer.body), SPAN_LITERAL("hello"));
	fetch_answer_clear(&answer);
	return is_right ? 0 : 2;
}

/* One connection, answered whatever it asks. */
static void
answer_one(int listener)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
	char request[4096];

	alarm(DEADLINE);
	int fd = accept(listener, NULL, NULL);
	if (fd < 0 || read(fd, request, sizeof(request)) <= 0 || write(fd, text, sizeof(text) - 1) < 0)
		_exit(1);
	close(fd);
	_exit(0);
}

static void
names_are_resolved_and_pages_fetched(void **state)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(any);
	struct sandbox_paths *paths = NULL;
	struct conf *conf = NULL;
	vouch_err err;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&any, len), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&any, &len), 0);
	assert_int_equal(conf_new(&conf, &err), VOUCH_OK);
	assert_int_equal(conf_set(conf, "issuers.signers.key", at("keys/ocsp.key"), &err), VOUCH_OK);
	assert_int_equal(sandbox_paths_new(&paths, conf, &err), VOUCH_OK);
	pid_t server = fork();
	if (server == 0)
		answer_one(listener);
	pid_t child = fork();
	if (child == 0)
		_exit(fetch(ntohs(any.sin_port), paths));
	assert_int_equal(wait_for(child), 0);
	assert_int_equal(wait_for(server), 0);
	close(listener);
	sandbox_paths_free(paths);
	conf_free(conf);
}

/* --- Configurations ----------------------------------------------------------------------------------- */

#define ISSUER(sources, signers) "- certificate: ca.pem\n  signers: [" signers "]\n  sources: [" sources "]\n"
#define KEY(name) "{ certificate: o.pem, key: " name " }"

static struct sandbox_paths *
paths_of(const char *issuers)
{
	char text[1024];
	struct conf *conf = NULL;
	struct sandbox_paths *paths = NULL;
	vouch_err err = { 0 };

	snprintf(text, sizeof(text), "issuers:\n%s", issuers);
	if (conf_parse(&conf, at("etc/v.yaml"), span_string(text), &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(sandbox_paths_new(&paths, conf, &err), VOUCH_OK);
	conf_free(conf);
	return paths;
}

static void
a_configuration_says_what_is_read_written_and_hidden(void **state)
{
	struct sandbox_paths *paths = paths_of(ISSUER(
	    "'sqlite:/db/a.db?mode=ro', 'index:/ca/index.txt', 'crl:/ca/ca.crl', 'crl+http://ca/ca.crl', "
	    "'sqlite:/db/a.db'",
	    "{ certificate: o.pem, key: /k/a.key, passphrase_file: /k/word }, "
	    "{ certificate: p.pem, key: 'pkcs11:token=x' }, "
	    "{ certificate: q.pem, key: 'file:///k/b.key' }, { certificate: r.pem, key: 'file:/k/c.key' }"));
	static const char *const denied[] = { "/k/a.key", "/k/word", "/k/b.key", "/k/c.key" };

	(void)state;
	assert_int_equal(paths->write_count, 1);
	assert_string_equal(paths->write[0], "/db/a.db");
	assert_int_equal(paths->read_count, 2);
	assert_string_equal(paths->read[0], "/ca/index.txt");
	assert_string_equal(paths->read[1], "/ca/ca.crl");
	assert_int_equal(paths->denied_count, COUNT(denied));
	for (size_t i = 0; i < COUNT(denied); i++)
		assert_string_equal(paths->denied[i], denied[i]);
	assert_true(paths->exact_count > 0);
	sandbox_paths_free(paths);
}

static void
of_a_plugin_nobody_knows_what_it_needs(void **state)
{
	struct sandbox_paths *paths = paths_of(ISSUER("'plugin:/usr/lib/p.so?x=1'", KEY("/k/a.key")));

	(void)state;
	assert_int_equal(paths->write_count, 1);
	assert_string_equal(paths->write[0], "/");
	assert_string_equal(paths->denied[0], "/k/a.key");
	sandbox_paths_free(paths);
}

static void
only_who_has_a_source_elsewhere_connects(void **state)
{
	static const struct {
		const char *source;
		bool connects;
	} rows[] = {
		{ "'sqlite:/db/a.db'", false },
		{ "'index:/ca/index.txt'", false },
		{ "'crl:/ca/ca.crl'", false },
		{ "'crl+http://x/ca.crl'", true },
		{ "'crl+https://x/ca.crl'", true },
		{ "'postgresql:///vouch'", true },
		{ "'mysql:///vouch'", true },
		{ "'plugin:/usr/lib/p.so'", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char issuers[256];
		snprintf(issuers, sizeof(issuers), ISSUER("%s", KEY("/k/a.key")), rows[i].source);
		struct sandbox_paths *paths = paths_of(issuers);
		if (paths->connects != rows[i].connects)
			fail_msg("%s", rows[i].source);
		sandbox_paths_free(paths);
	}
}

/* Keys of the first, keys of the second: may a process that was made for the one go on with the other? */
static void
a_reload_goes_on_where_the_sandbox_allows_it(void **state)
{
	static const struct {
		const char *what, *held, *wanted;
		bool covered;
	} rows[] = {
		{ "the same", ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")),
		    ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")), true },
		{ "a source less",
		    ISSUER("'sqlite:../db/vouch.db', 'index:../db/index.txt'", KEY("../keys/ocsp.key")),
		    ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")), true },
		{ "a source more", ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")),
		    ISSUER("'sqlite:../db/vouch.db', 'index:../db/index.txt'", KEY("../keys/ocsp.key")),
		    false },
		{ "a key rolled over where nothing is granted",
		    ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")),
		    ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/next.key")), true },
		{ "a key rolled over beside the database",
		    ISSUER("'sqlite:../mixed/vouch.db'", KEY("../mixed/ocsp.key")),
		    ISSUER("'sqlite:../mixed/vouch.db'", KEY("../mixed/next.key")), true },
		{ "a key in a granted folder", ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")),
		    ISSUER("'sqlite:../db/vouch.db'", KEY("../db/ocsp.key")), false },
		{ "a key that was a database's companion",
		    ISSUER("'sqlite:../mixed/vouch.db'", KEY("../mixed/ocsp.key")),
		    ISSUER("'sqlite:../mixed/vouch.db'", KEY("../mixed/vouch.db-key")), false },
		{ "a key where a plugin looks", ISSUER("'plugin:p.so'", KEY("../keys/ocsp.key")),
		    ISSUER("'plugin:p.so'", KEY("../keys/other")), false },
		{ "the first source elsewhere", ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")),
		    ISSUER("'sqlite:../db/vouch.db', 'crl+http://x/ca.crl'", KEY("../keys/ocsp.key")),
		    false },
		{ "another source elsewhere", ISSUER("'crl+http://x/ca.crl'", KEY("../keys/ocsp.key")),
		    ISSUER("'crl+https://y/ca.crl'", KEY("../keys/ocsp.key")), true },
		{ "no source elsewhere any more",
		    ISSUER("'sqlite:../db/vouch.db', 'crl+http://x/ca.crl'", KEY("../keys/ocsp.key")),
		    ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")), true },
		{ "a key of a token", ISSUER("'sqlite:../db/vouch.db'", KEY("../keys/ocsp.key")),
		    ISSUER("'sqlite:../db/vouch.db'", KEY("'pkcs11:token=x'")), true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sandbox_paths *held = paths_of(rows[i].held), *wanted = paths_of(rows[i].wanted);

		if (sandbox_paths_cover(held, wanted) != rows[i].covered)
			fail_msg("%s", rows[i].what);
		sandbox_paths_free(held);
		sandbox_paths_free(wanted);
	}
}

/* --- The world ---------------------------------------------------------------------------------------- */

static const char *const folders[] = { "db", "keys", "mixed", "link", "late", "etc" };
static const char *const files[] = { "db/vouch.db", "db/other", "keys/ocsp.key", "keys/other",
	"mixed/vouch.db", "mixed/vouch.db-wal", "mixed/vouch.db-shm", "mixed/vouch.db2", "mixed/ocsp.key",
	"mixed/ca.key", "link/vouch.db", "link/ca.key", "late/other" };

static int
make_world(void **state)
{
	(void)state;
	has_landlock = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1U) > 0;
	if (mkdtemp(root) == NULL)
		return 1;
	for (size_t i = 0; i < COUNT(folders); i++) {
		if (mkdir(at(folders[i]), 0700) != 0)
			return 1;
	}
	for (size_t i = 0; i < COUNT(files); i++) {
		if (opens(files[i], O_WRONLY | O_CREAT) != 0)
			return 1;
	}
	return symlink("../keys/ocsp.key", at("link/ocsp.key")) != 0 ||
	    symlink("ocsp.key", at("keys/alias")) != 0;
}

static int
remove_world(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(at(files[i]));
	unlink(at("link/ocsp.key"));
	unlink(at("keys/alias"));
	unlink(at("db/vouch.db-wal"));
	unlink(at("db/vouch.db-shm"));
	for (size_t i = 0; i < COUNT(folders); i++)
		rmdir(at(folders[i]));
	return rmdir(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_database_in_a_folder_of_its_own_may_be_replaced),
		cmocka_unit_test(beside_a_key_the_database_is_granted_alone),
		cmocka_unit_test(a_list_is_read_and_not_written),
		cmocka_unit_test(a_key_behind_a_link_is_denied_at_both_ends),
		cmocka_unit_test(of_a_folder_everything_but_the_keys_is_granted),
		cmocka_unit_test(a_configuration_says_what_is_read_written_and_hidden),
		cmocka_unit_test(of_a_plugin_nobody_knows_what_it_needs),
		cmocka_unit_test(only_who_has_a_source_elsewhere_connects),
		cmocka_unit_test(a_reload_goes_on_where_the_sandbox_allows_it),
		cmocka_unit_test(names_are_resolved_and_pages_fetched),
		cmocka_unit_test(sqlite_works_in_a_folder_of_its_own),
		cmocka_unit_test(sqlite_works_beside_a_key),
	};

	return cmocka_run_group_tests(tests, make_world, remove_world);
}
