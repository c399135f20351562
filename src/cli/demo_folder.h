/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of vouch demo: a temporary one, or one that was named. */
#ifndef CLI_DEMO_FOLDER_H
#define CLI_DEMO_FOLDER_H

#include <vouch.h>

struct demo_folder {
	char path[4096];   /* empty: there is none yet */
	bool is_temporary; /* to be removed in any case */
	bool made;	   /* by us */
};

/* folder NULL: a temporary one.  A folder that is there must be empty. */
VOUCH_MUST int demo_folder_make(struct demo_folder *out, const char *folder, vouch_err *err);
/* Removes what is in it, which is ours, and the folder itself if we made it. */
void demo_folder_remove(const struct demo_folder *folder);

#endif
