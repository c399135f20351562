/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a server under test: moves its clock, and makes its signing fail or err, as a shared page says. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* tests/support/shim.py writes the same layout. */
struct page {
	volatile int64_t clock_offset; /* seconds */
	volatile int32_t signing;      /* enum signing */
	volatile int32_t signatures;   /* made since the start */
};

enum signing { SOUND, FAILING, FLIPPED };

static struct page idle;
static struct page *page = &idle;
static _Thread_local int depth; /* libcrypto's signing functions call each other */

__attribute__((constructor)) static void
open_page(void)
{
	const char *path = getenv("VOUCH_TEST_SHIM");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *mapped = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mapped != MAP_FAILED)
		page = mapped;
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	int result = (int)syscall(SYS_clock_gettime, clock, out);

	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		out->tv_sec += page->clock_offset;
	return result;
}

time_t
time(time_t *out)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now = { 0 };

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return 0;
}

/* What becomes of a call that made a signature. */
static int
signed_as_told(int result, unsigned char *signature, const size_t *size)
{
	if (--depth > 0 || signature == NULL)
		return result;
	__atomic_add_fetch(&page->signatures, 1, __ATOMIC_RELAXED);
	if (page->signing == FAILING)
		return 0;
	if (page->signing == FLIPPED && result == 1)
		signature[*size - 1] ^= 1;
	return result;
}

int
EVP_DigestSign(void *context, unsigned char *signature, size_t *size, const unsigned char *data, size_t count)
{
	int (*real)(void *, unsigned char *, size_t *, const unsigned char *, size_t) = (int (*)(void *,
	    unsigned char *, size_t *, const unsigned char *, size_t))dlsym(RTLD_NEXT, "EVP_DigestSign");
	depth++;
	return signed_as_told(real(context, signature, size, data, count), signature, size);
}

int
EVP_DigestSignFinal(void *context, unsigned char *signature, size_t *size)
{
	int (*real)(void *, unsigned char *,
	    size_t *) = (int (*)(void *, unsigned char *, size_t *))dlsym(RTLD_NEXT, "EVP_DigestSignFinal");
	depth++;
	return signed_as_told(real(context, signature, size), signature, size);
}

int
EVP_PKEY_sign(void *context, unsigned char *signature, size_t *size, const unsigned char *data, size_t count)
{
	int (*real)(void *, unsigned char *, size_t *, const unsigned char *, size_t) = (int (*)(void *,
	    unsigned char *, size_t *, const unsigned char *, size_t))dlsym(RTLD_NEXT, "EVP_PKEY_sign");
	depth++;
	return signed_as_told(real(context, signature, size, data, count), signature, size);
}
