/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of its corpus, as a TAP test: "ok" for a file that it survives. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "target.h"

#define FILE_MAX (1 << 20) /* a corpus is made of small files; a larger one is a mistake */

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Exactly as long as the input is, so that the sanitizer sees a read beyond it. */
static int
run_file(const char *path)
{
	static uint8_t octets[FILE_MAX];
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return -1;
	size_t len = fread(octets, 1, sizeof(octets), file);
	int whole = feof(file) && !ferror(file);
	fclose(file);
	uint8_t *exact = malloc(len > 0 ? len : 1);
	if (!whole || exact == NULL) {
		free(exact);
		return -1;
	}
	if (len > 0)
		memcpy(exact, octets, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

int
main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	int count = scandir(argv[1], &entries, is_visible, alphasort);
	if (count <= 0) {
		printf("Bail out! %s: %s\n", argv[1], count < 0 ? strerror(errno) : "no files");
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		char path[4096];
		int len = snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
		int code = len > 0 && (size_t)len < sizeof(path) ? run_file(path) : -1;
		printf("%s %d - %s\n", code == 0 ? "ok" : "not ok", i + 1, entries[i]->d_name);
		fflush(stdout);
		failed += code != 0;
		free(entries[i]);
	}
	free(entries);
	return failed != 0;
}
