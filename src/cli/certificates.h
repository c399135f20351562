/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer that a command is about, and the certificates that it names by file or by serial number. */
#ifndef CLI_CERTIFICATES_H
#define CLI_CERTIFICATES_H

#include "cli/command.h"
#include "conf/conf.h"

struct cli_certificate {
	vouch_buf serial_number;
	const char *name; /* as given: a file, or a serial number; borrowed from the arguments */
	bool is_file;	  /* what follows is known */
	vouch_time not_after;
	uint8_t sha256[32];
};

struct cli_certificates {
	struct cli_certificate *items;
	size_t count, room;
};

/*
 * All print what is wrong and return an enum cli_exit.  `what` is the command's name.
 *
 * The issuer: --issuer, else the only one of the configuration (which may be NULL).
 */
VOUCH_MUST int cli_issuer_load(vouch_issuer **out, const struct cli_args *args, const struct conf *conf,
    const char *what);
/* Reads a CA's certificate from a file. */
VOUCH_MUST int cli_issuer_read(vouch_issuer **out, const char *file, const char *what);
/* --trust: the responder's certificate in DER; out stays empty when it is not given. */
VOUCH_MUST int cli_trusted_read(vouch_buf *out, const struct cli_args *args);
/* A CERT's octets; a name that is no file and could be a serial number most likely is one, which the error says. */
VOUCH_MUST int cli_certificate_file_read(vouch_buf *out, const char *file, size_t limit, vouch_err *err);
/*
 * Every CERT of the command line and every --serial; a certificate that the issuer did not sign is refused.
 */
VOUCH_MUST int cli_certificates_read(struct cli_certificates *out, const struct cli_args *args,
    const vouch_issuer *issuer, const char *what);
void cli_certificates_clear(struct cli_certificates *certificates);

#endif
