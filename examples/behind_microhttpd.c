/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP behind another HTTP server, libmicrohttpd: behind_microhttpd ca.pem ocsp.pem ocsp.key PORT SERIAL...
 *
 * vouch_http_answer() is the protocol without a socket: the server hands in method, target, fields and body,
 * and writes what comes back.  The certificates named on the command line are good.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <microhttpd.h>
#include <vouch_http.h>

#include "arguments.h"
#include "file.h"

enum {
	BODY_LIMIT = 16384, /* a request for a dozen certificates has 2 KiB */
	STORE_OCTETS = 1 << 20,
};

/* One request while its body comes in. */
struct exchange {
	vouch_buf body;
	bool too_large;
};

static vouch_responder *
make_responder(char **argv, vouch_err *err)
{
	vouch_buf ca = { 0 }, ocsp = { 0 };
	vouch_signer *signer = NULL;
	vouch_issuer *issuer = NULL;
	vouch_source *source = NULL;
	vouch_store *store = NULL;
	vouch_responder *responder = NULL;
	uint8_t store_key[16];
	vouch_responder_options options = { .size = sizeof(options) };
	vouch_signer_options key = { .size = sizeof(key), .key = argv[3] };

	if (getentropy(options.key, sizeof(options.key)) != 0 ||
	    getentropy(store_key, sizeof(store_key)) != 0 ||
	    vouch_store_new(&store, STORE_OCTETS, store_key, err) != 0 || file_read(argv[1], &ca, err) != 0 ||
	    file_read(argv[2], &ocsp, err) != 0)
		goto out;
	key.certificate = span(&ocsp);
	options.store = store;
	if (vouch_issuer_new(&issuer, span(&ca), NULL, err) != 0 ||
	    vouch_signer_open(&signer, &key, err) != 0 ||
	    vouch_issuer_add_signer(issuer, signer, 0, err) != 0 ||
	    vouch_source_new(&source, &arguments_source, &argv[5], err) != 0 ||
	    vouch_issuer_add_source(issuer, source, 0, err) != 0 ||
	    vouch_responder_new(&responder, &options, err) != 0)
		goto out;
	if (vouch_responder_add(responder, issuer, "/", err) != 0) {
		vouch_responder_free(responder);
		responder = NULL;
	}
out:
	/* What the responder needs it holds by references of its own. */
	vouch_store_free(store);
	vouch_source_free(source);
	vouch_issuer_free(issuer);
	vouch_signer_free(signer);
	vouch_buf_free(&ocsp);
	vouch_buf_free(&ca);
	return responder;
}

/* A field of the request; an absent one is an empty span. */
static vouch_span
field(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value != NULL ? (vouch_span){ (const uint8_t *)value, strlen(value) } : (vouch_span){ 0 };
}

/* The reply's fields are lines that end in CR LF; libmicrohttpd wants names and values. */
static bool
add_fields(struct MHD_Response *response, vouch_buf *fields)
{
	char *line, *rest;

	if (vouch_buf_append(fields, "", 1) != 0)
		return false;
	line = strtok_r((char *)fields->data, "\r\n", &rest);
	for (; line != NULL; line = strtok_r(NULL, "\r\n", &rest)) {
		char *value = strchr(line, ':');
		if (value == NULL)
			return false;
		*value++ = '\0';
		value += strspn(value, " ");
		if (MHD_add_response_header(response, line, value) != MHD_YES)
			return false;
	}
	return true;
}

/* HEAD of an answer that was not made: libmicrohttpd tells no length of a body that ends before it begins. */
static ssize_t
no_body(void *arg, uint64_t position, char *into, size_t size)
{
	(void)arg, (void)position, (void)into, (void)size;
	return MHD_CONTENT_READER_END_OF_STREAM;
}

static enum MHD_Result
send_reply(struct MHD_Connection *connection, vouch_http_reply *reply)
{
	enum MHD_Result result = MHD_NO; /* closes the connection */

	struct MHD_Response *response = reply->no_length ?
	    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, no_body, NULL, NULL) :
	    MHD_create_response_from_buffer(reply->body.len, reply->body.data, MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	if (add_fields(response, &reply->fields))
		result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static vouch_time
wall_clock(void)
{
	return (vouch_time)time(NULL);
}

static uint64_t
monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static enum MHD_Result
answer(vouch_responder *responder, struct MHD_Connection *connection, const char *url, const char *method,
    const struct exchange *exchange)
{
	vouch_http_request request = {
		.size = sizeof(request),
		.method = method,
		.target = { (const uint8_t *)url, strlen(url) },
		.content_type = field(connection, "Content-Type"),
		.content_encoding = field(connection, "Content-Encoding"),
		.if_none_match = field(connection, "If-None-Match"),
		.if_modified_since = field(connection, "If-Modified-Since"),
		.body = span(&exchange->body),
		.now = wall_clock(),
		.monotonic_ms = monotonic_ms(),
	};
	vouch_http_reply reply = { .size = sizeof(reply) };
	enum MHD_Result result = MHD_NO;

	if (exchange->too_large)
		reply.status = MHD_HTTP_CONTENT_TOO_LARGE;
	else if (vouch_http_answer(responder, &request, &reply, NULL) != 0)
		reply.status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	result = send_reply(connection, &reply);
	vouch_http_reply_clear(&reply);
	return result;
}

/* Called when the head is there, for each part of the body, and once more when the request is whole. */
static enum MHD_Result
handle(void *responder, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *part, size_t *part_len, void **state)
{
	struct exchange *exchange = *state;

	(void)version;
	if (exchange == NULL) {
		*state = calloc(1, sizeof(*exchange));
		return *state != NULL ? MHD_YES : MHD_NO;
	}
	if (*part_len == 0)
		return answer(responder, connection, url, method, exchange);
	if (exchange->body.len + *part_len > BODY_LIMIT)
		exchange->too_large = true;
	else if (vouch_buf_append(&exchange->body, part, *part_len) != 0)
		return MHD_NO;
	*part_len = 0; /* taken */
	return MHD_YES;
}

static void
completed(void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
	struct exchange *exchange = *state;

	(void)arg, (void)connection, (void)why;
	if (exchange != NULL)
		vouch_buf_free(&exchange->body);
	free(exchange);
}

/* vouch wants the target as it was sent: in base64, '/' and '+' mean something before and after decoding. */
static size_t
leave_encoded(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg, (void)connection;
	return strlen(text);
}

/* Asks the sources for changes.  Only a responder that hears from them gives out answers that it has kept. */
static void
poll_sources(vouch_responder *responder)
{
	vouch_err err;

	if (vouch_responder_poll(responder, wall_clock(), monotonic_ms(), &err) != 0)
		fprintf(stderr, "the sources do not answer: %s\n", err.msg);
}

/* As often as the responder wants it, until SIGINT or SIGTERM, which the caller has blocked. */
static void
poll_until(vouch_responder *responder, const sigset_t *signals)
{
	int interval = vouch_responder_poll_interval(responder);
	struct timespec pause = { .tv_sec = interval / 1000, .tv_nsec = interval % 1000 * 1000000L };

	while (sigtimedwait(signals, NULL, &pause) == -1)
		poll_sources(responder);
}

/* On the loopback address. */
static int
serve(vouch_responder *responder, uint16_t port, const sigset_t *signals)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	poll_sources(responder);
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ERROR_LOG, port,
	    NULL, NULL, handle, responder, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, 4u,
	    MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	if (daemon == NULL) {
		fprintf(stderr, "port %u cannot be served\n", port);
		return 1;
	}
	printf("listening on port %u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	poll_until(responder, signals);
	MHD_stop_daemon(daemon);
	return 0;
}

int
main(int argc, char **argv)
{
	vouch_err err = { 0 };
	sigset_t signals;

	char *end = NULL;
	unsigned long port = argc < 5 ? 0 : strtoul(argv[4], &end, 10);
	if (end == NULL || end == argv[4] || *end != '\0' || port > UINT16_MAX) {
		fprintf(stderr, "usage: behind_microhttpd ca.pem ocsp.pem ocsp.key PORT SERIAL...\n");
		return 2;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there are threads, which inherit it */

	vouch_responder *responder = make_responder(argv, &err);
	if (responder == NULL)
		return failed(&err);
	int result = serve(responder, (uint16_t)port, &signals);
	vouch_responder_free(responder);
	return result;
}
