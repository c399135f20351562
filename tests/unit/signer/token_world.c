/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS#11 token of SoftHSM's in a folder of its own. */
#include "token_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/provider.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct world world = { .folder = "/tmp/vouch-token-XXXXXX" };

const char *
world_path(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *out = path[next++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", world.folder, name);
	return out;
}

void
world_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

size_t
world_count(char what)
{
	FILE *in = fopen(world.log, "rb");
	size_t count = 0;
	int c;

	while (in != NULL && (c = fgetc(in)) != EOF)
		count += c == what;
	if (in != NULL)
		fclose(in);
	return count;
}

int
world_run(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_true(len > 0 && (size_t)len < sizeof(command) - 16);
	strncat(command, " >/dev/null 2>&1", sizeof(command) - (size_t)len - 1);
	return system(command);
}

static bool
provider_is_there(void)
{
	OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *provider = OSSL_PROVIDER_try_load(context, "pkcs11", 1);
	bool is_there = provider != NULL;

	if (provider != NULL)
		OSSL_PROVIDER_unload(provider);
	OSSL_LIB_CTX_free(context);
	return is_there;
}

const char *
world_softhsm(void)
{
	static const char *const places[] = { "/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib/pkcs11/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so" };

	for (size_t i = 0; i < COUNT(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

int
world_make(void **state)
{
	char conf[512];

	(void)state;
	if (mkdtemp(world.folder) == NULL)
		return -1;
	snprintf(conf, sizeof(conf),
	    "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", world.folder);
	world_write(world_path("softhsm2.conf"), conf);
	snprintf(world.pulled, sizeof(world.pulled), "%s", world_path("pulled"));
	snprintf(world.pin_changed, sizeof(world.pin_changed), "%s", world_path("pin-changed"));
	snprintf(world.log, sizeof(world.log), "%s", world_path("log"));
	setenv("SOFTHSM2_CONF", world_path("softhsm2.conf"), 1);
	setenv("VOUCH_TEST_TOKEN_PULLED", world.pulled, 1);
	setenv("VOUCH_TEST_TOKEN_PIN_CHANGED", world.pin_changed, 1);
	setenv("VOUCH_TEST_TOKEN_LOG", world.log, 1);
	setenv("VOUCH_TEST_TOKEN_MODULE", world_softhsm() != NULL ? world_softhsm() : "", 1);
	unsetenv("PKCS11_PROVIDER_MODULE");
	world.is_there = world_softhsm() != NULL && provider_is_there() &&
	    world_run("softhsm2-util --init-token --free --label ca --pin '%s' --so-pin 87654321", PIN) == 0;
	return 0;
}

int
world_remove(void **state)
{
	(void)state;
	return world_run("rm -rf '%s'", world.folder);
}

int
world_plug_in(void **state)
{
	(void)state;
	unlink(world.pulled);
	unlink(world.pin_changed);
	unlink(world.log);
	unsetenv("VOUCH_TEST_TOKEN_DELAY");
	return 0;
}

void
world_import(EVP_PKEY *key, const char *name, const char *id)
{
	FILE *out = fopen(world_path("import.key"), "wb");

	assert_int_equal(PEM_write_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(out);
	assert_int_equal(world_run("softhsm2-util --import '%s' --token ca --label %s --id %s --pin '%s'",
			     world_path("import.key"), name, id, PIN),
	    0);
}
