/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long work shows how far it is: a bar on a terminal, one line in ten seconds elsewhere; nothing if it is
 * over soon.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <vouch.h>

struct cli_progress {
	const char *what;	       /* of the caller: the command's name */
	size_t total;		       /* of the caller; 0: not known */
	uint64_t started_ms, shown_ms; /* the rest belongs to progress.c, and starts as zero */
	bool is_terminal, is_drawn;
};

/* done of total; cheap enough to be called for each. */
void cli_progress_step(struct cli_progress *progress, size_t done);
/* Removes the bar, before anything else is printed. */
void cli_progress_end(struct cli_progress *progress);

#endif
