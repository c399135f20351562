/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_decode(): walks an OCSPRequest or OCSPResponse by the tables of decode_schema.c. */
#include "ocsp/decode_field.h"

#define DEPTH_MAX 24 /* the deepest table: an extension of a certificate in a response, 16 */

/*
 * A constructed value that is open: what may come next in it, and the last OBJECT IDENTIFIER that was seen
 * in it.
 */
struct frame {
	const struct decode_field *row;
	struct der_reader r;
	vouch_span oid;
};

struct walk {
	struct frame frames[DEPTH_MAX];
	unsigned depth; /* of the frame on top */
	const uint8_t *start;
	vouch_buf text;
	vouch_field_cb *cb;
	void *arg;
};

static bool
fits(const struct decode_field *row, const struct der_reader *r)
{
	return der_more(r) && (row->tag == 0 || row->tag == *r->next);
}

/*
 * Finds the row of the next element, passing over optional ones; NULL when there is none left, or on
 * failure.
 */
static const struct decode_field *
next_row(struct frame *f)
{
	for (; f->row->name != NULL && !fits(f->row, &f->r); f->row++) {
		bool may_be_another = f->row->need == DECODE_CHOICE && f->row[1].need == DECODE_CHOICE;
		if (f->row->need == DECODE_OPTIONAL || f->row->need == DECODE_REPEATED || may_be_another)
			continue;
		der_fail(&f->r, VOUCH_EPARSE, f->r.next, "%s is missing or has another tag", f->row->name);
		return NULL;
	}
	const struct decode_field *row = f->row;
	if (row->name == NULL) {
		der_leave(&f->r);
		return NULL;
	}
	if (row->need == DECODE_CHOICE)
		while (f->row[1].need == DECODE_CHOICE)
			f->row++;
	if (row->need != DECODE_REPEATED)
		f->row++;
	return row;
}

/* What is inside an element, if we know and it is what we know; else it is shown as octets. */
static const struct decode_field *
inside_of(const struct frame *f, const struct decode_field *row, vouch_span content)
{
	vouch_err unread;

	if (!row->by_oid)
		return row->inside;
	const struct decode_field *inside = decode_extension(f->oid);
	if (inside == NULL)
		return NULL;
	struct der_reader trial = der_reader_init(content, err_or(NULL, &unread));
	(void)der_element_of(&trial, inside->tag);
	return der_finish(&trial) == VOUCH_OK ? inside : NULL;
}

static int
append_text(struct walk *w, const struct decode_field *row, struct der_reader at)
{
	buf_clear(&w->text);
	if (row != NULL) {
		decode_text *text = row->text != NULL ? row->text : decode_octets;
		if (text(&w->text, &at) != VOUCH_OK)
			return VOUCH_ENOMEM;
	}
	return vouch_buf_append(&w->text, "", 1);
}

static int
report(struct walk *w, const struct decode_field *row, vouch_span element, vouch_span content)
{
	const vouch_field field = {
		.size = sizeof(field),
		.depth = w->depth,
		.offset = (size_t)(element.data - w->start),
		.header = element.len - content.len,
		.length = content.len,
		.name = row->name,
		.text = (const char *)w->text.data,
	};

	return w->cb(w->arg, &field);
}

static int
enter(struct walk *w, const struct der_reader *r, const struct decode_field *inside, vouch_span content)
{
	if (w->depth + 1 == DEPTH_MAX)
		return der_fail(r, VOUCH_ELIMIT, content.data, "nested deeper than %d", DEPTH_MAX);
	w->frames[++w->depth] = (struct frame){ .row = inside, .r = der_inside(r, content) };
	return VOUCH_OK;
}

/* One element: its text, its report, and its content to go on with. */
static int
visit(struct walk *w, struct frame *f, const struct decode_field *row)
{
	struct der_reader at = f->r;
	vouch_span element = der_element(&f->r), content = der_content(element);

	if (der_failed(&f->r))
		return f->r.err->code;
	const struct decode_field *inside = inside_of(f, row, content);
	if (append_text(w, inside == NULL ? row : NULL, at) != VOUCH_OK)
		return err_nomem(f->r.err);
	if (der_failed(&f->r))
		return f->r.err->code;
	if (row->text == decode_oid)
		f->oid = content;
	int stop = report(w, row, element, content);
	if (stop != 0 || inside == NULL)
		return stop;
	return enter(w, &f->r, inside, content);
}

static int
walk(struct walk *w)
{
	for (;;) {
		struct frame *f = &w->frames[w->depth];
		const struct decode_field *row = next_row(f);
		if (row != NULL) {
			int stop = visit(w, f, row);
			if (stop != 0)
				return stop;
			continue;
		}
		if (der_failed(&f->r) || w->depth == 0)
			return f->r.err->code;
		w->depth--;
	}
}

/* An OCSPResponse begins with its status, an OCSPRequest with a SEQUENCE. */
static bool
is_response(vouch_span der)
{
	vouch_err unread;
	struct der_reader r = der_reader_init(der, err_or(NULL, &unread));
	struct der_reader inner = der_enter(&r, DER_SEQUENCE);

	return der_next_is(&inner, DER_ENUMERATED);
}

int
vouch_decode(vouch_span der, vouch_field_cb *cb, void *arg, vouch_err *err)
{
	vouch_err unread;
	struct der_reader r = der_reader_init(der, err_or(err, &unread));
	struct walk w = { .start = r.start, .cb = cb, .arg = arg };

	w.frames[0] = (struct frame){ .row = is_response(der) ? decode_response : decode_request, .r = r };
	int code = walk(&w);
	vouch_buf_free(&w.text);
	return code;
}
