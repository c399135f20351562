/* SPDX-License-Identifier: Apache-2.0 */
/* The admin listener. */
#include "daemon/admin.h"

#include "base/buf.h"
#include "daemon/expiry.h"
#include "io/clock.h"

#define UNHEARD_MS 10000 /* a source that was not heard for so long is a sickness, not a hiccup */

/*
 * Whether answers can be given: every issuer's sources are heard, and it has a signer that is valid.  NULL,
 * or what is wrong.
 */
static const char *
sickness(const struct assembly *assembly, const vouch_responder *responder, vouch_time now,
    uint64_t monotonic_ms)
{
	for (size_t i = 0; i < assembly->count; i++) {
		const vouch_issuer *issuer = assembly->issuers[i];
		uint64_t heard = vouch_responder_confirmed(responder, issuer);
		bool can_sign = false;
		if (heard == 0 || monotonic_ms > heard + UNHEARD_MS)
			return "a status source does not answer\n";
		for (size_t s = 0; s < vouch_issuer_signers(issuer); s++)
			can_sign = can_sign || expiry_days(vouch_issuer_signer(issuer, s), now) > 0;
		if (!can_sign)
			return "an issuer has no signer whose certificate is valid\n";
	}
	return NULL;
}

static void
answer_health(struct service *service, struct http_exchange *exchange)
{
	/* Under the lock, the responder is the one of this assembly. */
	pthread_mutex_lock(&service->current_lock);
	vouch_responder *responder = http_ocsp_responder(service->ocsp);
	const char *wrong = sickness(service->assembly, responder, io_wall_seconds(), io_monotonic_ms());
	pthread_mutex_unlock(&service->current_lock);
	vouch_responder_free(responder);
	http_exchange_respond_text(exchange, wrong == NULL ? 200 : 503, wrong == NULL ? "ok\n" : wrong);
}

static int
write_metrics(struct service *service, vouch_buf *page)
{
	struct metrics_page from = { .metrics = service->metrics,
		.server = service->server,
		.ocsp = service->ocsp,
		.now = io_wall_seconds(),
		.monotonic_ms = io_monotonic_ms() };

	pthread_mutex_lock(&service->current_lock);
	vouch_responder *responder = http_ocsp_responder(service->ocsp);
	from.responder = responder;
	from.issuers = service->assembly->issuers;
	from.issuer_count = service->assembly->count;
	int code = metrics_write(&from, page);
	pthread_mutex_unlock(&service->current_lock);
	vouch_responder_free(responder);
	return code;
}

static void
answer_metrics(struct service *service, struct http_exchange *exchange)
{
	vouch_buf page = { 0 };

	if (write_metrics(service, &page) != VOUCH_OK) {
		http_exchange_respond_text(exchange, 500, "out of memory\n");
	} else {
		struct http_answer answer = {
			.status = 200,
			.body = span_buf(&page),
			.fields = SPAN_LITERAL(
			    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\nCache-Control: no-store\r\n")
		};
		http_exchange_respond(exchange, &answer);
	}
	vouch_buf_free(&page);
}

static const struct {
	const char *path;
	void (*answer)(struct service *service, struct http_exchange *exchange);
} pages[] = {
	{ "/healthz", answer_health },
	{ "/metrics", answer_metrics },
};

void
admin_handle(void *arg, struct http_exchange *exchange)
{
	vouch_span path = exchange->target;
	const uint8_t *query = path.len == 0 ? NULL : memchr(path.data, '?', path.len);

	if (query != NULL)
		path.len = (size_t)(query - path.data);
	if (exchange->method == HTTP_METHOD_POST) {
		http_exchange_respond_text(exchange, 405, "GET or HEAD\n");
		return;
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (span_equal(path, span_string(pages[i].path))) {
			pages[i].answer(arg, exchange);
			return;
		}
	}
	http_exchange_respond_text(exchange, 404, "here are /healthz and /metrics\n");
}
