/* SPDX-License-Identifier: Apache-2.0 */
/* The opener: what the configuration names is opened again under that name, and nothing else, least of all a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/opener.h"

struct site {
	char folder[64], index[80], key[80];
	struct conf_issuer issuer;
	struct conf conf;
	char uri[100];
	struct conf_source source;
	struct conf_signer signer;
	struct plan plan;
	struct opener *opener;
};

static void
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
site_setup(void **state)
{
	struct site *s = calloc(1, sizeof(*s));
	vouch_err err = { 0 };

	assert_non_null(s);
	snprintf(s->folder, sizeof(s->folder), "/tmp/opener-test-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(s->index, sizeof(s->index), "%s/index.txt", s->folder);
	snprintf(s->key, sizeof(s->key), "%s/ocsp.key", s->folder);
	write_text(s->index, "first");
	write_text(s->key, "secret");
	snprintf(s->uri, sizeof(s->uri), "index:%s", s->index);
	s->source.uri = s->uri;
	s->signer.key = s->key;
	s->issuer = (struct conf_issuer){ .sources = &s->source,
		.source_count = 1,
		.signers = &s->signer,
		.signer_count = 1 };
	s->conf = (struct conf){ .issuers = &s->issuer, .issuer_count = 1 };
	s->plan.conf = &s->conf;
	if (opener_start(&s->opener, NULL, &s->plan, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	*state = s;
	return 0;
}

static int
site_teardown(void **state)
{
	struct site *s = *state;

	opener_free(s->opener);
	(void)unlink(s->index);
	(void)unlink(s->key);
	(void)rmdir(s->folder);
	free(s);
	return 0;
}

static void
assert_opens(struct site *s, const char *path, const char *expected)
{
	char text[20] = "";
	vouch_err err = { 0 };
	int fd = -1;

	if (opener_open(s->opener, path, &fd, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	assert_string_equal(text, expected);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	close(fd);
}

static void
assert_does_not_open(struct site *s, const char *path, int code)
{
	vouch_err err = { 0 };
	int fd = -1;

	assert_int_equal(opener_open(s->opener, path, &fd, &err), code);
	assert_int_equal(fd, -1);
	assert_int_equal(err.code, code);
	assert_memory_equal(err.msg, path, strlen(path));
}

static void
what_is_named_is_opened_whatever_took_its_place(void **state)
{
	struct site *s = *state;
	char beside[100];

	assert_opens(s, s->index, "first");
	snprintf(beside, sizeof(beside), "%s.new", s->index);
	write_text(beside, "second");
	assert_int_equal(rename(beside, s->index), 0);
	assert_opens(s, s->index, "second");
	assert_int_equal(unlink(s->index), 0);
	assert_does_not_open(s, s->index, VOUCH_ENOTFOUND);
	write_text(s->index, "third");
	assert_opens(s, s->index, "third");
}

static void
what_is_not_named_is_not_opened(void **state)
{
	struct site *s = *state;

	assert_does_not_open(s, s->key, VOUCH_EIO);
	assert_does_not_open(s, "/etc/passwd", VOUCH_EIO);
	assert_does_not_open(s, "index.txt", VOUCH_EIO);
	assert_opens(s, s->index, "first");
}

static void
a_name_that_leads_to_a_key_or_to_no_file_is_not_opened(void **state)
{
	struct site *s = *state;

	assert_int_equal(unlink(s->index), 0);
	assert_int_equal(symlink(s->key, s->index), 0);
	assert_does_not_open(s, s->index, VOUCH_EIO);
	assert_int_equal(unlink(s->index), 0);
	assert_int_equal(link(s->key, s->index), 0);
	assert_does_not_open(s, s->index, VOUCH_EIO);
	assert_int_equal(unlink(s->index), 0);
	assert_int_equal(mkfifo(s->index, 0600), 0);
	assert_does_not_open(s, s->index, VOUCH_EIO);
	assert_false(opener_is_away(s->opener));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_named_is_opened_whatever_took_its_place, site_setup,
		    site_teardown),
		cmocka_unit_test_setup_teardown(what_is_not_named_is_not_opened, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(a_name_that_leads_to_a_key_or_to_no_file_is_not_opened,
		    site_setup, site_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
