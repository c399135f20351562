/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets stay in the memory of the process that needs them. */
#include "daemon/secrecy.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "io/passphrase.h"

#define SECURE_HEAP \
	((size_t)256 << 10)  /* a few hundred private keys; below the 8 MiB that systems let anybody lock */
#define SECURE_HEAP_PIECE 32 /* the least that is given out: a scalar of P-256 */

static int
fail(vouch_err *err, const char *step)
{
	return err_set(err, VOUCH_EIO, "%s: %s", step, strerror(errno));
}

/* As far as the process may: true when there is no limit left. */
static bool
unlimit_locked_memory(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0)
		return true;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return false;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

/*
 * Below a limit, everything that is mapped later could fail: then only the secure heap is locked.  Where
 * all is locked the heap is left out, as each allocation in it takes one lock for all threads.
 * MCL_ONFAULT: what a thread reserves for its stack and never touches costs nothing.
 */
static bool
lock_memory(void)
{
	bool unlimited = unlimit_locked_memory();

	if (unlimited && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
		return true;
	CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_HEAP_PIECE);
	return false;
}

static int
forbid_dumps(vouch_err *err)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return fail(err, "PR_SET_DUMPABLE");
	return VOUCH_OK;
}

int
secrecy_begin(bool *swappable, vouch_err *err)
{
	static const struct rlimit none = { 0, 0 };

	if (forbid_dumps(err) != VOUCH_OK)
		return err->code;
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return fail(err, "RLIMIT_CORE");
	*swappable = !lock_memory();
	return VOUCH_OK;
}

void
secrecy_die_with_parent(pid_t parent)
{
	/* Whoever cannot be told of the parent's death must not outlive it either way. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
		raise(SIGKILL);
}

/* The first variable at *issuer, *signer or later; NULL: there is none. */
static const char *
next_variable(const struct conf *conf, size_t *issuer, size_t *signer)
{
	for (; *issuer < conf->issuer_count; (*issuer)++, *signer = 0) {
		const struct conf_issuer *i = &conf->issuers[*issuer];

		while (*signer < i->signer_count) {
			const char *name = i->signers[(*signer)++].passphrase_env;
			if (name != NULL)
				return name;
		}
	}
	return NULL;
}

int
secrecy_keep_passphrases(const struct conf *conf, vouch_err *err)
{
	size_t issuer = 0, signer = 0;

	return next_variable(conf, &issuer, &signer) == NULL ? VOUCH_OK : forbid_dumps(err);
}

void
secrecy_forget_passphrases(const struct conf *conf)
{
	size_t issuer = 0, signer = 0;
	const char *name;

	while ((name = next_variable(conf, &issuer, &signer)) != NULL)
		io_passphrase_forget_env(name);
}
