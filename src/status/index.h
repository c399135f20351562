/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source of an index.txt.
 *
 *	the file ── stat(2), inotify ──► follow: is it another one?  read it whole, compare ──► data (swapped)
 *	                                                │                                         ▲
 *	                                        log of changes ──► changes                lookup, each: a reference
 *
 * What was read stays in use until a newer file was read to its end and found sound.
 */
#ifndef STATUS_INDEX_H
#define STATUS_INDEX_H

#include <pthread.h>
#include <stdatomic.h>

#include "status/change_log.h"
#include "status/folder.h"
#include "status/index_file.h"

#define INDEX_ISSUER_ID 32

/* One reading of the file; constant but for the count. */
struct index_data {
	_Atomic unsigned references;
	struct index_table *table;
	struct index_identity identity;
};

struct index_source {
	char *path;	  /* absolute */
	const char *name; /* its last component */
	uint8_t issuer[INDEX_ISSUER_ID];
	bool is_attached; /* to that issuer */
	struct index_opener opener;

	pthread_mutex_t following; /* guards what is known of the file: */
	struct folder_watch *folder;
	struct index_identity pending; /* seen, and read if it is the same when looked at again */
	struct index_identity refused; /* was read, and is not tried again */
	unsigned undecided;	       /* rounds in a row in which the file was not there, or being written */
	bool again; /* to be read once more, for changes within one tick of the file system's clock */
	struct change_log log;
	uint64_t token; /* of this source, in cursors */
	uint64_t polls, polls_seen;

	_Atomic vouch_time seen; /* the moment of the last lookup that saw to it that somebody follows */

	pthread_mutex_t swapping; /* guards what answers are made of: */
	struct index_data *data;
	vouch_time checked; /* the last moment at which data was known to be what the file says */
	vouch_err trouble;  /* code VOUCH_OK: it still is */
};

/* All of these with `following` held. */

/* Looks whether there is a newer file, and reads it.  On failure the data stay, and err says why. */
VOUCH_MUST int index_follow(struct index_source *source, vouch_err *err);
/* Reads the file whether it is newer or not. */
VOUCH_MUST int index_read_anew(struct index_source *source, vouch_err *err);

void index_data_free(struct index_data *data);

#endif
