/* SPDX-License-Identifier: Apache-2.0 */
/* Modules of ours that a build or a package may leave out: where they are, and what is missing without one. */
#include "sources/module.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "sources/object.h"

#define PROGRAM_MOST 4096 /* PATH_MAX of Linux */

/* Below a folder: as installed, and as built, where each module has a folder of its own. */
static const char *const forms[] = { "", "/" };

/* --- Folders ------------------------------------------------------------------------------------------ */

static int
below_program(vouch_buf *out, const char *rest)
{
	char program[PROGRAM_MOST];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (len <= 0)
		return VOUCH_OK;
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	return buf_printf(out, "%s/%s", program, rest);
}

static int
append_folder(vouch_buf *out, size_t number)
{
	const char *alone = secure_getenv("VOUCH_MODULES");

	if (alone != NULL && *alone != '\0')
		return number == 0 ? buf_append_string(out, alone) : VOUCH_ENOTFOUND;
	switch (number) {
	case 0:
		return below_program(out, "src/modules");
	case 1:
		return below_program(out, SOURCES_FOLDER_BESIDE);
	case 2:
		return buf_append_string(out, SOURCES_FOLDER);
	default:
		return VOUCH_ENOTFOUND;
	}
}

int
module_folder(vouch_buf *out, size_t number)
{
	int ret = append_folder(out, number);

	return ret == VOUCH_OK ? vouch_buf_append(out, "", 1) : ret;
}

/* --- Modules ------------------------------------------------------------------------------------------ */

static int
load_from(const vouch_source_ops **out, const struct module *module, const char *folder, vouch_err *err)
{
	vouch_buf path = { 0 };
	int ret = VOUCH_ENOTFOUND;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && ret == VOUCH_ENOTFOUND; i++) {
		buf_clear(&path);
		ret = buf_printf(&path, "%s%s%s/vouch-source-%s.so", folder, forms[i],
		    *forms[i] != '\0' ? module->name : "", module->name);
		if (ret == VOUCH_OK)
			ret = vouch_buf_append(&path, "", 1);
		ret = ret == VOUCH_OK ? object_load(out, (const char *)path.data, err) : err_nomem(err);
	}
	vouch_buf_free(&path);
	return ret;
}

/* What an object of ours cannot be loaded without is its client library, as a rule. */
static int
found_but(const struct module *module, int code, vouch_err *err)
{
	static const char unloadable[] = "it cannot be loaded";
	vouch_err why = *err;

	if (code != VOUCH_EUNAVAILABLE || strstr(why.msg, unloadable) == NULL)
		return code;
	return err_set(err, code, "%s (%s comes with package %s)", why.msg, module->library, module->package);
}

static int
missing(const struct module *module, vouch_err *err)
{
	return err_set(err, VOUCH_EUNAVAILABLE,
	    "%s: sources are not in this build or installation: vouch-source-%s.so, which belongs into %s, is made "
	    "where %s is (package %s)",
	    module->name, module->name, SOURCES_FOLDER, module->library, module->build);
}

int
module_load(const vouch_source_ops **out, const struct module *module, vouch_err *err)
{
	vouch_buf folder = { 0 };
	int ret = VOUCH_ENOTFOUND;

	for (size_t i = 0; ret == VOUCH_ENOTFOUND; i++) {
		buf_clear(&folder);
		int is = module_folder(&folder, i);
		if (is != VOUCH_OK) {
			ret = is == VOUCH_ENOTFOUND ? missing(module, err) : err_nomem(err);
			break;
		}
		ret = load_from(out, module, (const char *)folder.data, err);
		if (ret != VOUCH_OK && ret != VOUCH_ENOTFOUND)
			ret = found_but(module, ret, err);
	}
	vouch_buf_free(&folder);
	return ret;
}
