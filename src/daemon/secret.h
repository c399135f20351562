/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of a signer: its passphrase, and its key if that is in a file. */
#ifndef DAEMON_SECRET_H
#define DAEMON_SECRET_H

#include "conf/conf.h"

struct secret {
	vouch_buf key; /* octets of the file; empty: it is somewhere else, and is loaded by its URI */
	vouch_buf passphrase;
	bool is_token; /* the URI names a token: others' code is loaded, and a signature may wait */
};

/* The passphrase from where the configuration says; empty when it says nothing. */
VOUCH_MUST int secret_passphrase(vouch_buf *out, const struct conf_signer *conf, vouch_err *err);
/* True when the key's URI names no file, as far as its spelling tells. */
bool secret_is_elsewhere(const struct conf_signer *conf);
/* Reads what there is to read, while the rights are those that the program was started with. */
VOUCH_MUST int secret_read(struct secret *out, const struct conf_signer *conf, vouch_err *err);
/* Overwrites it. */
void secret_wipe(struct secret *secret);

#endif
