/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a process with secrets, each tried in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <openssl/crypto.h>

#include "base/span.h"
#include "daemon/sandbox_watched.h"
#include "daemon/secrecy.h"
#include "forked.h"

#define DEADLINE_MS 10000
#define NOBODY 65534
#define LIMIT ((rlim_t)64 << 20)

/* In KiB, as the kernel counts. */
static long
locked_memory(void)
{
	char line[256];
	long locked = -1;
	FILE *status = fopen("/proc/self/status", "re");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, "VmLck:", 6) == 0)
			locked = strtol(line + 6, NULL, 10);
	}
	if (status != NULL)
		fclose(status);
	return locked;
}

static void
keep_to_oneself(void)
{
	bool swappable = true;
	struct rlimit core;
	vouch_err err;

	REQUIRE(secrecy_begin(&swappable, &err) == VOUCH_OK);
	REQUIRE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	REQUIRE(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	REQUIRE(swappable || sandbox_is_watched || locked_memory() > 0); /* a sanitizer locks nothing */
	/* what is mapped later is locked, too, and to be had */
	char *later = malloc(64 << 20);
	REQUIRE(later != NULL);
	later[1000] = 1;
	free(later);
}

static void
a_process_with_secrets_is_neither_dumped_nor_swapped(void **state)
{
	(void)state;
	run(keep_to_oneself);
}

/* A limit is kept: what is mapped later must not fail for it. */
static void
live_with_a_limit(void)
{
	struct rlimit limit;
	bool swappable = false;
	vouch_err err;

	REQUIRE(getrlimit(RLIMIT_MEMLOCK, &limit) == 0);
	limit.rlim_max = limit.rlim_max < LIMIT ? limit.rlim_max : LIMIT;
	limit.rlim_cur = limit.rlim_max;
	REQUIRE(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
	REQUIRE(geteuid() != 0 || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0));
	REQUIRE(secrecy_begin(&swappable, &err) == VOUCH_OK);
	REQUIRE(swappable);
	REQUIRE(CRYPTO_secure_malloc_initialized() == 1);
	void *secret = OPENSSL_secure_malloc(32);
	REQUIRE(secret != NULL && CRYPTO_secure_allocated(secret) == 1);
	OPENSSL_secure_clear_free(secret, 32);
	char *later = malloc(128 << 20);
	REQUIRE(later != NULL);
	free(later);
}

static void
where_not_all_memory_can_be_locked_keys_are_and_the_caller_knows(void **state)
{
	(void)state;
	run(live_with_a_limit);
}

/* --- The parent --------------------------------------------------------------------------------------- */

static void
wait_for_the_end(int alive, pid_t parent)
{
	secrecy_die_with_parent(parent);
	REQUIRE(write(alive, "x", 1) == 1);
	for (;;)
		pause();
}

/* The descriptor is at its end when the last process that holds it has ended. */
static void
await_end(int alive)
{
	char octet;
	struct pollfd ended = { .fd = alive, .events = POLLIN };

	assert_int_equal(poll(&ended, 1, DEADLINE_MS), 1);
	assert_int_equal(read(alive, &octet, 1), 0);
}

static void
a_child_dies_with_its_parent(void **state)
{
	int alive[2];
	char octet;

	(void)state;
	assert_int_equal(pipe(alive), 0);
	pid_t parent = fork();
	if (parent == 0) {
		pid_t self = getpid();

		if (fork() == 0)
			wait_for_the_end(alive[1], self);
		for (;;)
			pause();
	}
	close(alive[1]);
	assert_int_equal(read(alive[0], &octet, 1), 1);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	await_end(alive[0]);
	close(alive[0]);
}

static void
a_child_whose_parent_is_gone_dies_at_once(void **state)
{
	int alive[2], status = 0;

	(void)state;
	assert_int_equal(pipe(alive), 0);
	pid_t child = fork();
	if (child == 0)
		wait_for_the_end(alive[1], getpid()); /* somebody that is not its parent */
	close(alive[1]);
	await_end(alive[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(alive[0]);
}

/* --- The environment ---------------------------------------------------------------------------------- */

static void
passphrases_of_the_configuration_are_wiped_from_the_environment(void **state)
{
	static const char text[] = "issuers:\n"
				   "- certificate: ca.pem\n"
				   "  signers:\n"
				   "  - { certificate: a, key: b, passphrase_env: VOUCH_TEST_A }\n"
				   "  - { certificate: c, key: d, passphrase_env: VOUCH_TEST_B }\n"
				   "  - { certificate: e, key: f }\n"
				   "  sources: ['sqlite:v.db']\n";
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	setenv("VOUCH_TEST_A", "one", 1);
	setenv("VOUCH_TEST_B", "two", 1);
	setenv("VOUCH_TEST_C", "three", 1);
	assert_int_equal(conf_parse(&conf, "v.yaml", span_string(text), &err), VOUCH_OK);
	secrecy_forget_passphrases(conf);
	assert_null(getenv("VOUCH_TEST_A"));
	assert_null(getenv("VOUCH_TEST_B"));
	assert_string_equal(getenv("VOUCH_TEST_C"), "three");
	conf_free(conf);
}

static struct conf *
conf_with(const char *setting)
{
	char text[256];
	struct conf *conf = NULL;
	vouch_err err;

	snprintf(text, sizeof(text),
	    "issuers:\n- { certificate: ca.pem, sources: ['sqlite:v.db'], "
	    "signers: [{ certificate: a, key: b%s }] }\n",
	    setting);
	REQUIRE(conf_parse(&conf, "v.yaml", span_string(text), &err) == VOUCH_OK);
	return conf;
}

static void
keep_passphrases(void)
{
	struct conf *none = conf_with(""), *one = conf_with(", passphrase_env: VOUCH_TEST_A");
	vouch_err err;

	REQUIRE(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	REQUIRE(secrecy_keep_passphrases(none, &err) == VOUCH_OK);
	REQUIRE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1);
	REQUIRE(secrecy_keep_passphrases(one, &err) == VOUCH_OK);
	REQUIRE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	conf_free(none);
	conf_free(one);
}

static void
who_has_passphrases_in_its_environment_shows_it_to_nobody(void **state)
{
	(void)state;
	run(keep_passphrases);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_with_secrets_is_neither_dumped_nor_swapped),
		cmocka_unit_test(where_not_all_memory_can_be_locked_keys_are_and_the_caller_knows),
		cmocka_unit_test(a_child_dies_with_its_parent),
		cmocka_unit_test(a_child_whose_parent_is_gone_dies_at_once),
		cmocka_unit_test(who_has_passphrases_in_its_environment_shows_it_to_nobody),
		cmocka_unit_test(passphrases_of_the_configuration_are_wiped_from_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
