/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of plans: what the supervisor read is what its children build from, whatever the files say by then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "daemon/plan.h"
#include "io/message.h"

static char folder[] = "/tmp/vouch-test-XXXXXX";
static char conf_path[64], ca_path[64], signer_path[64];

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
write_conf(const char *name)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "listen: [\"127.0.0.1:0\"]\n"
	    "issuers:\n"
	    "  - name: %s\n"
	    "    certificate: %s\n"
	    "    signers: [ { certificate: %s, key: %s/none.key } ]\n"
	    "    sources: [\"sqlite:%s/none.db\"]\n",
	    name, ca_path, signer_path, folder, folder);
	write_file(conf_path, text);
}

static int
make_files(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(conf_path, sizeof(conf_path), "%s/vouch.yaml", folder);
	snprintf(ca_path, sizeof(ca_path), "%s/ca.pem", folder);
	snprintf(signer_path, sizeof(signer_path), "%s/ocsp.pem", folder);
	write_conf("as-it-was");
	write_file(ca_path, "the CA as it was");
	write_file(signer_path, "the signer as it was");
	return 0;
}

static int
drop_files(void **state)
{
	(void)state;
	unlink(conf_path);
	unlink(ca_path);
	unlink(signer_path);
	return rmdir(folder);
}

static struct plan *
make_plan(vouch_buf *octets)
{
	const struct plan_origin origin = { .file = conf_path };
	struct plan *plan = NULL;
	vouch_err err;

	if (plan_make(&plan, &origin, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(plan_encode(plan, octets, &err), VOUCH_OK);
	return plan;
}

static void
a_plan_goes_there_as_it_was_made(void **state)
{
	const struct plan_origin origin = { .file = conf_path };
	struct plan *got = NULL;
	vouch_buf octets = { 0 };
	vouch_err err;

	struct plan *plan = make_plan(&octets);
	write_conf("another-by-now");
	write_file(ca_path, "another by now");
	unlink(signer_path);
	assert_int_equal(plan_decode(&got, &origin, span_buf(&octets), &err), VOUCH_OK);
	assert_string_equal(got->conf->issuers[0].name, "as-it-was");
	assert_true(span_equal(bundle_find(&got->files, ca_path), span_string("the CA as it was")));
	assert_true(span_equal(bundle_find(&got->files, signer_path), span_string("the signer as it was")));
	assert_int_equal(got->files.count, 2);
	plan_free(plan);
	plan_free(got);
	vouch_buf_free(&octets);
	drop_files(state);
	snprintf(folder, sizeof(folder), "/tmp/vouch-test-XXXXXX");
	assert_int_equal(make_files(state), 0);
}

/* Not even where a key is may be opened for it. */
static void
no_key_is_read_for_a_plan(void **state)
{
	vouch_buf octets = { 0 };
	char key[64];

	(void)state;
	snprintf(key, sizeof(key), "%s/none.key", folder);
	struct plan *plan = make_plan(&octets);
	assert_null(bundle_find(&plan->files, key).data);
	plan_free(plan);
	vouch_buf_free(&octets);
}

static void
a_file_that_is_missing_is_named_with_its_line(void **state)
{
	const struct plan_origin origin = { .file = conf_path };
	struct plan *plan = NULL;
	vouch_err err;

	(void)state;
	unlink(signer_path);
	assert_int_not_equal(plan_make(&plan, &origin, &err), VOUCH_OK);
	assert_null(plan);
	assert_non_null(strstr(err.msg, "ocsp.pem"));
	assert_non_null(strstr(err.msg, "vouch.yaml:"));
	write_file(signer_path, "the signer as it was");
}

static void
every_beginning_of_a_plan_is_refused_but_whole_files(void **state)
{
	const struct plan_origin origin = { .file = conf_path };
	vouch_buf octets = { 0 };
	vouch_err err;

	(void)state;
	struct plan *plan = make_plan(&octets), *got = NULL;
	size_t text = IO_MESSAGE_HEAD + plan->text.len;
	size_t first = text + 2 * (size_t)IO_MESSAGE_HEAD + strlen(ca_path) + strlen("the CA as it was");
	for (size_t len = 0; len < octets.len; len++) {
		uint8_t *exact = malloc(len > 0 ? len : 1);
		assert_non_null(exact);
		memcpy(exact, octets.data, len);
		int code = plan_decode(&got, &origin, span_of(exact, len), &err);
		if (code != (len == text || len == first ? VOUCH_OK : VOUCH_EPARSE))
			fail_msg("%zu octets: %d", len, code);
		free(exact);
		plan_free(got);
		got = NULL;
	}
	plan_free(plan);
	vouch_buf_free(&octets);
}

static void
what_is_no_plan_is_refused(void **state)
{
	static const struct {
		const char *what;
		struct io_message text;
	} rows[] = {
		{ "another type", { .type = 2 } },
		{ "no configuration", { .type = 1, .body = { (const uint8_t *)"listen: [", 9 } } },
		{ "an empty one", { .type = 1 } },
	};
	const struct plan_origin origin = { .file = conf_path };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan *got = NULL;
		vouch_buf octets = { 0 };
		vouch_err err;
		assert_int_equal(io_message_append(&octets, &rows[i].text), VOUCH_OK);
		if (plan_decode(&got, &origin, span_buf(&octets), &err) == VOUCH_OK)
			fail_msg("%s passes", rows[i].what);
		assert_int_not_equal(err.msg[0], '\0');
		assert_null(got);
		vouch_buf_free(&octets);
	}
}

static int
from_flags(struct conf **out, void *arg, vouch_err *err)
{
	vouch_buf text = { 0 };

	++*(int *)arg;
	int code = conf_read_text(&text, conf_path, err);
	if (code == VOUCH_OK)
		code = conf_parse(out, "flags", span_buf(&text), err);
	vouch_buf_free(&text);
	return code;
}

static void
flags_are_read_by_each_process_and_files_by_one(void **state)
{
	int times = 0;
	const struct plan_origin origin = { .from_flags = from_flags, .arg = &times };
	struct plan *plan = NULL, *got = NULL;
	vouch_buf octets = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(plan_make(&plan, &origin, &err), VOUCH_OK);
	assert_int_equal(plan->text.len, 0);
	assert_int_equal(plan_encode(plan, &octets, &err), VOUCH_OK);
	unlink(ca_path);
	assert_int_equal(plan_decode(&got, &origin, span_buf(&octets), &err), VOUCH_OK);
	assert_int_equal(times, 2);
	assert_true(span_equal(bundle_find(&got->files, ca_path), span_string("the CA as it was")));
	write_file(ca_path, "the CA as it was");
	plan_free(plan);
	plan_free(got);
	vouch_buf_free(&octets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_goes_there_as_it_was_made),
		cmocka_unit_test(no_key_is_read_for_a_plan),
		cmocka_unit_test(a_file_that_is_missing_is_named_with_its_line),
		cmocka_unit_test(every_beginning_of_a_plan_is_refused_but_whole_files),
		cmocka_unit_test(what_is_no_plan_is_refused),
		cmocka_unit_test(flags_are_read_by_each_process_and_files_by_one),
	};

	return cmocka_run_group_tests(tests, make_files, drop_files);
}
