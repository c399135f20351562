/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects with a status source: the file is looked at, loaded, asked for its ops. */
#include "sources/object.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

#define HEADERS_MOST 64 /* program headers of a shared object are about ten */

typedef const vouch_source_ops *entry_point(uint32_t abi);

/* --- The file ----------------------------------------------------------------------------------------- */

static int
fail_errno(const char *path, vouch_err *err)
{
	char text[80];

	return err_set(err, VOUCH_EUNAVAILABLE, "%s: %s", path, strerror_r(errno, text, sizeof(text)));
}

static int
not_an_object(const char *path, vouch_err *err)
{
	return err_set(err, VOUCH_EPARSE, "%s: not a shared object of this machine, or a damaged one", path);
}

/* A whole one of this machine's class and order of octets; the loader itself looks at the rest. */
static bool
is_of_this_machine(const ElfW(Ehdr) * header)
{
	static const uint16_t order = 1;
	const uint8_t *identity = header->e_ident;
	uint8_t data = *(const uint8_t *)&order == 1 ? ELFDATA2LSB : ELFDATA2MSB;

	return memcmp(identity, ELFMAG, SELFMAG) == 0 && identity[EI_DATA] == data &&
	    identity[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
	    header->e_type == ET_DYN && header->e_phentsize == sizeof(ElfW(Phdr)) &&
	    header->e_phnum <= HEADERS_MOST;
}

/* What is mapped beyond the file's end is a signal for who reads it. */
static bool
has_its_segments(int fd, const ElfW(Ehdr) * header, uint64_t size)
{
	ElfW(Phdr) segments[HEADERS_MOST];
	size_t len = header->e_phnum * sizeof(segments[0]);

	if (header->e_phoff > size || pread(fd, segments, len, (off_t)header->e_phoff) != (ssize_t)len)
		return false;
	for (size_t i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_offset > size || segments[i].p_filesz > size - segments[i].p_offset)
			return false;
	}
	return true;
}

static int
look_at(int fd, const char *path, vouch_err *err)
{
	struct stat st;
	ElfW(Ehdr) header;

	if (fstat(fd, &st) != 0)
		return fail_errno(path, err);
	if (!S_ISREG(st.st_mode) || pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    !is_of_this_machine(&header) || !has_its_segments(fd, &header, (uint64_t)st.st_size))
		return not_an_object(path, err);
	return VOUCH_OK;
}

/* Not blocking: a pipe in its place would keep the program waiting for ever. */
static int
look_at_file(const char *path, vouch_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT ? VOUCH_ENOTFOUND : fail_errno(path, err);
	int ret = look_at(fd, path, err);
	close(fd);
	return ret;
}

/* --- What is in it ------------------------------------------------------------------------------------ */

/* ISO C knows no way from an object's address to a function's. */
static entry_point *
find_entry_point(void *object)
{
	void *address = dlsym(object, "vouch_plugin");
	entry_point *entry = NULL;

	if (address != NULL)
		memcpy(&entry, &address, sizeof(entry));
	return entry;
}

static int
ask(const vouch_source_ops **out, entry_point *entry, const char *path, vouch_err *err)
{
	if (entry == NULL)
		return err_set(err, VOUCH_EINVAL,
		    "%s: no status source: it does not define vouch_plugin() (vouch.h)", path);
	const vouch_source_ops *ops = entry(VOUCH_ABI);
	if (ops == NULL)
		return err_set(err, VOUCH_EINVAL, "%s: it has no status source for ABI %d of vouch.h", path,
		    VOUCH_ABI);
	if (ops->abi != VOUCH_ABI)
		return err_set(err, VOUCH_EINVAL,
		    "%s: it was made for ABI %u of vouch.h, this program has %d", path, (unsigned)ops->abi,
		    VOUCH_ABI);
	*out = ops;
	return VOUCH_OK;
}

/* The loader's text names the path, or the library that is missing. */
static int
load(const vouch_source_ops **out, const char *path, vouch_err *err)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (object == NULL) {
		const char *text = dlerror();
		return err_set(err, VOUCH_EUNAVAILABLE, "%s: it cannot be loaded: %s", path,
		    text != NULL ? text : "no reason given");
	}
	int ret = ask(out, find_entry_point(object), path, err);
	if (ret != VOUCH_OK)
		(void)dlclose(object);
	return ret;
}

/* By its name alone, for a process that may open no file any more. */
static int
load_again(const vouch_source_ops **out, const char *path, vouch_err *err)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);

	if (object == NULL)
		return VOUCH_ENOTFOUND;
	int ret = ask(out, find_entry_point(object), path, err);
	(void)dlclose(object); /* the first time's reference stays */
	return ret;
}

static int
load_once(const vouch_source_ops **out, const char *path, vouch_err *err)
{
	vouch_err again = { 0 };
	int ret = look_at_file(path, err);

	if (ret == VOUCH_OK)
		return load(out, path, err);
	if (ret == VOUCH_EUNAVAILABLE && load_again(out, path, &again) == VOUCH_OK)
		return VOUCH_OK;
	return ret;
}

/* A name without a folder would be looked for where the system's libraries are. */
int
object_load(const vouch_source_ops **out, const char *path, vouch_err *err)
{
	vouch_buf place = { 0 };
	int ret = buf_printf(&place, "%s%s", strchr(path, '/') == NULL ? "./" : "", path);

	if (ret == VOUCH_OK)
		ret = vouch_buf_append(&place, "", 1);
	if (ret != VOUCH_OK)
		ret = err_nomem(err);
	else
		ret = load_once(out, (const char *)place.data, err);
	vouch_buf_free(&place);
	return ret;
}
