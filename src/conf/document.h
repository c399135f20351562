/* SPDX-License-Identifier: Apache-2.0 */
/* One YAML document, loaded with libyaml: every node has its line. */
#ifndef CONF_DOCUMENT_H
#define CONF_DOCUMENT_H

#include <vouch.h>
#include <yaml.h>

/*
 * Loads text that is exactly one document whose root is a mapping, without anchors, aliases and tags.
 * Errors begin with file and line. Free with yaml_document_delete().
 */
VOUCH_MUST int conf_document_load(yaml_document_t *out, const char *file, vouch_span text, vouch_err *err);

static inline size_t
conf_node_line(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

#endif
