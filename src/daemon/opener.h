/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who opens files for the server that it may not open itself.
 *
 * Where a key lies beside an index.txt, the server may open neither the folder nor a file that takes the place of the
 * index: Landlock knows files, not names.  So a process is forked before the server gives up its rights, which opens
 * what the configuration names, by its number, and nothing else.
 *
 *	server ── number ──► opener          a name that leads to what is denied is not opened
 *	       ◄─ descriptor
 */
#ifndef DAEMON_OPENER_H
#define DAEMON_OPENER_H

#include "daemon/plan.h"
#include "daemon/sandbox.h"

struct opener;

/* In the server, while it has one thread and all its rights.  It ends with the server. */
VOUCH_MUST int opener_start(struct opener **out, const struct plan_origin *origin, const struct plan *plan,
    vouch_err *err);
/* A vouch_open_cb, of paths->opened; arg is the opener.  Any thread. */
VOUCH_MUST int opener_open(void *arg, const char *path, int *fd, vouch_err *err);
/* It did not answer, and will not any more. */
bool opener_is_away(struct opener *opener);
void opener_free(struct opener *opener);

#endif
