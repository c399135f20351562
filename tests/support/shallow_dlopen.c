/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlopen() without RTLD_DEEPBIND, which pkcs11-provider asks for and AddressSanitizer refuses: linked into a
 * test, or preloaded into the program under test.
 */
#include <dlfcn.h>
#include <stddef.h>

__attribute__((visibility("default"))) void *
dlopen(const char *path, int flags)
{
	void *(*next)(const char *, int) = NULL;

	/* dlsym() gives an object's address; ISO C has no cast from it to a function's. */
	*(void **)&next = dlsym(RTLD_NEXT, "dlopen");
	return next != NULL ? next(path, flags & ~RTLD_DEEPBIND) : NULL;
}
