/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a responder in its folder: ca.pem, ocsp.key, ocsp.pem or ocsp.csr, vouch.db, vouch.yaml. */
#ifndef CLI_RESPONDER_FILES_H
#define CLI_RESPONDER_FILES_H

#include <vouch.h>

struct responder_files {
	const char *folder;		/* must exist, except for responder_files_renew() */
	const char *ca;			/* the CA's certificate */
	const char *ca_key;		/* NULL: a CSR is made instead of a certificate */
	const char *ca_passphrase_file; /* may be NULL */
	const char *key_type;		/* NULL: as the CA's */
	const char *listen;		/* into vouch.yaml */
};

/* Makes all of them, or none if one is there already (VOUCH_EREFUSED). */
VOUCH_MUST int responder_files_make(const struct responder_files *files, vouch_err *err);
/* The next certificate (replaced in one step) or CSR, for the key of the certificate that is there. */
VOUCH_MUST int responder_files_renew(const struct responder_files *files, vouch_err *err);

#endif
