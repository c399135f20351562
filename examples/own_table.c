/* SPDX-License-Identifier: Apache-2.0 */
/* A responder over a table of your own: own_table ca.pem ocsp.pem ocsp.key 127.0.0.1:8080 */
#include <string.h>
#include <sys/random.h>
#include <vouch_http.h>
#include "file.h"

static const struct row { /* yours is a database, a file, a service */
	const char *serial_number;
	uint8_t cert_status;
	vouch_time revocation_time;
} table[] = { { "11", VOUCH_GOOD, VOUCH_TIME_ABSENT }, { "22", VOUCH_REVOKED, 1767225600 } };

/* Asked by several threads at a time.  What is not in the table is "unknown"; no error becomes "good". */
static int
lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	(void)ctx, (void)issuer, (void)now, (void)err;
	vouch_buf hex = { 0 };
	int code = vouch_serial_format(&hex, serial_number) == 0 ? VOUCH_ENOTFOUND : VOUCH_ENOMEM;
	for (const struct row *row = table; code == VOUCH_ENOTFOUND && row < table + 2; row++)
		if (strlen(row->serial_number) == hex.len && !memcmp(row->serial_number, hex.data, hex.len)) {
			out->cert_status = row->cert_status;
			out->revocation_time = row->revocation_time;
			code = VOUCH_OK;
		}
	vouch_buf_free(&hex);
	return code;
}

int
main(int argc, char **argv)
{
	static const vouch_source_ops ops = { .abi = VOUCH_ABI, .name = "table", .lookup = lookup };
	static vouch_buf ca, ocsp; /* the certificates */
	static vouch_issuer *issuer;
	static vouch_signer *signer;
	static vouch_source *source;
	vouch_responder_options options = { .size = sizeof(options) };
	vouch_err err = { 0 };
	if (argc != 5 || getentropy(options.key, sizeof(options.key)) != 0)
		return fputs("usage: own_table ca.pem ocsp.pem ocsp.key ADDRESS\n", stderr), 2;
	if (file_read(argv[1], &ca, &err) != 0 || file_read(argv[2], &ocsp, &err) != 0)
		return failed(&err);
	vouch_signer_options key = { .size = sizeof(key), .certificate = span(&ocsp), .key = argv[3] };
	static vouch_http_options http = { .size = sizeof(http), .address_count = 1 };
	http.addresses = (const char *const *)&argv[4];
	if (vouch_issuer_new(&issuer, span(&ca), NULL, &err) != 0 ||
	    vouch_signer_open(&signer, &key, &err) != 0 ||
	    vouch_issuer_add_signer(issuer, signer, 0, &err) != 0 ||
	    vouch_source_new(&source, &ops, NULL, &err) != 0 ||
	    vouch_issuer_add_source(issuer, source, 0, &err) != 0 ||
	    vouch_responder_new(&http.responder, &options, &err) != 0 ||
	    vouch_responder_add(http.responder, issuer, "/", &err) != 0 ||
	    vouch_http_serve(&http, NULL, NULL, &err) != 0)
		return failed(&err);
	return 0; /* after SIGINT or SIGTERM */
}
