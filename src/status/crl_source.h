/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source of CRLs.
 *
 *	files, or loads of a caller ──► reader (parse, verify) ──► list ──► update (may it be used?) ──► snapshot (swapped)
 *	                                                                        │                              ▲
 *	                                                                 log of changes ──► changes     lookup, each: a reference
 *
 * A snapshot is freed by who loads, never by who looks something up: to free 10^7 entries takes a while.
 */
#ifndef STATUS_CRL_SOURCE_H
#define STATUS_CRL_SOURCE_H

#include <pthread.h>
#include <stdatomic.h>

#include "status/change_log.h"
#include "status/crl_file.h"
#include "status/crl_lookup.h"
#include "status/folder.h"

struct crl_replaced { /* snapshots that somebody may still use */
	struct crl_snapshot **items;
	size_t count;
};

struct crl_source {
	char *path; /* file or folder; NULL: a caller brings the octets */
	char *issued_path;
	struct crl_policy policy;
	struct crl_opener opener;
	_Atomic vouch_time now; /* the latest that anybody told */

	pthread_mutex_t loading; /* guards what is known of the files, and who may replace the snapshot: */
	struct crl_authority authority; /* complete before anything is looked up */
	struct crl_files files;
	struct crl_file_identity issued_identity;
	vouch_err issued_trouble;
	struct folder_watch *folder; /* NULL: there is none to watch */
	struct change_log log;
	struct crl_replaced replaced;
	uint64_t token; /* of this source, in cursors */

	pthread_mutex_t swapping; /* guards what answers are made of: */
	struct crl_snapshot *current;
	vouch_err trouble; /* of the first file that could not be used */
};

/* A reference, to be given back by crl_source_leave(). */
struct crl_snapshot *crl_source_enter(struct crl_source *s);
void crl_source_leave(struct crl_snapshot *snapshot);
/* Frees what nobody uses any more; with `loading` held. */
void crl_source_reap(struct crl_source *s);
void crl_source_see(struct crl_source *s, vouch_time now);

#endif
