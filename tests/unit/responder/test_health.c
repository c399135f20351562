/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of how sources do, and of the descriptors that they call by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fixture.h"

struct patient {
	int fd;
	vouch_time checked, next_update;
	const char *trouble;
	const vouch_issuer *attached;
};

static int
patient_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	(void)ctx, (void)issuer, (void)serial, (void)now, (void)out, (void)err;
	return VOUCH_ENOTFOUND;
}

static int
patient_watch(void *ctx, int *fd, int *poll_ms)
{
	*fd = ((struct patient *)ctx)->fd;
	*poll_ms = 0;
	return VOUCH_OK;
}

static void
patient_health(void *ctx, vouch_time now, vouch_source_health *out)
{
	const struct patient *p = ctx;

	assert_int_equal(now, NOW);
	assert_int_equal(out->checked, VOUCH_TIME_ABSENT);
	assert_int_equal(out->next_update, VOUCH_TIME_ABSENT);
	assert_int_equal(out->trouble.code, VOUCH_OK);
	out->checked = p->checked;
	out->next_update = p->next_update;
	if (p->trouble == NULL)
		return;
	out->trouble.code = VOUCH_EUNAVAILABLE;
	memcpy(out->trouble.msg, p->trouble, strlen(p->trouble) + 1);
}

static int
patient_attach(void *ctx, const vouch_issuer *issuer, vouch_err *err)
{
	(void)err;
	((struct patient *)ctx)->attached = issuer;
	return VOUCH_OK;
}

static const vouch_source_ops talks = { .abi = VOUCH_ABI,
	.name = "talks",
	.lookup = patient_lookup,
	.watch = patient_watch,
	.attach = patient_attach,
	.health = patient_health };
static const vouch_source_ops silent = { .abi = VOUCH_ABI, .name = "silent", .lookup = patient_lookup };

struct ward {
	struct fixture fixture;
	vouch_issuer *issuers[2];
	vouch_responder *responder;
};

static void
add(struct ward *w, int issuer, const vouch_source_ops *ops, struct patient *patient)
{
	vouch_source *source;

	assert_int_equal(vouch_source_new(&source, ops, patient, NULL), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(w->issuers[issuer], source, 0, NULL), VOUCH_OK);
	vouch_source_free(source);
}

/* The first issuer has patients 0 and 1 and one who says nothing, the second has patient 2. */
static void
admit(struct ward *w, struct patient patients[3])
{
	vouch_responder_options options = { .size = sizeof(options), .epoch = 1 };

	fixture_make(&w->fixture, NULL, &memory_source_ops);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vouch_issuer_new(&w->issuers[i], vouch_issuer_certificate(w->fixture.issuer),
				     NULL, NULL),
		    VOUCH_OK);
		assert_int_equal(vouch_issuer_add_signer(w->issuers[i],
				     vouch_issuer_signer(w->fixture.issuer, 0), 0, NULL),
		    VOUCH_OK);
	}
	add(w, 0, &talks, &patients[0]);
	add(w, 0, &silent, NULL);
	add(w, 0, &talks, &patients[1]);
	add(w, 1, &talks, &patients[2]);
	assert_int_equal(vouch_responder_new(&w->responder, &options, NULL), VOUCH_OK);
	assert_int_equal(vouch_responder_add(w->responder, w->issuers[0], "/a/", NULL), VOUCH_OK);
	assert_int_equal(vouch_responder_add(w->responder, w->issuers[1], "/b/", NULL), VOUCH_OK);
}

static void
discharge(struct ward *w)
{
	vouch_responder_free(w->responder);
	vouch_issuer_free(w->issuers[0]);
	vouch_issuer_free(w->issuers[1]);
	fixture_free(&w->fixture);
}

static void
the_earliest_times_and_the_first_trouble_are_told_for_an_issuer_and_for_all(void **state)
{
	struct ward w;
	struct patient patients[3] = { { -1, NOW - 5, NOW + 9, NULL, NULL },
		{ -1, NOW - 7, VOUCH_TIME_ABSENT, "measles", NULL },
		{ -1, NOW - 9, NOW + 3, "a cold", NULL } };
	vouch_source_health health = { .size = sizeof(health) };

	(void)state;
	admit(&w, patients);
	vouch_responder_health(w.responder, w.issuers[0], NOW, &health);
	assert_int_equal(health.size, sizeof(health));
	assert_int_equal(health.checked, NOW - 7);
	assert_int_equal(health.next_update, NOW + 9);
	assert_int_equal(health.trouble.code, VOUCH_EUNAVAILABLE);
	assert_string_equal(health.trouble.msg, "measles");
	vouch_responder_health(w.responder, NULL, NOW, &health);
	assert_int_equal(health.checked, NOW - 9);
	assert_int_equal(health.next_update, NOW + 3);
	assert_string_equal(health.trouble.msg, "measles");
	patients[1].trouble = patients[2].trouble = NULL;
	vouch_responder_health(w.responder, NULL, NOW, &health);
	assert_int_equal(health.trouble.code, VOUCH_OK);
	discharge(&w);
}

static void
who_does_not_tell_is_absent_and_without_a_size_nothing_is_written(void **state)
{
	struct ward w;
	struct patient patients[3] = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 } };
	vouch_source_health health = { .size = sizeof(health), .checked = 1, .trouble.code = 1 };
	vouch_source *source;

	(void)state;
	assert_int_equal(vouch_source_new(&source, &silent, NULL, NULL), VOUCH_OK);
	vouch_source_get_health(source, NOW, &health);
	assert_int_equal(health.checked, VOUCH_TIME_ABSENT);
	assert_int_equal(health.next_update, VOUCH_TIME_ABSENT);
	assert_int_equal(health.trouble.code, VOUCH_OK);
	health = (vouch_source_health){ .checked = 1 };
	vouch_source_get_health(source, NOW, &health);
	assert_int_equal(health.checked, 1);
	admit(&w, patients);
	vouch_responder_health(w.responder, NULL, NOW, &health);
	assert_int_equal(health.checked, 1);
	assert_int_equal(vouch_source_attach(source, w.issuers[0], NULL), VOUCH_OK);
	discharge(&w);
	vouch_source_free(source);
}

static void
issuers_are_told_to_their_sources_and_descriptors_to_who_waits(void **state)
{
	struct ward w;
	struct patient patients[3] = { { .fd = 7 }, { .fd = -1 }, { .fd = 9 } };
	int fds[4] = { 0 };

	(void)state;
	admit(&w, patients);
	assert_ptr_equal(patients[0].attached, w.issuers[0]);
	assert_ptr_equal(patients[1].attached, w.issuers[0]);
	assert_ptr_equal(patients[2].attached, w.issuers[1]);
	assert_int_equal(vouch_responder_watch(w.responder, fds, 4), 2);
	assert_int_equal(fds[0], 7);
	assert_int_equal(fds[1], 9);
	fds[1] = 0;
	assert_int_equal(vouch_responder_watch(w.responder, fds, 1), 1);
	assert_int_equal(fds[1], 0);
	patients[1].fd = 8;
	assert_int_equal(vouch_responder_watch(w.responder, fds, 4), 3);
	assert_int_equal(fds[1], 8);
	discharge(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_earliest_times_and_the_first_trouble_are_told_for_an_issuer_and_for_all),
		cmocka_unit_test(who_does_not_tell_is_absent_and_without_a_size_nothing_is_written),
		cmocka_unit_test(issuers_are_told_to_their_sources_and_descriptors_to_who_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
