/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the guard once more, written apart from it. */
#include "guard_oracle.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

#define DAY INT64_C(86400)
#define ENTRIES_MOST GUARD_DRAFT_ENTRIES
#define UNSPECIFIED 0
#define REASONS 10

/* Takes one element off the front; its whole octets, too, if asked for. */
static bool
take(vouch_span *rest, uint8_t tag, vouch_span *content, vouch_span *whole)
{
	size_t header = 2, len;

	if (rest->len < 2 || rest->data[0] != tag)
		return false;
	len = rest->data[1];
	if (len >= 0x80) {
		header += len & 0x7f;
		if (len == 0x80 || header > 5 || rest->len < header || rest->data[2] == 0)
			return false;
		len = 0;
		for (size_t i = 2; i < header; i++)
			len = len * 256 + rest->data[i];
		if (len < 0x80)
			return false;
	}
	if (rest->len - header < len)
		return false;
	*content = span_of(rest->data + header, len);
	if (whole != NULL)
		*whole = span_of(rest->data, header + len);
	*rest = span_of(rest->data + header + len, rest->len - header - len);
	return true;
}

static bool
is_next(vouch_span rest, uint8_t tag)
{
	return rest.len > 0 && rest.data[0] == tag;
}

static bool
take_time(vouch_span *rest, int64_t *out)
{
	vouch_span v;
	char text[16], again[80];
	struct tm tm = { 0 };

	if (!take(rest, 0x18, &v, NULL) || v.len != 15)
		return false;
	memcpy(text, v.data, 15);
	text[15] = '\0';
	for (int i = 0; i < 14; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	if (sscanf(text, "%4d%2d%2d%2d%2d%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		&tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*out = timegm(&tm); /* which also makes a date of 30 February: another one */
	snprintf(again, sizeof(again), "%04d%02d%02d%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return strcmp(text, again) == 0;
}

struct entry {
	vouch_span certid; /* content */
	uint8_t status;	   /* its tag */
	int reason;	   /* -1: none */
	int64_t revocation_time, this_update, next_update;
	bool is_named, plain, may_say_unspecified;
	int64_t validity; /* the longest of the issuers that it names */
};

static bool
is_one_of(vouch_span oid, const char *const *list)
{
	for (; *list != NULL; list++)
		if (oid.len == strlen(*list) && memcmp(oid.data, *list, oid.len) == 0)
			return true;
	return false;
}

/* [1] Extensions, of these OIDs; no critical flag is in its place. */
static bool
take_extensions(vouch_span *rest, const char *const *allowed)
{
	vouch_span tagged, list, extension, oid, value;

	if (rest->len == 0)
		return true;
	if (!take(rest, 0xa1, &tagged, NULL) || rest->len != 0 || !take(&tagged, 0x30, &list, NULL) ||
	    tagged.len != 0 || list.len == 0)
		return false;
	while (list.len > 0)
		if (!take(&list, 0x30, &extension, NULL) || !take(&extension, 0x06, &oid, NULL) ||
		    !take(&extension, 0x04, &value, NULL) || extension.len != 0 || !is_one_of(oid, allowed) ||
		    value.len == 0)
			return false;
	return true;
}

static bool
take_status(vouch_span *rest, struct entry *e)
{
	vouch_span content, tagged, reason;

	e->reason = -1;
	e->status = rest->len > 0 ? rest->data[0] : 0;
	if (e->status == 0x80 || e->status == 0x82)
		return take(rest, e->status, &content, NULL) && content.len == 0;
	if (!take(rest, 0xa1, &content, NULL) || !take_time(&content, &e->revocation_time))
		return false;
	if (content.len == 0)
		return true;
	if (!take(&content, 0xa0, &tagged, NULL) || content.len != 0 || !take(&tagged, 0x0a, &reason, NULL) ||
	    tagged.len != 0 || reason.len != 1)
		return false;
	e->reason = reason.data[0];
	return true;
}

static bool
take_entry(vouch_span *list, struct entry *e)
{
	static const char *const allowed[] = { "\x2b\x06\x01\x05\x05\x07\x30\x01\x03",
		"\x2b\x06\x01\x05\x05\x07\x30\x01\x06", "\x55\x1d\x18", "\x55\x1d\x1d",
		"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x05", "\x2b\x24\x08\x03\x0c", "\x2b\x24\x08\x03\x0d",
		NULL };
	vouch_span single, tagged;

	*e = (struct entry){ 0 };
	return take(list, 0x30, &single, NULL) && take(&single, 0x30, &e->certid, NULL) &&
	    take_status(&single, e) && take_time(&single, &e->this_update) &&
	    take(&single, 0xa0, &tagged, NULL) && take_time(&tagged, &e->next_update) && tagged.len == 0 &&
	    take_extensions(&single, allowed);
}

static bool
equals(vouch_span a, const uint8_t *b, size_t len)
{
	return a.len == len && memcmp(a.data, b, len) == 0;
}

static bool
is_named_by(vouch_span certid, const vouch_issuer *issuer)
{
	static const struct {
		enum vouch_hash hash;
		const char *oid;
		size_t len;
	} hashes[] = { { VOUCH_SHA1, "\x2b\x0e\x03\x02\x1a", 20 },
		{ VOUCH_SHA256, "\x60\x86\x48\x01\x65\x03\x04\x02\x01", 32 },
		{ VOUCH_SHA384, "\x60\x86\x48\x01\x65\x03\x04\x02\x02", 48 },
		{ VOUCH_SHA512, "\x60\x86\x48\x01\x65\x03\x04\x02\x03", 64 } };
	vouch_span algorithm, oid, name, key, serial;

	if (!take(&certid, 0x30, &algorithm, NULL) || !take(&algorithm, 0x06, &oid, NULL) ||
	    (algorithm.len != 0 && !equals(algorithm, (const uint8_t *)"\x05\x00", 2)) ||
	    !take(&certid, 0x04, &name, NULL) || !take(&certid, 0x04, &key, NULL) ||
	    !take(&certid, 0x02, &serial, NULL) || certid.len != 0 || serial.len == 0)
		return false;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if ((issuer->policy.certid_hashes >> hashes[i].hash & 1) != 0 &&
		    equals(oid, (const uint8_t *)hashes[i].oid, strlen(hashes[i].oid)) &&
		    equals(name, issuer->hashes[hashes[i].hash].name, hashes[i].len) &&
		    equals(key, issuer->hashes[hashes[i].hash].key, hashes[i].len))
			return true;
	return false;
}

/* Of the two issuers of the world that the guard has none is named as the other. */
static void
find_issuer(const struct guard_world *world, struct entry *e)
{
	for (int i = GUARD_ONE; i <= GUARD_TWO; i++) {
		if (!is_named_by(e->certid, world->issuers[i]))
			continue;
		e->is_named = true;
		e->plain = e->may_say_unspecified = i == GUARD_TWO;
		e->validity = i == GUARD_TWO ? 7200 : DAY;
	}
}

static bool
ends_in_time(const struct entry *e, const struct entry *policy, int64_t produced_at)
{
	return e->next_update > produced_at && e->next_update <= produced_at + policy->validity &&
	    (policy->plain || e->next_update <= GUARD_END);
}

static bool
may_be_said(const struct entry *e, int64_t produced_at)
{
	if (!e->is_named && e->status != 0x82)
		return false;
	if (e->this_update > produced_at)
		return false;
	if (e->status != 0xa1)
		return true;
	if (e->reason == UNSPECIFIED && !e->may_say_unspecified)
		return false;
	return e->revocation_time <= produced_at && e->reason != 7 && e->reason != 8 && e->reason <= REASONS;
}

static bool
judge_entries(const struct guard_world *world, vouch_span list, int64_t produced_at, bool *revokes_extended)
{
	struct entry entries[ENTRIES_MOST];
	size_t count = 0;

	*revokes_extended = false;
	while (list.len > 0) {
		if (count == ENTRIES_MOST || !take_entry(&list, &entries[count]))
			return false;
		find_issuer(world, &entries[count++]);
	}
	for (size_t i = 0; i < count; i++) {
		bool ends = !(entries[i].status == 0x82) &&
		    ends_in_time(&entries[i], &entries[i], produced_at);
		for (size_t k = 0; k < count && entries[i].status == 0x82; k++)
			ends = ends ||
			    (entries[k].is_named && ends_in_time(&entries[i], &entries[k], produced_at));
		if (!ends || !may_be_said(&entries[i], produced_at))
			return false;
		*revokes_extended = *revokes_extended ||
		    entries[i].may_say_unspecified; /* of the same issuer */
	}
	return count > 0;
}

bool
guard_oracle_allows(const struct guard_world *world, vouch_span tbs, vouch_time now)
{
	static const char *const plain[] = { "\x2b\x06\x01\x05\x05\x07\x30\x01\x02", NULL };
	static const char *const extended[] = { "\x2b\x06\x01\x05\x05\x07\x30\x01\x02",
		"\x2b\x06\x01\x05\x05\x07\x30\x01\x09", NULL };
	vouch_span body, content, id, list;
	int64_t produced_at;
	bool revokes_extended;

	if (!take(&tbs, 0x30, &body, NULL) || tbs.len != 0)
		return false;
	if (!take(&body, is_next(body, 0xa1) ? 0xa1 : 0xa2, &content, &id))
		return false;
	if (!span_equal(id, signer_responder_id(world->signer, VOUCH_BY_KEY)) &&
	    !span_equal(id, signer_responder_id(world->signer, VOUCH_BY_NAME)))
		return false;
	if (!take_time(&body, &produced_at) || produced_at < now - 60 || produced_at > now + 60)
		return false;
	return take(&body, 0x30, &list, NULL) && judge_entries(world, list, produced_at, &revokes_extended) &&
	    take_extensions(&body, revokes_extended ? extended : plain);
}
