/* SPDX-License-Identifier: Apache-2.0 */
/* Whose rights a process has, each tried in a process of its own.  The real thing needs root. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/identity.h"
#include "forked.h"

#define USER "nobody"
#define OTHER "daemon"

static void
need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("# skipped: only root can take another user's rights\n");
	skip();
}

static void
take_for_good(void)
{
	uid_t uid[3];
	gid_t gid[3], groups[64];
	vouch_err err = { 0 };
	const struct passwd *user = getpwnam(USER);

	REQUIRE(user != NULL);
	uid_t wanted = user->pw_uid;
	gid_t group = user->pw_gid;
	REQUIRE(identity_take(USER, &err) == VOUCH_OK);
	REQUIRE(getresuid(&uid[0], &uid[1], &uid[2]) == 0 && getresgid(&gid[0], &gid[1], &gid[2]) == 0);
	for (size_t i = 0; i < 3; i++)
		REQUIRE(uid[i] == wanted && gid[i] == group);
	int count = getgroups(64, groups);
	for (int i = 0; i < count; i++)
		REQUIRE(groups[i] != 0);
	REQUIRE(setuid(0) != 0 && seteuid(0) != 0 && setgid(0) != 0 && setgroups(0, NULL) != 0);
	REQUIRE(open("/etc/shadow", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
	/* once more is nothing new, another one is not to be had */
	REQUIRE(identity_take(USER, &err) == VOUCH_OK);
	REQUIRE(identity_take(OTHER, &err) == VOUCH_EREFUSED);
	REQUIRE(strcmp(err.msg,
		    "user daemon: only root can take another user's rights; start it as root or as "
		    "daemon") == 0);
	REQUIRE(identity_check(OTHER, &err) == VOUCH_EREFUSED && identity_check(USER, &err) == VOUCH_OK);
}

static void
root_takes_a_users_rights_for_good(void **state)
{
	(void)state;
	need_root();
	run(take_for_good);
}

static void
keep_what_roots_group_had(void)
{
	static const gid_t many[] = { 0, 1, 2, 3 };
	gid_t groups[64];
	vouch_err err;

	REQUIRE(setgroups(4, many) == 0);
	REQUIRE(identity_take(USER, &err) == VOUCH_OK);
	int count = getgroups(64, groups);
	for (int i = 0; i < count; i++)
		REQUIRE(groups[i] > 3);
}

static void
roots_groups_are_left_behind(void **state)
{
	(void)state;
	need_root();
	run(keep_what_roots_group_had);
}

static void
keep_what_cannot_be_dumped(void)
{
	vouch_err err;

	REQUIRE(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	REQUIRE(identity_take(USER, &err) == VOUCH_OK);
	REQUIRE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

static void
what_cannot_be_dumped_stays_so(void **state)
{
	(void)state;
	need_root();
	run(keep_what_cannot_be_dumped);
}

static void
give_a_link(void)
{
	char folder[] = "/tmp/vouch-test-identity-XXXXXX", file[64], link[64];
	struct stat st;
	vouch_err err;
	const struct passwd *user = getpwnam(USER);
	uid_t uid = user->pw_uid;

	REQUIRE(mkdtemp(folder) != NULL);
	snprintf(file, sizeof(file), "%s/file", folder);
	snprintf(link, sizeof(link), "%s/link", folder);
	REQUIRE(close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0 && symlink(file, link) == 0);
	REQUIRE(identity_give(NULL, file, &err) == VOUCH_OK && stat(file, &st) == 0 && st.st_uid == 0);
	REQUIRE(identity_give(USER, link, &err) == VOUCH_OK && lstat(link, &st) == 0 && st.st_uid == uid);
	REQUIRE(stat(file, &st) == 0 && st.st_uid == 0);
	REQUIRE(identity_give(USER, file, &err) == VOUCH_OK && stat(file, &st) == 0 && st.st_uid == uid);
	unlink(link);
	unlink(file);
	REQUIRE(identity_give(USER, file, &err) == VOUCH_EIO);
	REQUIRE(rmdir(folder) == 0);
}

static void
a_file_is_given_and_a_link_not_followed(void **state)
{
	(void)state;
	need_root();
	run(give_a_link);
}

static void
who_cannot_be_taken_is_refused_by_name(void **state)
{
	static const struct {
		const char *user, *message;
		int code;
	} rows[] = {
		{ "vouch-nobody-has-this-name", "user vouch-nobody-has-this-name: there is no such user",
		    VOUCH_EINVAL },
		{ "root", "user root: has the rights of root: name another", VOUCH_EREFUSED },
		{ "", "user : there is no such user", VOUCH_EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_err err = { 0 };

		assert_int_equal(identity_check(rows[i].user, &err), rows[i].code);
		assert_string_equal(err.msg, rows[i].message);
		assert_int_equal(identity_take(rows[i].user, &err), rows[i].code);
	}
}

static void
who_names_nobody_stays_who_he_is(void **state)
{
	uid_t before = geteuid();
	vouch_err err;

	(void)state;
	assert_int_equal(identity_check(NULL, &err), VOUCH_OK);
	assert_int_equal(identity_take(NULL, &err), VOUCH_OK);
	assert_int_equal(geteuid(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_takes_a_users_rights_for_good),
		cmocka_unit_test(roots_groups_are_left_behind),
		cmocka_unit_test(what_cannot_be_dumped_stays_so),
		cmocka_unit_test(a_file_is_given_and_a_link_not_followed),
		cmocka_unit_test(who_cannot_be_taken_is_refused_by_name),
		cmocka_unit_test(who_names_nobody_stays_who_he_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
