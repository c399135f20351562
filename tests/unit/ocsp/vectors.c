/* SPDX-License-Identifier: Apache-2.0 */
/* The request vectors of tests/data/vectors.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/hex.h"
#include "vectors.h"

void
vector_load(const char *name, vouch_buf *out)
{
	char line[4096];
	FILE *file = fopen(TEST_DATA "/vectors.txt", "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *digits = strrchr(line, '|');
		vouch_err err;
		if (strncmp(line, name, 3) != 0 || digits == NULL)
			continue;
		digits += strspn(digits, "| ");
		assert_int_equal(hex_decode(out, span_of(digits, strcspn(digits, " \n")), &err), VOUCH_OK);
		fclose(file);
		return;
	}
	fclose(file);
	fail_msg("no vector %s", name);
}
