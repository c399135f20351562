/* SPDX-License-Identifier: Apache-2.0 */
/* What a responder said of a certificate, printed. */
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include "cli/targets.h"

/* Both print one line on stdout (errors for people on stderr) and return what the certificate is worth: an enum cli_exit. */
int cli_answer_print(const struct cli_target *target, const vouch_response *response, size_t number,
    bool json);
int cli_answer_print_error(const struct cli_target *target, const vouch_err *err, bool json);

/* The worse of two exit codes: wrong usage, error, revoked, unknown, good. */
int cli_worse(int a, int b);
int cli_exit_of(enum vouch_cert_status cert_status);

#endif
