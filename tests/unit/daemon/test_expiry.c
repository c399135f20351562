/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of when operators are told that a signer expires: at the start, and once at each line that time crosses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/expiry.h"
#include "pki/certificate.h"

#define NOW INT64_C(1795000000)
#define DAY INT64_C(86400)
#define HOUR INT64_C(3600)

static struct {
	vouch_issuer *issuer;
	vouch_signer *signer;
	vouch_time end;
	int reading, kept_stderr;
} t;

/* A signer proves its key when it is opened. */
static void
open_signer(const vouch_buf *certificate, struct evp_pkey_st *key)
{
	char path[] = "/tmp/vouch-unit-XXXXXX";
	vouch_buf pem = { 0 };
	vouch_err err = { 0 };
	int fd = mkstemp(path);

	assert_int_equal(pki_key_write(key, &pem, &err), VOUCH_OK);
	assert_int_equal(write(fd, pem.data, pem.len), pem.len);
	close(fd);
	const vouch_signer_options options = { .size = sizeof(options),
		.certificate = { certificate->data, certificate->len },
		.key = path };
	assert_int_equal(vouch_signer_open(&t.signer, &options, &err), VOUCH_OK);
	unlink(path);
	pki_key_wipe(&pem);
}

static int
set_up(void **state)
{
	const struct pki_template authority = { .purpose = PKI_CA,
		.common_name = "Expiry CA",
		.not_before = NOW - DAY,
		.not_after = NOW + 900 * DAY };
	struct pki_template responder = { .purpose = PKI_RESPONDER,
		.common_name = "Responder",
		.not_before = NOW - DAY };
	struct pki_ca *ca;
	struct evp_pkey_st *key;
	vouch_buf pem = { 0 };
	vouch_err err = { 0 };

	(void)state;
	responder.not_after = t.end = NOW + 90 * DAY;
	assert_int_equal(pki_ca_new(&ca, &authority, "p-256", &err), VOUCH_OK);
	assert_int_equal(pki_key_new(&key, "p-256", &err), VOUCH_OK);
	assert_int_equal(pki_issue(ca, &responder, key, &pem, &err), VOUCH_OK);
	open_signer(&pem, key);
	assert_int_equal(vouch_issuer_new(&t.issuer, pki_ca_certificate(ca), NULL, &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(t.issuer, t.signer, 0, &err), VOUCH_OK);
	pki_key_free(key);
	vouch_buf_free(&pem);
	pki_ca_free(ca);
	int ends[2];
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	t.kept_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	t.reading = ends[0];
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	dup2(t.kept_stderr, STDERR_FILENO);
	close(t.kept_stderr);
	close(t.reading);
	vouch_issuer_free(t.issuer);
	vouch_signer_free(t.signer);
	return 0;
}

/* What was logged since the last call. */
static const char *
logged(void)
{
	static char text[8192];
	ssize_t len = read(t.reading, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

/* One row is a line, by how long before the end, and what is told when it is crossed. */
static const struct {
	vouch_time before_end;
	const char *level, *event;
} lines[] = {
	{ 30 * DAY, "level=warning", "event=signer_expires" },
	{ 7 * DAY, "level=warning", "event=signer_expires" },
	{ 1 * DAY, "level=error", "event=signer_expires" },
	{ 0, "level=error", "event=signer_expired" },
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static void
assert_told(const char *text, size_t line)
{
	assert_non_null(strstr(text, lines[line].level));
	assert_non_null(strstr(text, lines[line].event));
	assert_non_null(strstr(text, "issuer=\"Expiry CA\" signer=0 not_after=2027-02-16T"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void
each_line_is_told_once_when_time_crosses_it(void **state)
{
	(void)state;
	for (vouch_time before = NOW; before < t.end + 10 * DAY; before += HOUR) {
		size_t crossed = LINES;
		for (size_t i = 0; i < LINES; i++)
			if (before < t.end - lines[i].before_end &&
			    before + HOUR >= t.end - lines[i].before_end)
				crossed = i;
		expiry_warn(t.issuer, before, before + HOUR);
		const char *text = logged();
		if (crossed == LINES)
			assert_string_equal(text, "");
		else
			assert_told(text, crossed);
	}
}

static void
at_the_start_the_line_that_is_behind_is_told(void **state)
{
	(void)state;
	expiry_warn(t.issuer, VOUCH_TIME_ABSENT, t.end - 30 * DAY - 1);
	assert_string_equal(logged(), "");
	for (size_t i = 0; i < LINES; i++) {
		expiry_warn(t.issuer, VOUCH_TIME_ABSENT, t.end - lines[i].before_end);
		assert_told(logged(), i);
	}
}

static void
of_several_lines_crossed_at_once_the_most_urgent_is_told(void **state)
{
	(void)state;
	expiry_warn(t.issuer, NOW, t.end + DAY);
	assert_told(logged(), LINES - 1);
}

static void
days_are_counted_down_and_beyond(void **state)
{
	(void)state;
	assert_true(expiry_days(t.signer, t.end - 3 * DAY) == 3.0);
	assert_true(expiry_days(t.signer, t.end) == 0.0);
	assert_true(expiry_days(t.signer, t.end + DAY / 2) == -0.5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_line_is_told_once_when_time_crosses_it, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(at_the_start_the_line_that_is_behind_is_told, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(of_several_lines_crossed_at_once_the_most_urgent_is_told,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(days_are_counted_down_and_beyond, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
