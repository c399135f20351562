/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that verifies: verify [-n] [-u URL] ca.pem certificate.pem
 *
 * Asks the responder that the certificate names, or URL, and believes only an answer that passes every check
 * of RFC 6960 3.2 and 4.2.2.2.  -n sends a nonce and insists that it comes back.
 * Exit codes: 0 good, 3 revoked, 4 unknown, 1 no answer to be believed, 2 wrong usage.
 */
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "fetch.h"
#include "question.h"

enum { EXIT_GOOD = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_REVOKED = 3, EXIT_UNKNOWN = 4 };

static void
print_time(const char *what, vouch_time when)
{
	char text[32] = "never said";
	time_t seconds = (time_t)when;
	struct tm utc;

	if (when != VOUCH_TIME_ABSENT && gmtime_r(&seconds, &utc) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	printf("%s: %s\n", what, text);
}

/* No default: a status that is added to the library has to be decided about here. */
static int
print_single(const vouch_single *single)
{
	int code = EXIT_ERROR;

	switch ((enum vouch_cert_status)single->cert_status) {
	case VOUCH_GOOD:
		puts("good");
		code = EXIT_GOOD;
		break;
	case VOUCH_REVOKED: {
		const char *reason = vouch_reason_name(single->revocation_reason);
		printf("revoked: %s\n", reason != NULL ? reason : "no reason given");
		print_time("since", single->revocation_time);
		code = EXIT_REVOKED;
		break;
	}
	case VOUCH_UNKNOWN:
		puts("unknown");
		code = EXIT_UNKNOWN;
		break;
	case VOUCH_STATUS_UNSET:
		return EXIT_ERROR;
	}
	print_time("thisUpdate", single->this_update);
	print_time("nextUpdate", single->next_update);
	return code;
}

/* The answer has been verified; it may still say that the responder gives none. */
static int
print_response(const vouch_response *response)
{
	vouch_single single = { .size = sizeof(single) };

	int status = vouch_response_status(response);
	if (status != VOUCH_SUCCESSFUL) {
		fprintf(stderr, "the responder says %s\n", vouch_response_status_name(status));
		return EXIT_ERROR;
	}
	if (vouch_response_single(response, 0, &single) != VOUCH_OK)
		return EXIT_ERROR;
	return print_single(&single);
}

/* Asks once: request out, response in, verified against the request. */
static int
ask(const struct question *q, vouch_request *request, bool nonce, vouch_response **out, vouch_err *err)
{
	vouch_buf question = { 0 }, answer = { 0 };
	vouch_verify_options options = { .size = sizeof(options), .skew = 300, .require_nonce = nonce };

	int code = vouch_request_encode(request, &question, err);
	if (code == VOUCH_OK)
		code = fetch(q->url, span(&question), &answer, err);
	options.now = (vouch_time)time(NULL);
	if (code == VOUCH_OK)
		code = vouch_response_verify(out, span(&answer), request, &options, err);
	vouch_buf_free(&question);
	vouch_buf_free(&answer);
	return code;
}

static int
inquire(const struct question *q, bool nonce, vouch_err *err)
{
	uint8_t octets[32]; /* RFC 9654 2.1 */
	vouch_span sent = { octets, nonce ? sizeof(octets) : 0 };
	vouch_request *request = NULL;
	vouch_response *response = NULL;
	int code = EXIT_ERROR;

	if (getentropy(octets, sizeof(octets)) != 0)
		snprintf(err->msg, sizeof(err->msg), "no random octets");
	else if (question_request(q, VOUCH_SHA256, sent, &request, err) == VOUCH_OK &&
	    ask(q, request, nonce, &response, err) == VOUCH_OK)
		code = print_response(response);
	vouch_response_free(response);
	vouch_request_free(request);
	return code;
}

int
main(int argc, char **argv)
{
	struct question q = { 0 };
	vouch_err err = { 0 };
	const char *url = NULL;
	bool nonce = false;
	int code = EXIT_ERROR;

	for (int option; (option = getopt(argc, argv, "nu:")) != -1;)
		switch (option) {
		case 'n':
			nonce = true;
			break;
		case 'u':
			url = optarg;
			break;
		default:
			return EXIT_USAGE;
		}
	if (argc - optind != 2) {
		fputs("usage: verify [-n] [-u URL] ca.pem certificate.pem\n", stderr);
		return EXIT_USAGE;
	}
	if (question_read(&q, argv[optind], argv[optind + 1], url, &err) == VOUCH_OK)
		code = inquire(&q, nonce, &err);
	if (err.msg[0] != '\0')
		fprintf(stderr, "error: %s%s%s\n", err.rule != NULL ? err.rule : "",
		    err.rule != NULL ? ": " : "", err.msg);
	question_clear(&q);
	return code;
}
