/* SPDX-License-Identifier: Apache-2.0 */
/* What the sources of the library ask of a source beyond the public functions. */
#ifndef STATUS_SOURCE_H
#define STATUS_SOURCE_H

#include <vouch.h>

/* The context of a source that has these operations; NULL: it has others. */
void *source_context(const vouch_source *source, const vouch_source_ops *ops);

#endif
