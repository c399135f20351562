/* SPDX-License-Identifier: Apache-2.0 */
/* Files with CRLs: which there are, whether they changed, what is in them. */
#ifndef STATUS_CRL_FILE_H
#define STATUS_CRL_FILE_H

#include "status/crl_intake.h"
#include "status/crl_opener.h"

struct crl_file_identity { /* zero: of no file */
	uint64_t device, inode, size;
	int64_t modified, changed; /* nanoseconds */
};

struct crl_file {
	char *path;
	struct crl_file_identity identity; /* of what was read last */
	bool is_there;
	bool was_used;	     /* a list of it is or was in use */
	bool is_indirect;    /* one that speaks of several issuers */
	size_t others;	     /* lists in it of issuers that nobody asks about */
	vouch_buf waits_for; /* the Name of an issuer that may come yet; empty: it waits for nobody */
	vouch_time early;    /* not to be used before; VOUCH_TIME_ABSENT: it is not early */
	vouch_err trouble;   /* code VOUCH_OK: none */
};

struct crl_files {
	struct crl_file *items;
	size_t count;
};

void crl_files_clear(struct crl_files *files);
/* The file of a path, new if there is none; NULL: no memory. */
struct crl_file *crl_files_add(struct crl_files *files, const char *path);
void crl_files_remove(struct crl_files *files, size_t i);
/* Whether it was there when they were listed. */
bool crl_files_has(const struct crl_files *files, const char *path);

/* Its name says that it is a CRL. */
bool crl_file_is_named_so(const struct crl_file *file);

/*
 * Marks the files that are there: that of the path or, if it is a folder, all in it but those whose names say that they
 * are hidden, or not finished (".x", "x~", "x.tmp", "x.part").
 */
VOUCH_MUST int crl_files_list(struct crl_files *files, const char *path, vouch_err *err);

/* False: there is no such file. */
bool crl_file_look(const char *path, struct crl_file_identity *out);
bool crl_file_is_same(const struct crl_file_identity *a, const struct crl_file_identity *b);
/*
 * Reads it into `in`, which was initialised.  *identity is that of what was read.  VOUCH_EAGAIN: somebody is writing it.
 */
VOUCH_MUST int crl_file_read(const char *path, const struct crl_opener *opener, struct crl_intake *in,
    struct crl_file_identity *identity, vouch_err *err);

#endif
