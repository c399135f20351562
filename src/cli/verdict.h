/* SPDX-License-Identifier: Apache-2.0 */
/* What the status of a certificate is worth: a word, a line, an exit code. */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include "cli/command.h"

/* "good", "revoked", "unknown", "unset" */
const char *cli_verdict_name(uint8_t cert_status);
/* "good", "revoked keyCompromise 2026-11-22T10:00:00Z", "unknown": cut at size; reason and time count when it is revoked. */
void cli_verdict_text(char *out, size_t size, uint8_t cert_status, uint8_t revocation_reason,
    vouch_time revocation_time);
/* An enum cli_exit. */
int cli_verdict_exit(uint8_t cert_status);
/* The worse of two exit codes: wrong usage, error, revoked, unknown, good. */
int cli_worse(int a, int b);

#endif
