/* SPDX-License-Identifier: Apache-2.0 */
/* Modules of ours that a build or a package may leave out: where they are, and what is missing without one. */
#ifndef SOURCES_MODULE_H
#define SOURCES_MODULE_H

#include <vouch.h>

struct module {
	const char *name;    /* "postgresql", of vouch-source-postgresql.so */
	const char *library; /* its client library */
	const char *build;   /* the package that a build needs for it */
	const char *package; /* the package that a run needs for it */
};

/*
 * The folder of that number, with a NUL behind it that the length counts; VOUCH_ENOTFOUND: there are no more.
 * VOUCH_MODULES in the environment is the only one if it is set; else there is that of the tree where the program was
 * built, if it is still in it, that beside the folder of the program, and that of the installation.
 */
VOUCH_MUST int module_folder(vouch_buf *out, size_t number);
/* Errors say which file, library and package are missing. */
VOUCH_MUST int module_load(const vouch_source_ops **out, const struct module *module, vouch_err *err);

#endif
