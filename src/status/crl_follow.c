/* SPDX-License-Identifier: Apache-2.0 */
/* How the source follows its files: which are read when, and what becomes of what is in them. */
#include "status/crl_follow.h"

#include <stdlib.h>

#include "crypto/name.h"
#include "status/crl_admit.h"
#include "status/crl_fields.h"
#include "status/crl_update.h"

/* The lists of one file that was read. */
struct arrival {
	struct crl_file *file;
	struct crl_intake in;
};

struct round {
	struct crl_source *source;
	enum crl_follow how;
	struct arrival *arrivals;
	size_t count;
	struct crl_issued *issued; /* NULL: as before */
	vouch_time now;
};

static const char kept_text[] = "; what was read before stays in use";

static void
set_trouble(struct crl_file *file, int code, const vouch_err *err)
{
	file->trouble = *err;
	file->trouble.code = code;
	size_t len = strlen(file->trouble.msg);
	if (file->was_used && len + sizeof(kept_text) <= sizeof(file->trouble.msg))
		memcpy(file->trouble.msg + len, kept_text, sizeof(kept_text));
}

/* --- Which files -------------------------------------------------------------------------------------- */

/* The issuer that was attached last. */
static const struct crl_signer *
newest_issuer(const struct crl_authority *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i]->attached != 0 && a->items[i]->attached == a->attached)
			return a->items[i];
	return NULL;
}

static bool
may_help(const struct round *r, const struct crl_file *file)
{
	const struct crl_signer *issuer = newest_issuer(&r->source->authority);

	if (file->is_indirect || file->others != 0)
		return true;
	return issuer != NULL && file->waits_for.len != 0 &&
	    crypto_name_equal(issuer->cert.subject, span_buf(&file->waits_for));
}

static bool
is_due(const struct round *r, const struct crl_file *file)
{
	struct crl_file_identity now;

	if (!file->is_there || !crl_file_look(file->path, &now))
		return false;
	if (r->how == CRL_FOLLOW_ALL || !crl_file_is_same(&now, &file->identity))
		return true;
	if (file->early != VOUCH_TIME_ABSENT && r->now >= file->early)
		return true;
	return r->how == CRL_FOLLOW_ATTACH && may_help(r, file);
}

/* --- Reading ------------------------------------------------------------------------------------------ */

/* In a folder there may be other things than CRLs, such as the CA's certificate; in the place of one there may not. */
static bool
is_none(const struct round *r, const struct crl_file *file, const struct crl_intake *in, int code)
{
	if (file->was_used || code != VOUCH_EPARSE || crl_file_is_named_so(file) ||
	    strcmp(file->path, r->source->path) == 0)
		return false;
	return in->pem.lists == 0 || (in->reader != NULL && crl_reader_is_of_another_type(in->reader));
}

static void
note_failure(const struct round *r, struct crl_file *file, const struct crl_intake *in, int code,
    const vouch_err *err)
{
	bool may_wait = code == VOUCH_EVERIFY && err->rule != NULL;

	buf_clear(&file->waits_for);
	if (may_wait && buf_append_span(&file->waits_for, crl_intake_issuer(in)) != VOUCH_OK)
		buf_clear(&file->waits_for);
	file->others = in->others;
	if (is_none(r, file, in, code))
		file->trouble = (vouch_err){ 0 };
	else
		set_trouble(file, code, err);
}

/* Lists of other CAs are passed over.  Where there were fewer before, what came may be a damaged one of ours. */
static void
note_success(struct crl_file *file, const struct crl_intake *in)
{
	vouch_err why = in->unused;

	buf_clear(&file->waits_for);
	file->trouble = (vouch_err){ 0 };
	if (file->was_used && in->others > file->others) {
		(void)err_prefix(&why, "%s: a CRL in it is passed over", file->path);
		set_trouble(file, VOUCH_EREFUSED, &why);
	}
	file->others = in->others;
}

static int
read_one(struct round *r, struct crl_file *file, vouch_err *err)
{
	struct arrival *arrivals = reallocarray(r->arrivals, r->count + 1, sizeof(*arrivals));
	vouch_err why = { 0 };

	if (arrivals == NULL)
		return err_nomem(err);
	r->arrivals = arrivals;
	struct arrival *a = &arrivals[r->count];
	a->file = file;
	if (crl_intake_init(&a->in, &r->source->authority, file->path, err) != VOUCH_OK)
		return err->code;
	file->early = VOUCH_TIME_ABSENT;
	int code = crl_file_read(file->path, &r->source->opener, &a->in, &file->identity, &why);
	if (code == VOUCH_OK) {
		note_success(file, &a->in);
		r->count++;
		return VOUCH_OK;
	}
	if (code == VOUCH_EAGAIN || code == VOUCH_ENOMEM)
		file->identity = (struct crl_file_identity){ 0 }; /* once more in the next round */
	if (code != VOUCH_EAGAIN)
		note_failure(r, file, &a->in, code, &why);
	crl_intake_clear(&a->in);
	return VOUCH_OK;
}

static int
read_files(struct round *r, vouch_err *err)
{
	struct crl_files *files = &r->source->files;
	int code = VOUCH_OK;

	for (size_t i = 0; i < files->count && code == VOUCH_OK; i++)
		if (is_due(r, &files->items[i]))
			code = read_one(r, &files->items[i], err);
	return code;
}

static void
read_issued(struct round *r)
{
	struct crl_source *s = r->source;
	struct crl_file_identity now = { 0 };

	if (s->issued_path == NULL)
		return;
	bool is_there = crl_file_look(s->issued_path, &now);
	if (is_there && r->how != CRL_FOLLOW_ALL && crl_file_is_same(&now, &s->issued_identity))
		return;
	s->issued_identity = now;
	s->issued_trouble = (vouch_err){ 0 };
	int code = crl_issued_read(&r->issued, s->issued_path, &s->opener, &s->issued_trouble);
	if (code == VOUCH_OK && s->authority.attached > 1 && crl_issued_is_of_one_issuer(r->issued)) {
		(void)err_set(&s->issued_trouble, VOUCH_EREFUSED,
		    "%s: serial numbers do not tell of which issuer they are: several use this source",
		    s->issued_path);
		crl_issued_free(r->issued);
		r->issued = NULL;
	}
}

/* --- Using -------------------------------------------------------------------------------------------- */

/* Who appends new lists to a file leaves the old ones in it: that one of those is older than what is in use says nothing. */
static bool
is_overtaken(struct crl_list *const *lists, size_t count, size_t i)
{
	const struct crl_list *list = lists[i];

	for (size_t j = 0; j < count; j++)
		if (!crl_list_is_delta(list) && !crl_list_is_delta(lists[j]) &&
		    lists[j]->signer == list->signer &&
		    span_equal(span_buf(&lists[j]->scope.octets), span_buf(&list->scope.octets)) &&
		    crl_age_compare(lists[j], list) > 0)
			return true;
	return false;
}

/* Complete lists come first: deltas are judged by them. */
static int
put_lists(struct round *r, struct crl_update *u, struct arrival *a, bool deltas)
{
	vouch_err why = { 0 };

	for (size_t i = 0; i < a->in.count; i++) {
		struct crl_list *list = a->in.lists[i];
		if (crl_list_is_delta(list) != deltas)
			continue;
		int code = crl_update_put(u, list, r->now, &why);
		if (code == VOUCH_ENOMEM)
			return code;
		if (code == VOUCH_EREFUSED && is_overtaken(a->in.lists, a->in.count, i))
			code = VOUCH_OK;
		if (code == VOUCH_OK) {
			a->file->was_used = true;
			a->file->is_indirect = a->file->is_indirect || list->scope.is_indirect;
			continue;
		}
		if (code == VOUCH_EAGAIN)
			a->file->early = list->this_update;
		(void)err_prefix(&why, "%s", a->file->path);
		set_trouble(a->file, VOUCH_EREFUSED, &why);
		why = (vouch_err){ 0 };
	}
	return VOUCH_OK;
}

static bool
is_there(const void *arg, const char *name)
{
	return crl_files_has(arg, name);
}

static int
put_all(struct round *r, struct crl_update *u)
{
	int code = VOUCH_OK;

	for (size_t i = 0; i < r->count && code == VOUCH_OK; i++)
		code = put_lists(r, u, &r->arrivals[i], false);
	for (size_t i = 0; i < r->count && code == VOUCH_OK; i++)
		code = put_lists(r, u, &r->arrivals[i], true);
	if (code == VOUCH_OK && r->how == CRL_FOLLOW_ALL && r->source->path != NULL)
		crl_update_retire(u, is_there, &r->source->files);
	if (code == VOUCH_OK && r->issued != NULL) {
		crl_update_put_issued(u, r->issued);
		r->issued = NULL;
	}
	return code;
}

static int
use(struct round *r, vouch_err *err)
{
	struct crl_update u;

	if (r->count == 0 && r->issued == NULL && r->how != CRL_FOLLOW_ALL && r->source->current != NULL)
		return VOUCH_OK;
	if (crl_update_begin(&u, r->source, err) != VOUCH_OK)
		return err->code;
	if (put_all(r, &u) != VOUCH_OK) {
		crl_update_drop(&u);
		return err_nomem(err);
	}
	return crl_update_commit(&u, err);
}

/* --- Trouble ------------------------------------------------------------------------------------------ */

/* A folder may hold the lists of CAs that nobody asks about here. */
static bool
is_of_others(const struct crl_source *s, const struct crl_file *file)
{
	return !file->was_used && file->trouble.rule != NULL &&
	    strcmp(file->trouble.rule, CRL_RULE_ISSUER) == 0 && strcmp(file->path, s->path) != 0;
}

/* What was wrong with a file that is gone, and never was of use, is over. */
static bool
is_in_trouble(const struct crl_source *s, const struct crl_file *file)
{
	return file->trouble.code != VOUCH_OK && (file->is_there || file->was_used) && !is_of_others(s, file);
}

/* The first that there is; one that may end with time, or when another issuer is attached, counts only on demand. */
static const vouch_err *
first_trouble(const struct round *r, bool even_waiting)
{
	const struct crl_files *files = &r->source->files;

	if (r->source->issued_trouble.code != VOUCH_OK)
		return &r->source->issued_trouble;
	for (size_t i = 0; i < files->count; i++) {
		const struct crl_file *file = &files->items[i];
		bool may_pass = file->waits_for.len != 0 || file->early != VOUCH_TIME_ABSENT;
		if (is_in_trouble(r->source, file) && (even_waiting || !may_pass))
			return &file->trouble;
	}
	return NULL;
}

/* Whether another slot has a delta by this name. */
static bool
has_delta_elsewhere(const struct crl_snapshot *snapshot, size_t own, const char *name)
{
	for (size_t i = 0; i < snapshot->slot_count; i++)
		for (size_t d = 0; i != own && d < snapshot->slots[i].delta_count; d++)
			if (strcmp(snapshot->slots[i].deltas[d]->name, name) == 0)
				return true;
	return false;
}

/* A delta in a slot without a complete list, if that is what its file still says; NULL: none. */
static const char *
lone_delta(const struct crl_source *s, size_t i)
{
	const struct crl_slot *slot = &s->current->slots[i];

	for (size_t d = 0; slot->full == NULL && d < slot->delta_count; d++) {
		const char *name = slot->deltas[d]->name;
		bool is_there = s->path == NULL || crl_files_has(&s->files, name);
		if (is_there && !has_delta_elsewhere(s->current, i, name))
			return name;
	}
	return NULL;
}

/* Its complete list may come yet, but who waits for what is on it has to know that it does not count. */
static void
find_lone_delta(const struct crl_source *s, vouch_err *out)
{
	for (size_t i = 0; i < s->current->slot_count; i++) {
		const char *name = lone_delta(s, i);
		if (name == NULL)
			continue;
		(void)err_set(out, VOUCH_EREFUSED,
		    "%s: a delta CRL, and no complete one of its issuer and issuingDistributionPoint: it is not used (RFC 5280 5.2.4 (b))",
		    name);
		return;
	}
}

static int
tell(struct round *r, const vouch_err *listing, vouch_err *err)
{
	struct crl_source *s = r->source;
	const vouch_err *trouble = listing->code != VOUCH_OK ? listing : first_trouble(r, true);
	vouch_err now = trouble != NULL ? *trouble : (vouch_err){ 0 };

	if (trouble == NULL)
		find_lone_delta(s, &now);
	pthread_mutex_lock(&s->swapping);
	s->trouble = now;
	pthread_mutex_unlock(&s->swapping);
	if (r->how == CRL_FOLLOW_CHANGES)
		return VOUCH_OK;
	trouble = listing->code != VOUCH_OK ? listing : first_trouble(r, r->how == CRL_FOLLOW_ALL);
	if (trouble == NULL)
		return VOUCH_OK;
	*err = *trouble;
	return err->code;
}

static void
forget_missing(struct crl_files *files)
{
	for (size_t i = files->count; i-- > 0;)
		if (!files->items[i].is_there)
			crl_files_remove(files, i);
}

static void
clear(struct round *r)
{
	for (size_t i = 0; i < r->count; i++)
		crl_intake_clear(&r->arrivals[i].in);
	free(r->arrivals);
	crl_issued_free(r->issued);
}

int
crl_follow(struct crl_source *s, enum crl_follow how, vouch_err *err)
{
	struct round r = { .source = s, .how = how, .now = atomic_load(&s->now) };
	vouch_err listing = { 0 };
	int code = VOUCH_OK;

	if (s->path != NULL && crl_files_list(&s->files, s->path, &listing) == VOUCH_OK) {
		if (how == CRL_FOLLOW_ALL)
			forget_missing(&s->files);
		code = read_files(&r, err);
	}
	read_issued(&r);
	if (code == VOUCH_OK)
		code = use(&r, err);
	if (code == VOUCH_OK)
		code = tell(&r, &listing, err);
	clear(&r);
	crl_source_reap(s);
	return code;
}

int
crl_follow_take(struct crl_source *s, struct crl_list **lists, size_t count, vouch_err *err)
{
	struct crl_update u;
	int code = VOUCH_OK, refused = VOUCH_OK;
	vouch_err why = { 0 };

	if (crl_update_begin(&u, s, err) != VOUCH_OK)
		return err->code;
	for (unsigned deltas = 0; deltas <= 1; deltas++) {
		for (size_t i = 0; i < count && code != VOUCH_ENOMEM; i++) {
			if (crl_list_is_delta(lists[i]) != (deltas == 1))
				continue;
			code = crl_update_put(&u, lists[i], atomic_load(&s->now), &why);
			bool is_old = code == VOUCH_EREFUSED && is_overtaken(lists, count, i);
			if (code != VOUCH_OK && !is_old && refused == VOUCH_OK) {
				refused = code == VOUCH_EAGAIN ? VOUCH_EREFUSED : code;
				*err = why;
			}
		}
	}
	if (code == VOUCH_ENOMEM) {
		crl_update_drop(&u);
		return err_nomem(err);
	}
	code = crl_update_commit(&u, refused == VOUCH_OK ? err : &why);
	return code == VOUCH_OK ? refused : code;
}
