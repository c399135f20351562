/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: what was asked and what was answered, one JSON object a line. */
#ifndef MOCK_JOURNAL_H
#define MOCK_JOURNAL_H

#include "http/exchange.h"
#include "mock/plan.h"

struct mock_journal;

/* path "-": standard output.  The file is appended to. */
VOUCH_MUST int mock_journal_open(struct mock_journal **out, const char *path, vouch_err *err);
void mock_journal_close(struct mock_journal *journal);
/*
 * plan NULL: it was no OCSP (control, a wrong path).  The exchange is not answered yet.  journal may be
 * NULL.
 */
void mock_journal_write(struct mock_journal *journal, struct http_exchange *exchange,
    const struct mock_plan *plan, unsigned http_status);

#endif
