/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of sources: the paths in them resolved, settings made into their parameters. */
#ifndef CONF_SOURCE_URI_H
#define CONF_SOURCE_URI_H

#include "conf/setting.h"

/*
 * Appends the URI, with a NUL; the path that it is, and the parameters that are paths, begin at the folder (NULL: they
 * stay) where they are relative.
 */
VOUCH_MUST int conf_source_uri_resolve(vouch_buf *out, const char *uri, const char *folder, vouch_err *err);
/*
 * Calls cb with each file or folder that a URI names: that which it is, and its parameters.  What cb returns, if not 0,
 * ends it and is returned; VOUCH_ENOMEM.
 */
typedef int conf_path_cb(void *arg, const char *path);
VOUCH_MUST int conf_source_uri_each_path(const char *uri, conf_path_cb *cb, void *arg);
/* What the rows of a source say beside its URI becomes a part of it. */
VOUCH_MUST int conf_source_uri_finish(const struct conf_setting *rows, void *item, vouch_err *err);

#endif
