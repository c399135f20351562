/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the signer process over real channels: it signs answers in its own name and of now, refuses whatever breaks a
 * rule of the guard, and closes the channel of whoever is no server of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "authority.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "daemon/child.h"
#include "daemon/control.h"
#include "daemon/signing.h"
#include "guard_draft.h"
#include "io/channel.h"

#define PATIENCE_SECONDS 20

static const char *const names[GUARD_ISSUERS + 1] = { "one", "two", "foreign", "ocsp" };
static char folder[] = "/tmp/vouch-test-XXXXXX";

static struct scene {
	vouch_buf certificates[GUARD_ISSUERS + 1];
	EVP_PKEY *key; /* the signer's */
	struct guard_world world;
	struct plan *plan;
	pid_t pid;
	int control;
	vouch_time *clock; /* of the signer process */
} scene;

/* The linker puts this in the place of every clock: the drafts are of one moment. */
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	int code = __real_clock_gettime(clock, out);

	if ((clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) && scene.clock != NULL)
		*out = (struct timespec){ .tv_sec = *scene.clock };
	return code;
}

/* --- The site ------------------------------------------------------------------------------------------- */

static FILE *
create(const char *name, const char *suffix)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static void
write_certificates(void)
{
	for (size_t i = 0; i <= GUARD_ISSUERS; i++) {
		vouch_buf pem = { 0 };
		FILE *file = create(names[i], ".pem");
		authority_pem(&pem, "CERTIFICATE", span_buf(&scene.certificates[i]));
		assert_int_equal(fwrite(pem.data, 1, pem.len, file), pem.len);
		assert_int_equal(fclose(file), 0);
		vouch_buf_free(&pem);
	}
}

static void
write_key(void)
{
	FILE *file = create("ocsp", ".key");

	assert_int_equal(PEM_write_PrivateKey(file, scene.key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(file), 0);
}

/* The limits of guard_world_make(), as far as a configuration can name them. */
static void
write_conf(void)
{
	FILE *file = create("vouch", ".yaml");

	fprintf(file, "listen: [\"127.0.0.1:0\"]\nlimits: { certids: %d }\nissuers:\n", GUARD_DRAFT_ENTRIES);
	for (int i = 0; i < 2; i++)
		fprintf(file,
		    "  - name: %s\n    path: /%s/\n    certificate: %s/%s.pem\n"
		    "    signers: [ { certificate: %s/ocsp.pem, key: %s/ocsp.key%s } ]\n"
		    "    sources: [ \"index:%s/none\" ]\n%s",
		    names[i], names[i], folder, names[i], folder, folder,
		    i == 0 ? "" : ", locally_trusted: true", folder,
		    i == 0 ? "" : "    validity: 2h\n    certid_hashes: [sha256]\n");
	assert_int_equal(fclose(file), 0);
}

static void
make_world(void)
{
	struct guard_certificates spans;
	vouch_err err;

	guard_certificates_make(scene.certificates, &scene.key);
	for (size_t i = 0; i < GUARD_ISSUERS; i++)
		spans.issuers[i] = span_buf(&scene.certificates[i]);
	spans.signer = span_buf(&scene.certificates[GUARD_ISSUERS]);
	if (guard_world_make(&scene.world, &spans, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
}

static struct plan_origin
origin(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/vouch.yaml", folder);
	return (struct plan_origin){ .file = path };
}

static int
start_signer(void **state)
{
	const struct plan_origin from = origin();
	struct io_record said;
	vouch_err err;

	(void)state;
	*scene.clock = GUARD_NOW;
	if (child_fork(&scene.pid, &scene.control, "test-signer", signing_main, &from, scene.plan, &err) !=
	    VOUCH_OK)
		return -1;
	if (io_record_receive(scene.control, &said, &err) != VOUCH_OK || said.message.type != CONTROL_READY) {
		print_error("%.*s\n", (int)said.message.body.len, said.message.body.data);
		return -1;
	}
	bool has_proofs = said.fd_count == 1;
	io_record_close_fds(&said);
	return has_proofs ? 0 : -1;
}

/* Without a supervisor there is no signer. */
static int
end_signer(void **state)
{
	int status;

	(void)state;
	if (scene.pid == 0)
		return 0;
	close(scene.control);
	return waitpid(scene.pid, &status, 0) == scene.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ?
	    0 :
	    -1;
}

static int
make_site(void **state)
{
	vouch_err err;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(folder) == NULL)
		return -1;
	make_world();
	write_certificates();
	write_key();
	write_conf();
	scene.clock = mmap(NULL, sizeof(*scene.clock), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
	    0);
	if (scene.clock == MAP_FAILED)
		return -1;
	*scene.clock = GUARD_NOW;
	const struct plan_origin from = origin();
	if (plan_make(&scene.plan, &from, &err) != VOUCH_OK) {
		print_error("%s\n", err.msg);
		return -1;
	}
	return 0;
}

static int
drop_site(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i <= GUARD_ISSUERS; i++) {
		snprintf(path, sizeof(path), "%s/%s.pem", folder, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/ocsp.key", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vouch.yaml", folder);
	unlink(path);
	plan_free(scene.plan);
	guard_world_clear(&scene.world);
	guard_certificates_clear(scene.certificates);
	EVP_PKEY_free(scene.key);
	return rmdir(folder);
}

/* --- A channel ------------------------------------------------------------------------------------------ */

static int
open_channel(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	struct io_message message = { .type = CONTROL_CHANNEL };
	vouch_err err;
	int ends[2];

	assert_int_equal(io_channel_stream(ends, &err), VOUCH_OK);
	assert_int_equal(io_record_send(scene.control, &message, &ends[0], 1, &err), VOUCH_OK);
	close(ends[0]);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return ends[1];
}

static void
send_octets(int channel, vouch_span octets)
{
	assert_int_equal(send(channel, octets.data, octets.len, MSG_NOSIGNAL), octets.len);
}

static void
ask(int channel, uint64_t id, vouch_span tbs)
{
	const struct io_message message = { .type = SIGNING_SIGN, .id = id, .body = tbs };
	vouch_buf out = { 0 };

	assert_int_equal(io_message_append(&out, &message), VOUCH_OK);
	send_octets(channel, span_buf(&out));
	vouch_buf_free(&out);
}

/* The next answer, without an octet behind it. */
static struct io_message
hear(int channel)
{
	static uint8_t room[IO_MESSAGE_HEAD + 4096];
	struct io_message answer = { 0 };

	assert_int_equal(recv(channel, room, IO_MESSAGE_HEAD, MSG_WAITALL), IO_MESSAGE_HEAD);
	size_t len = (size_t)room[2] << 8 | room[3];
	assert_true(room[0] == 0 && room[1] == 0 && len > 0 && len <= 4096);
	assert_int_equal(recv(channel, room + IO_MESSAGE_HEAD, len, MSG_WAITALL), len);
	vouch_span stream = span_of(room, IO_MESSAGE_HEAD + len);
	assert_int_equal(io_message_next(&stream, 4096, &answer), VOUCH_OK);
	return answer;
}

static bool
verifies(vouch_span tbs, vouch_span signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, scene.key), 1);
	bool ok = EVP_DigestVerify(ctx, signature.data, signature.len, tbs.data, tbs.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static void
assert_signs(int channel, const struct guard_draft *draft, uint64_t id)
{
	vouch_buf tbs = { 0 };

	*scene.clock = guard_draft_now(draft);
	guard_draft_encode(&scene.world, draft, &tbs);
	ask(channel, id, span_buf(&tbs));
	struct io_message answer = hear(channel);
	if (answer.type != SIGNING_SIGNED)
		fail_msg("%.*s", (int)answer.body.len, answer.body.data);
	assert_true(answer.id == id && answer.number == 0 && verifies(span_buf(&tbs), answer.body));
	vouch_buf_free(&tbs);
}

static void
assert_refuses(int channel, const char *what, vouch_span tbs)
{
	ask(channel, 99, tbs);
	struct io_message answer = hear(channel);
	if (answer.type != SIGNING_FAILED || answer.id != 99)
		fail_msg("%s is signed", what);
	assert_true(answer.body.len > 0);
}

static bool
is_closed(int channel)
{
	char octet;
	ssize_t got = recv(channel, &octet, 1, 0);

	return got == 0 || (got < 0 && errno == ECONNRESET);
}

/* --- Tests ---------------------------------------------------------------------------------------------- */

static const struct guard_draft good = { 0 };

static void
answers_in_its_own_name_and_of_now_are_signed(void **state)
{
	const struct guard_draft drafts[] = { good, { .by_name = true },
		{ .singles = { { .cert_status = VOUCH_REVOKED, .revocation_time = -1 } } },
		{ .extensions = { GUARD_NONCE("\x04\x01n") } }, { .produced_at = 60 },
		{ .count = 2,
		    .singles = { { .next_update = 86400 }, { .issuer = GUARD_TWO, .next_update = 7200 } } } };
	int channel = open_channel();

	(void)state;
	for (size_t i = 0; i < sizeof(drafts) / sizeof(drafts[0]); i++)
		assert_signs(channel, &drafts[i], i);
	close(channel);
}

static void
what_breaks_a_rule_of_the_guard_is_not_signed(void **state)
{
	int channel = open_channel();
	vouch_buf tbs = { 0 };

	(void)state;
	for (size_t i = 0; i < guard_bad_count; i++) {
		*scene.clock = guard_draft_now(&guard_bad[i].draft);
		if (*scene.clock == VOUCH_TIME_ABSENT)
			continue; /* the clock of a process is always there */
		buf_clear(&tbs);
		guard_draft_encode(&scene.world, &guard_bad[i].draft, &tbs);
		assert_refuses(channel, guard_bad[i].what, span_buf(&tbs));
	}
	/* The channel goes on. */
	assert_signs(channel, &good, 7);
	vouch_buf_free(&tbs);
	close(channel);
}

static void
what_is_no_answer_is_not_signed(void **state)
{
	int channel = open_channel();
	vouch_buf tbs = { 0 };

	(void)state;
	assert_refuses(channel, "a TBSCertificate", scene.world.issuers[GUARD_ONE]->cert.tbs);
	assert_refuses(channel, "a certificate", span_buf(&scene.certificates[GUARD_ONE]));
	assert_refuses(channel, "nothing", span_of(NULL, 0));
	assert_refuses(channel, "the text of a proof", span_string("vouch: this key"));
	guard_draft_encode(&scene.world, &good, &tbs);
	for (size_t len = 0; len < tbs.len; len++)
		assert_refuses(channel, "the beginning of an answer", span_of(tbs.data, len));
	for (size_t i = 0; i < tbs.len; i++) {
		/* The serial number is the server's business, everything else the guard's. */
		tbs.data[i] ^= 0x80;
		ask(channel, i, span_buf(&tbs));
		struct io_message answer = hear(channel);
		assert_true(answer.type == SIGNING_FAILED || verifies(span_buf(&tbs), answer.body));
		tbs.data[i] ^= 0x80;
	}
	assert_signs(channel, &good, 1);
	vouch_buf_free(&tbs);
	close(channel);
}

static void
who_sends_what_is_no_message_of_ours_loses_the_channel_and_nobody_else_does(void **state)
{
	static uint8_t too_long[IO_MESSAGE_HEAD] = { 0, 1, 0, 1, 0, SIGNING_SIGN };
	const struct {
		const char *what;
		struct io_message message;
	} rows[] = {
		{ "another signer's number", { .type = SIGNING_SIGN, .number = 2 } },
		{ "the last number", { .type = SIGNING_SIGN, .number = UINT16_MAX } },
		{ "no type", { .type = 0 } },
		{ "an answer", { .type = SIGNING_SIGNED } },
		{ "a failure", { .type = SIGNING_FAILED } },
		{ "an unknown type", { .type = 4 } },
	};
	vouch_buf tbs = { 0 };
	int other = open_channel();

	(void)state;
	guard_draft_encode(&scene.world, &good, &tbs);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct io_message message = rows[i].message;
		vouch_buf out = { 0 };
		int channel = open_channel();
		message.body = span_buf(&tbs);
		assert_int_equal(io_message_append(&out, &message), VOUCH_OK);
		send_octets(channel, span_buf(&out));
		if (!is_closed(channel))
			fail_msg("%s passes", rows[i].what);
		vouch_buf_free(&out);
		close(channel);
		assert_signs(other, &good, i);
	}
	int channel = open_channel();
	send_octets(channel, SPAN_ARRAY(too_long));
	assert_true(is_closed(channel));
	close(channel);
	assert_signs(other, &good, 77);
	close(other);
	vouch_buf_free(&tbs);
}

static void
messages_may_come_in_pieces_and_many_at_once(void **state)
{
	const struct io_message message = { .type = SIGNING_SIGN, .id = 5 };
	vouch_buf tbs = { 0 }, out = { 0 };
	int channel = open_channel();

	(void)state;
	guard_draft_encode(&scene.world, &good, &tbs);
	struct io_message whole = message;
	whole.body = span_buf(&tbs);
	assert_int_equal(io_message_append(&out, &whole), VOUCH_OK);
	for (size_t i = 0; i < out.len; i++)
		send_octets(channel, span_of(out.data + i, 1));
	struct io_message answer = hear(channel);
	assert_true(answer.id == 5 && verifies(span_buf(&tbs), answer.body));
	buf_clear(&out);
	for (uint64_t i = 0; i < 100; i++) {
		whole.id = i;
		assert_int_equal(io_message_append(&out, &whole), VOUCH_OK);
	}
	send_octets(channel, span_buf(&out));
	for (uint64_t i = 0; i < 100; i++) {
		answer = hear(channel);
		assert_true(answer.id == i && verifies(span_buf(&tbs), answer.body));
	}
	vouch_buf_free(&tbs);
	vouch_buf_free(&out);
	close(channel);
}

static void
a_retired_signer_ends_with_its_last_channel(void **state)
{
	const struct io_message retire = { .type = CONTROL_RETIRE };
	int first = open_channel(), last = open_channel(), status;
	struct io_record said;
	vouch_err err;

	(void)state;
	assert_signs(first, &good, 1);
	assert_signs(last, &good, 2);
	assert_int_equal(io_record_send(scene.control, &retire, NULL, 0, &err), VOUCH_OK);
	close(first);
	assert_signs(last, &good, 3);
	close(last);
	assert_int_equal(io_record_receive(scene.control, &said, &err), VOUCH_ENOTFOUND);
	assert_int_equal(waitpid(scene.pid, &status, 0), scene.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(scene.control);
	scene.pid = 0;
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_signer, end_signer)
	const struct CMUnitTest tests[] = {
		TEST(answers_in_its_own_name_and_of_now_are_signed),
		TEST(what_breaks_a_rule_of_the_guard_is_not_signed),
		TEST(what_is_no_answer_is_not_signed),
		TEST(who_sends_what_is_no_message_of_ours_loses_the_channel_and_nobody_else_does),
		TEST(messages_may_come_in_pieces_and_many_at_once),
		TEST(a_retired_signer_ends_with_its_last_channel),
	};

	return cmocka_run_group_tests(tests, make_site, drop_site);
}
