/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a fresh OCSP response on disk, for a server that staples it:
 *
 *	staple ca.pem server.pem server.ocsp --run "nginx -s reload"          ssl_stapling_file server.ocsp;
 *	staple ca.pem site.pem site.pem.ocsp --haproxy /run/haproxy.sock      bind :443 ssl crt site.pem
 *
 * The file holds nothing but a verified response that says "good": it is replaced in one step, and never by
 * an older answer, an error, or one that does not verify.  A revoked certificate needs another certificate,
 * not a staple: it is reported each time, and the file stays as it is until it expires.
 *
 * The response is renewed half-way to its nextUpdate, a little later by chance, so that a farm of servers
 * does not ask at once; trouble is retried after a minute, then after two, four ... up to an hour.
 *
 * --once does what is due and ends, for cron: 0 the file is fresh, 3 revoked, 4 unknown, 1 other trouble.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "fetch.h"
#include "haproxy.h"
#include "question.h"
#include "replace.h"

enum { EXIT_FRESH = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2, EXIT_REVOKED = 3, EXIT_UNKNOWN = 4 };
enum { RETRY_SECONDS = 60, RETRY_LIMIT = 3600, SKEW = 300 };

struct options {
	const char *issuer, *certificate, *output;
	const char *url, *haproxy, *command;
	vouch_time retry; /* seconds before the first retry */
	bool once;
};

/* A response that was verified, and what it says. */
struct answer {
	vouch_buf der; /* empty: none */
	uint8_t cert_status;
	vouch_time produced_at, this_update, next_update;
};

struct staple {
	struct options options;
	struct question question;
	vouch_request *request;
	struct answer held;		    /* what the file has */
	vouch_time due;			    /* when to ask again */
	unsigned failures;		    /* turns that ended in trouble, since the last that did not */
	bool owed_to_haproxy, owed_command; /* the server has not been told of what is held */
};

/* Between 0 and 1, by chance. */
static double
chance(void)
{
	uint32_t random = 0;

	if (getentropy(&random, sizeof(random)) != 0)
		return 0.5;
	return random / (double)UINT32_MAX;
}

static bool
is_fresh(const struct answer *answer, vouch_time now)
{
	return answer->der.len != 0 && now < answer->next_update;
}

/* Half-way to nextUpdate, and up to a twentieth of the lifetime later. */
static vouch_time
half_way(const struct answer *answer)
{
	double lifetime = (double)(answer->next_update - answer->this_update);

	return answer->this_update + (vouch_time)(lifetime * (0.5 + chance() / 20));
}

/* A responder that gives out old answers is asked more often as they near their end. */
static vouch_time
next_look(const struct answer *answer, vouch_time now, vouch_time retry)
{
	vouch_time due = half_way(answer);
	vouch_time left = (answer->next_update - now) / 8;

	if (due > now)
		return due;
	return now + (left > retry ? left : retry);
}

/* Twice as long each time, a little more or less by chance. */
static vouch_time
back_off(unsigned failures, vouch_time retry)
{
	vouch_time delay = retry;

	for (unsigned i = 1; i < failures && delay < RETRY_LIMIT; i++)
		delay *= 2;
	delay = delay < RETRY_LIMIT ? delay : RETRY_LIMIT;
	return (vouch_time)((double)delay * (0.75 + chance() / 2)) + 1;
}

/*
 * Verifies in full.  Servers hand a staple to everybody, so no nonce is asked for, and nextUpdate has to be
 * there (RFC 9919 4).
 */
static int
answer_verify(struct answer *answer, const vouch_request *request, vouch_err *err)
{
	vouch_verify_options options = { .size = sizeof(options), .skew = SKEW, .require_next_update = true };
	vouch_single single = { .size = sizeof(single) };
	vouch_response *response = NULL;

	options.now = (vouch_time)time(NULL);
	int code = vouch_response_verify(&response, span(&answer->der), request, &options, err);
	if (code == VOUCH_OK && vouch_response_status(response) != VOUCH_SUCCESSFUL) {
		snprintf(err->msg, sizeof(err->msg), "the responder says %s",
		    vouch_response_status_name(vouch_response_status(response)));
		code = VOUCH_EUNAVAILABLE;
	}
	if (code == VOUCH_OK)
		code = vouch_response_single(response, 0, &single);
	answer->produced_at = code == VOUCH_OK ? vouch_response_produced_at(response) : VOUCH_TIME_ABSENT;
	answer->cert_status = single.cert_status;
	answer->this_update = single.this_update;
	answer->next_update = single.next_update;
	vouch_response_free(response);
	return err->code = code;
}

static int
answer_fetch(struct answer *answer, const struct question *q, const vouch_request *request, vouch_err *err)
{
	vouch_buf encoded = { 0 };
	int code = vouch_request_encode(request, &encoded, err);

	if (code == VOUCH_OK)
		code = fetch(q->url, span(&encoded), &answer->der, err);
	if (code == VOUCH_OK)
		code = answer_verify(answer, request, err);
	vouch_buf_free(&encoded);
	return code;
}

/* What an earlier run left: kept if it is an answer for this certificate and has not expired. */
static void
load(struct staple *s)
{
	vouch_time now = (vouch_time)time(NULL);
	vouch_err unread;

	if (file_read(s->options.output, &s->held.der, &unread) == VOUCH_OK &&
	    answer_verify(&s->held, s->request, &unread) == VOUCH_OK && s->held.cert_status == VOUCH_GOOD) {
		s->due = half_way(&s->held);
		s->owed_to_haproxy = true; /* it may have been started with another one */
	} else {
		vouch_buf_free(&s->held.der);
		s->due = now;
	}
}

/* Tells the server of a response that it has not got. */
static int
tell(struct staple *s, vouch_err *err)
{
	if (s->owed_to_haproxy && s->options.haproxy != NULL &&
	    haproxy_set_response(s->options.haproxy, span(&s->held.der), err) != VOUCH_OK)
		return EXIT_TROUBLE;
	s->owed_to_haproxy = false;
	if (s->owed_command && s->options.command != NULL && system(s->options.command) != 0) {
		snprintf(err->msg, sizeof(err->msg), "%s: failed", s->options.command);
		return EXIT_TROUBLE;
	}
	s->owed_command = false;
	return EXIT_FRESH;
}

/* The new answer becomes the one that is held, unless that would be a step back. */
static int
adopt(struct staple *s, struct answer *takes_answer, vouch_err *err)
{
	bool older = takes_answer->this_update < s->held.this_update ||
	    (takes_answer->this_update == s->held.this_update &&
		takes_answer->produced_at <= s->held.produced_at);

	if (is_fresh(&s->held, (vouch_time)time(NULL)) && older)
		return EXIT_FRESH; /* a cache on the way: what we hold is as good */
	if (file_replace(s->options.output, span(&takes_answer->der), err) != VOUCH_OK)
		return EXIT_TROUBLE;
	vouch_buf_free(&s->held.der);
	s->held = *takes_answer;
	takes_answer->der = (vouch_buf){ 0 };
	s->owed_to_haproxy = s->owed_command = true;
	return EXIT_FRESH;
}

static int
renew(struct staple *s, vouch_err *err)
{
	struct answer answer = { 0 };
	int code = EXIT_TROUBLE;

	if (answer_fetch(&answer, &s->question, s->request, err) == VOUCH_OK) {
		switch ((enum vouch_cert_status)answer.cert_status) {
		case VOUCH_GOOD:
			code = adopt(s, &answer, err);
			break;
		case VOUCH_REVOKED:
			snprintf(err->msg, sizeof(err->msg), "%s: revoked", s->options.certificate);
			code = EXIT_REVOKED;
			break;
		case VOUCH_UNKNOWN:
			snprintf(err->msg, sizeof(err->msg), "%s: unknown to the responder",
			    s->options.certificate);
			code = EXIT_UNKNOWN;
			break;
		case VOUCH_STATUS_UNSET:
			break;
		}
	}
	vouch_buf_free(&answer.der);
	return code;
}

static void
report(const struct staple *s, int code, const vouch_err *err, vouch_time now)
{
	if (code == EXIT_FRESH)
		return;
	fprintf(stderr, "staple: %s%s%s\n", err->rule != NULL ? err->rule : "", err->rule != NULL ? ": " : "",
	    err->msg);
	if (!is_fresh(&s->held, now))
		fprintf(stderr, "staple: %s: holds no response that clients would take\n", s->options.output);
}

/* Asks if it is time to, tells the server what it has to know, and decides when the next turn is due. */
static int
turn(struct staple *s)
{
	vouch_time now = (vouch_time)time(NULL);
	vouch_err err = { 0 }, untold = { 0 };
	int code = EXIT_FRESH;

	if (now >= s->due)
		code = renew(s, &err);
	report(s, code, &err, now);
	int told = tell(s, &untold);
	report(s, told, &untold, now);
	code = code != EXIT_FRESH ? code : told;
	if (code != EXIT_FRESH)
		s->due = now + back_off(++s->failures, s->options.retry);
	else if (now >= s->due || s->failures != 0)
		s->due = next_look(&s->held, now, s->options.retry);
	s->failures = code != EXIT_FRESH ? s->failures : 0;
	return code;
}

/* By the wall clock, in short sleeps: machines are suspended, and clocks are set. */
static void
sleep_until(vouch_time due)
{
	for (vouch_time now; (now = (vouch_time)time(NULL)) < due;)
		sleep(due - now < 300 ? (unsigned)(due - now) : 300);
}

/* SHA-1 is only a name here: browsers and HAProxy find a staple by no other. */
static int
run(struct staple *s)
{
	const struct options *o = &s->options;
	vouch_err err = { 0 };
	int code = EXIT_TROUBLE;

	if (question_read(&s->question, o->issuer, o->certificate, o->url, &err) != VOUCH_OK ||
	    question_request(&s->question, VOUCH_SHA1, (vouch_span){ 0 }, &s->request, &err) != VOUCH_OK)
		return failed(&err);
	load(s);
	while ((code = turn(s)), !o->once)
		sleep_until(s->due);
	return code;
}

static bool
read_options(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "haproxy", required_argument, NULL, 'h' },
		{ "run", required_argument, NULL, 'r' },
		{ "retry", required_argument, NULL, 't' },
		{ "once", no_argument, NULL, 'o' },
		{ 0 },
	};

	o->retry = RETRY_SECONDS;
	for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;)
		switch (option) {
		case 'u':
			o->url = optarg;
			break;
		case 'h':
			o->haproxy = optarg;
			break;
		case 'r':
			o->command = optarg;
			break;
		case 't':
			o->retry = strtol(optarg, NULL, 10);
			break;
		case 'o':
			o->once = true;
			break;
		default:
			return false;
		}
	if (argc - optind != 3 || o->retry < 1)
		return false;
	o->issuer = argv[optind];
	o->certificate = argv[optind + 1];
	o->output = argv[optind + 2];
	return true;
}

int
main(int argc, char **argv)
{
	static const char usage[] =
	    "usage: staple [--url URL] [--haproxy SOCKET] [--run COMMAND] [--retry SECONDS] [--once]\n"
	    "              ca.pem certificate.pem OUTPUT\n";
	struct staple s = { 0 };

	if (!read_options(&s.options, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	int code = run(&s);
	vouch_buf_free(&s.held.der);
	vouch_request_free(s.request);
	question_clear(&s.question);
	return code;
}
