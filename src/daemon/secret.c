/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of a signer. */
#include "daemon/secret.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/passphrase.h"

#define KEY_MOST ((size_t)1 << 20) /* octets: keys have some KiB, with a chain of certificates some more */

int
secret_passphrase(vouch_buf *out, const struct conf_signer *conf, vouch_err *err)
{
	char question[256];

	if (conf->passphrase_file != NULL)
		return io_passphrase_read(out, conf->passphrase_file, err);
	if (conf->passphrase_env != NULL)
		return io_passphrase_from_env(out, conf->passphrase_env, err);
	if (!conf->passphrase_prompt)
		return VOUCH_OK;
	snprintf(question, sizeof(question), "Passphrase of %.200s: ", conf->key);
	return io_passphrase_prompt(out, question, err);
}

bool
secret_is_elsewhere(const struct conf_signer *conf)
{
	size_t scheme = strspn(conf->key,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return scheme >= 2 && conf->key[scheme] == ':' && strncmp(conf->key, "file:", 5) != 0;
}

/* As the library sees it: a file that exists wins over a scheme of the same spelling. */
static bool
is_file(const struct conf_signer *conf)
{
	return strncmp(conf->key, "file:", 5) != 0 &&
	    (!secret_is_elsewhere(conf) || access(conf->key, F_OK) == 0);
}

int
secret_read(struct secret *out, const struct conf_signer *conf, vouch_err *err)
{
	bool file = is_file(conf);
	int code = secret_passphrase(&out->passphrase, conf, err);

	out->is_token = !file && secret_is_elsewhere(conf);
	if (code == VOUCH_OK && file)
		code = io_file_read(&out->key, conf->key, KEY_MOST, err);
	return code;
}

void
secret_wipe(struct secret *secret)
{
	io_passphrase_wipe(&secret->key);
	io_passphrase_wipe(&secret->passphrase);
}
