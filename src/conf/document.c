/* SPDX-License-Identifier: Apache-2.0 */
/* One YAML document, loaded with libyaml. */
#include "conf/document.h"

#include <string.h>

#include "base/err.h"
#include "base/span.h"
#include "conf/conf.h"

#define DEPTH_MAX 8 /* the settings table needs five levels */

static size_t
line_of_octet(vouch_span text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset && i < text.len; i++)
		line += text.data[i] == '\n';
	return line;
}

/* Whether the line is indented with a tab, of which libyaml says that it starts no token. */
static bool
is_indented_with_tab(vouch_span text, size_t line)
{
	size_t at = 0;

	for (; line > 1 && at < text.len; at++)
		line -= text.data[at] == '\n';
	while (at < text.len && text.data[at] == ' ')
		at++;
	return at < text.len && text.data[at] == '\t';
}

static int
syntax_error(const yaml_parser_t *parser, const char *file, vouch_span text, vouch_err *err)
{
	const char *problem = parser->problem == NULL ? "cannot be read" : parser->problem;
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return err_nomem(err);
	/* The reader knows octets only, the scanner and the parser lines only. */
	if (parser->error == YAML_READER_ERROR)
		line = line_of_octet(text, parser->problem_offset);
	if (parser->error == YAML_SCANNER_ERROR && is_indented_with_tab(text, line))
		err_set(err, VOUCH_EPARSE, "a tab: YAML is indented with spaces");
	else if (parser->context != NULL)
		err_set(err, VOUCH_EPARSE, "%s, %s (begun in line %zu)", problem, parser->context,
		    parser->context_mark.line + 1);
	else
		err_set(err, VOUCH_EPARSE, "%s", problem);
	return conf_err_file(err, file, line, 1);
}

static int
start_parser(yaml_parser_t *parser, vouch_span text, vouch_err *err)
{
	if (!yaml_parser_initialize(parser))
		return err_nomem(err);
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	/* libyaml takes no NULL. */
	yaml_parser_set_input_string(parser, text.len > 0 ? text.data : (const uint8_t *)"", text.len);
	return VOUCH_OK;
}

static bool
is_empty_scalar(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT && event->data.scalar.length == 0 &&
	    event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* What is wrong with the node that the document begins with, or NULL. */
static const char *
root_fault(const yaml_event_t *event)
{
	if (is_empty_scalar(event))
		return "the file is empty";
	return event->type == YAML_MAPPING_START_EVENT ? NULL :
							 "settings are expected, as in \"listen: [...]\"";
}

/* Anchors, tags: the settings table says what a value is, and each stands where it counts. */
static const char *
event_fault(const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT)
		return "aliases are not allowed";
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor != NULL)
		return "anchors are not allowed";
	return tag != NULL ? "tags are not allowed" : NULL;
}

struct walk {
	unsigned depth, documents;
};

static const char *
walk_event(struct walk *walk, const yaml_event_t *event)
{
	bool starts = event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
	bool is_node = starts || event->type == YAML_SCALAR_EVENT || event->type == YAML_ALIAS_EVENT;
	const char *fault = event_fault(event);

	walk->documents += event->type == YAML_DOCUMENT_START_EVENT;
	if (walk->documents > 1)
		return "a second document begins here";
	if (fault == NULL && is_node && walk->depth == 0)
		fault = root_fault(event);
	if (starts)
		walk->depth++;
	if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT)
		walk->depth--;
	if (fault == NULL && walk->depth > DEPTH_MAX)
		fault = "nested too deeply";
	return fault;
}

static int
refuse(const char *fault, const char *file, size_t line, vouch_err *err)
{
	err_set(err, VOUCH_EPARSE, "%s", fault);
	return conf_err_file(err, file, line, 1);
}

/* The loader forgets anchors and stops at the first document: a first pass over the events does not. */
static int
check_events(yaml_parser_t *parser, const char *file, vouch_span text, vouch_err *err)
{
	struct walk walk = { 0 };
	yaml_event_t event;

	for (;;) {
		if (!yaml_parser_parse(parser, &event))
			return syntax_error(parser, file, text, err);
		const char *fault = walk_event(&walk, &event);
		size_t line = event.start_mark.line + 1;
		bool ended = event.type == YAML_STREAM_END_EVENT;

		yaml_event_delete(&event);
		if (fault == NULL && ended && walk.documents == 0)
			fault = "the file is empty";
		if (fault != NULL)
			return refuse(fault, file, line, err);
		if (ended)
			return VOUCH_OK;
	}
}

/* Editors of another system begin text with a byte order mark: in UTF-8 it says nothing, in UTF-16 all is unreadable. */
static int
skip_byte_order_mark(vouch_span *text, const char *file, vouch_err *err)
{
	static const uint8_t utf_8[] = { 0xef, 0xbb, 0xbf }, little[] = { 0xff, 0xfe },
			     big[] = { 0xfe, 0xff };

	if (text->len >= sizeof(little) &&
	    (memcmp(text->data, little, sizeof(little)) == 0 || memcmp(text->data, big, sizeof(big)) == 0))
		return refuse("text in UTF-16: it has to be UTF-8", file, 1, err);
	if (text->len >= sizeof(utf_8) && memcmp(text->data, utf_8, sizeof(utf_8)) == 0)
		*text = (vouch_span){ text->data + sizeof(utf_8), text->len - sizeof(utf_8) };
	return VOUCH_OK;
}

int
conf_document_load(yaml_document_t *out, const char *file, vouch_span text, vouch_err *err)
{
	yaml_parser_t parser;
	int rc = skip_byte_order_mark(&text, file, err);

	if (rc != VOUCH_OK || (rc = start_parser(&parser, text, err)) != VOUCH_OK)
		return rc;
	rc = check_events(&parser, file, text, err);
	yaml_parser_delete(&parser);
	if (rc != VOUCH_OK || (rc = start_parser(&parser, text, err)) != VOUCH_OK)
		return rc;
	if (!yaml_parser_load(&parser, out))
		rc = syntax_error(&parser, file, text, err);
	yaml_parser_delete(&parser);
	return rc;
}
