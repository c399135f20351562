/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the world of fuzz_guard: guard_seeds CORPUS guard_world.h.  Keys are new each time, and thrown away:
 * corpus and header change together.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/issuer/guard_draft.h"
#include "base/buf.h"
#include "target.h"

static void
write_seed(const char *folder, const struct guard_world *world, const struct guard_good *good)
{
	vouch_buf tbs = { 0 };
	char path[4096];

	int len = snprintf(path, sizeof(path), "%s/%s", folder, good->name);
	FUZZ_CHECK(len > 0 && (size_t)len < sizeof(path));
	for (char *p = path + strlen(folder); *p != '\0'; p++)
		if (*p == ' ' || *p == ',')
			*p = '_';
	FILE *file = fopen(path, "wb");
	FUZZ_CHECK(file != NULL);
	guard_draft_encode(world, &good->draft, &tbs);
	FUZZ_CHECK(fwrite(tbs.data, 1, tbs.len, file) == tbs.len);
	FUZZ_CHECK(fclose(file) == 0);
	vouch_buf_free(&tbs);
}

static void
print_array(FILE *out, const char *name, vouch_span octets)
{
	fprintf(out, "static const uint8_t %s[] = {", name);
	for (size_t i = 0; i < octets.len; i++)
		fprintf(out, "%s0x%02x,", i % 16 == 0 ? "\n\t" : " ", octets.data[i]);
	fprintf(out, "\n};\n");
}

static void
print_world(FILE *out, const struct guard_certificates *certificates)
{
	fprintf(out,
	    "/* SPDX-License-Identifier: Apache-2.0 */\n"
	    "/* The world of fuzz_guard, as guard_seeds made it. */\n"
	    "#ifndef FUZZ_GUARD_WORLD_H\n#define FUZZ_GUARD_WORLD_H\n\n#include <stdint.h>\n\n"
	    "/* clang-format off */\n");
	print_array(out, "guard_world_one", certificates->issuers[GUARD_ONE]);
	print_array(out, "guard_world_two", certificates->issuers[GUARD_TWO]);
	print_array(out, "guard_world_foreign", certificates->issuers[GUARD_FOREIGN]);
	print_array(out, "guard_world_signer", certificates->signer);
	fprintf(out, "/* clang-format on */\n\n#endif\n");
}

int
main(int argc, char **argv)
{
	vouch_buf octets[GUARD_ISSUERS + 1];
	struct guard_certificates certificates;
	struct guard_world world;
	vouch_err err;

	if (argc != 3) {
		fprintf(stderr, "usage: %s CORPUS HEADER\n", argv[0]);
		return 2;
	}
	guard_certificates_make(octets, NULL);
	for (size_t i = 0; i < GUARD_ISSUERS; i++)
		certificates.issuers[i] = span_buf(&octets[i]);
	certificates.signer = span_buf(&octets[GUARD_ISSUERS]);
	FUZZ_CHECK(guard_world_make(&world, &certificates, &err) == VOUCH_OK);
	FILE *out = fopen(argv[2], "w");
	FUZZ_CHECK(out != NULL);
	print_world(out, &certificates);
	FUZZ_CHECK(fclose(out) == 0);
	for (size_t i = 0; i < guard_good_count; i++)
		write_seed(argv[1], &world, &guard_good[i]);
	guard_world_clear(&world);
	guard_certificates_clear(octets);
	return 0;
}
