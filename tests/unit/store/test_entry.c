/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of an entry: it has the key it was made with, and takes little more than the body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store/entry.h"

static void
each_part_of_the_key_counts(void **state)
{
	uint8_t body[64] = "..........a CertID", certid[] = "a CertID";
	const struct entry entry = { .key = { 1, 2, 3, { body + 10, 8 } } };
	const struct {
		const char *what;
		struct store_key key;
		bool same;
	} rows[] = {
		{ "the same", { 1, 2, 3, { certid, 8 } }, true },
		{ "another epoch", { UINT64_C(1) << 32 | 1, 2, 3, { certid, 8 } }, false },
		{ "another issuer", { 1, 3, 3, { certid, 8 } }, false },
		{ "another signer", { 1, 2, 4, { certid, 8 } }, false },
		{ "a shorter CertID", { 1, 2, 3, { certid, 7 } }, false },
		{ "a longer CertID", { 1, 2, 3, { certid, 9 } }, false },
		{ "another CertID", { 1, 2, 3, { certid + 1, 8 } }, false },
		{ "no CertID", { 1, 2, 3, { NULL, 0 } }, false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (entry_has_key(&entry, &rows[i].key) != rows[i].same)
			fail_msg("%s", rows[i].what);
}

static void
an_ordinary_entry_takes_69_octets_beside_the_body(void **state)
{
	uint8_t body[900] = { 0 };
	struct entry entry = { .key = { 1, 0, 0, { body + 120, 83 } },
		.body = { body, 900 },
		.certid_offset = 120,
		.meta = { .cert_status = VOUCH_GOOD,
		    .produced_at = 1795341600,
		    .this_update = 1795341600,
		    .next_update = 1795341600 + 86399,
		    .renew_at = 1795341600 + 43000 } };
	struct entry_image image;
	(void)state;

	assert_true(entry_pack(&entry, &image));
	assert_int_equal(entry_octets(image.fixed[0]), 900 + 69);
	assert_int_equal(image.words, (900 + 69 + 7) / 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_of_the_key_counts),
		cmocka_unit_test(an_ordinary_entry_takes_69_octets_beside_the_body),
	};

	return cmocka_run_group_tests_name("store_entry", tests, NULL, NULL);
}
