/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of the entries: CertIDs, times, entries too many. */
#include "mock/fault_apply.h"

#include "base/buf.h"
#include "mock/extension.h"

/* --- CertID --------------------------------------------------------------------------------------------- */

/* A CertID in parts that may be changed. */
struct parts {
	enum vouch_hash hash;
	uint8_t name[CRYPTO_DIGEST_MAX], key[CRYPTO_DIGEST_MAX];
	size_t len;
	vouch_buf serial;
};

static int
take_apart(const struct mock_single *single, struct parts *out, vouch_err *err)
{
	const struct ocsp_certid *certid = &single->answer.certid;

	*out = (struct parts){ .hash = certid->hash, .len = certid->issuer_name_hash.len };
	memcpy(out->name, certid->issuer_name_hash.data, out->len);
	memcpy(out->key, certid->issuer_key_hash.data, out->len);
	return buf_append_span(&out->serial, certid->serial_number) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
put_together(const struct parts *parts, vouch_buf *out, vouch_err *err)
{
	buf_clear(out);
	struct der_writer w = der_writer_init(out);

	ocsp_certid_write(&w, parts->hash, span_of(parts->name, parts->len), span_of(parts->key, parts->len),
	    span_buf(&parts->serial));
	return der_writer_finish(&w, err);
}

/* Of a hash that is known here: both are as long as it says. */
static bool
can_change(const struct mock_single *single)
{
	return single->answer.certid.hash != VOUCH_HASH_OTHER;
}

typedef void change_parts(struct mock_plan *plan, struct parts *parts, const struct mock_use *use);

static int
change_certid(struct mock_plan *plan, struct mock_single *single, change_parts *change,
    const struct mock_use *use, vouch_err *err)
{
	struct parts parts;
	int code = take_apart(single, &parts, err);

	if (code == VOUCH_OK) {
		change(plan, &parts, use);
		code = put_together(&parts, &single->certid, err);
	}
	vouch_buf_free(&parts.serial);
	return code;
}

static int
change_certids(struct mock_plan *plan, change_parts *change, const struct mock_use *use, vouch_err *err)
{
	for (size_t i = 0; i < plan->single_count; i++)
		if (can_change(&plan->singles[i]) &&
		    change_certid(plan, &plan->singles[i], change, use, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static uint8_t
one_bit(struct mock_plan *plan)
{
	return (uint8_t)(1u << mock_random_below(&plan->random, 8));
}

/* The last octet alone keeps the INTEGER minimal, unless it is the only one. */
static void
change_serial(struct mock_plan *plan, struct parts *parts, const struct mock_use *use)
{
	(void)use;
	parts->serial.data[parts->serial.len - 1] ^= (uint8_t)(1u << mock_random_below(&plan->random, 7));
}

int
mock_wrong_serial(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return change_certids(plan, change_serial, use, err);
}

static void
change_name_hash(struct mock_plan *plan, struct parts *parts, const struct mock_use *use)
{
	(void)use;
	parts->name[mock_random_below(&plan->random, parts->len)] ^= one_bit(plan);
}

int
mock_wrong_hash_of_name(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return change_certids(plan, change_name_hash, use, err);
}

static void
change_key_hash(struct mock_plan *plan, struct parts *parts, const struct mock_use *use)
{
	(void)use;
	parts->key[mock_random_below(&plan->random, parts->len)] ^= one_bit(plan);
}

int
mock_wrong_hash_of_key(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return change_certids(plan, change_key_hash, use, err);
}

/* value 0: another one than was asked for. */
static void
change_hash(struct mock_plan *plan, struct parts *parts, const struct mock_use *use)
{
	parts->hash = use->value != 0	? (enum vouch_hash)use->value :
	    parts->hash == VOUCH_SHA256 ? VOUCH_SHA1 :
					  VOUCH_SHA256;
	const struct mock_hashes *hashes = mock_cast_hashes(plan->cast, parts->hash);
	parts->len = hashes->len;
	memcpy(parts->name, hashes->name, hashes->len);
	memcpy(parts->key, hashes->key, hashes->len);
}

int
mock_other_hash(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return change_certids(plan, change_hash, use, err);
}

/* --- Entries too many ----------------------------------------------------------------------------------- */

static struct mock_single *
repeat(struct mock_plan *plan, size_t number, vouch_err *err)
{
	struct mock_single *single = plan->single_count == 0 ? NULL : mock_plan_add_single(plan);

	if (single == NULL) {
		err_set(err, VOUCH_ELIMIT, "there is no room for one more answer");
		return NULL;
	}
	single->answer = plan->singles[number].answer;
	return single;
}

/* One at least is about a certificate of ours. */
static size_t
first_that_can_change(const struct mock_plan *plan)
{
	size_t number = 0;

	while (number + 1 < plan->single_count && !can_change(&plan->singles[number]))
		number++;
	return number;
}

int
mock_extra_single(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	struct mock_single *extra = repeat(plan, first_that_can_change(plan), err);

	if (extra == NULL)
		return err->code;
	extra->answer.cert_status = VOUCH_GOOD;
	return change_certid(plan, extra, change_serial, use, err);
}

int
mock_repeated_single(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	return repeat(plan, 0, err) == NULL ? err->code : VOUCH_OK;
}

int
mock_contradictory_single(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	struct mock_single *second = repeat(plan, 0, err);

	(void)use;
	if (second == NULL)
		return err->code;
	second->answer.cert_status = second->answer.cert_status == VOUCH_GOOD ? VOUCH_REVOKED : VOUCH_GOOD;
	return VOUCH_OK;
}

/* --- Times ---------------------------------------------------------------------------------------------- */

/* The whole period moves. */
int
mock_this_update(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	for (size_t i = 0; i < plan->single_count; i++) {
		plan->singles[i].answer.this_update = plan->now + use->value;
		plan->singles[i].answer.next_update = plan->now + use->value + plan->next_update_seconds;
	}
	return VOUCH_OK;
}

/* A period that ended so many seconds ago, and was sound when it began. */
int
mock_next_update(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	for (size_t i = 0; i < plan->single_count; i++) {
		plan->singles[i].answer.next_update = plan->now - use->value;
		plan->singles[i].answer.this_update = plan->now - use->value - plan->next_update_seconds;
	}
	return VOUCH_OK;
}

int
mock_no_next_update(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	for (size_t i = 0; i < plan->single_count; i++)
		plan->singles[i].answer.next_update = VOUCH_TIME_ABSENT;
	return VOUCH_OK;
}

/* Neither is far enough from now to be refused by itself, where clocks may differ by minutes. */
int
mock_next_update_before_this_update(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	for (size_t i = 0; i < plan->single_count; i++) {
		plan->singles[i].answer.this_update = plan->now;
		plan->singles[i].answer.next_update = plan->now - use->value;
	}
	return VOUCH_OK;
}

int
mock_single_extension(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	for (size_t i = 0; i < plan->single_count; i++)
		if (mock_extension_write(&plan->singles[i].extensions, use->fault->parameter != 0, 1, err) !=
		    VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}
