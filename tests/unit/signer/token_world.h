/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS#11 token of SoftHSM's in a folder of its own, shown by the module of tests/support/slow_pkcs11.c. */
#ifndef SIGNER_TOKEN_WORLD_H
#define SIGNER_TOKEN_WORLD_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <vouch.h>

#define PIN "p#in \"4\\2$x"

extern struct world {
	char folder[64];
	char pulled[128], pin_changed[128], log[128];
	bool is_there; /* SoftHSM and pkcs11-provider are installed */
} world;

/* Set-up and tear-down of the group. */
int world_make(void **state);
int world_remove(void **state);
/* Set-up of each test: the token is plugged in, and knows its PIN. */
int world_plug_in(void **state);
/* SoftHSM's own module; NULL where there is none. */
const char *world_softhsm(void);
/* A path in the folder; four are valid at a time. */
const char *world_path(const char *name);
void world_write(const char *path, const char *text);
/* How many logins ('L') or signatures ('S') there were. */
size_t world_count(char what);
/* A command's status. */
int world_run(const char *format, ...) VOUCH_PRINTF(1, 2);
/* The key becomes object name. */
void world_import(EVP_PKEY *key, const char *name, const char *id);

#endif
