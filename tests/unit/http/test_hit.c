/* SPDX-License-Identifier: Apache-2.0 */
/* What a stored answer costs: no memory, and one write, through the whole server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/base64.h"
#include "base/buf.h"
#include "client.h"
#include "http/ocsp.h"
#include "http/server.h"
#include "responding.h"

#define ROUNDS 50
#define PIPELINED 16 /* as many as a connection answers before others have their turn */

/* --- What the server's threads do: the linker leads these calls here ------------------------------------ */

static uv_thread_t testing; /* whose calls do not count */
static unsigned allocations, writes;

static void
count(unsigned *counter)
{
	uv_thread_t self = uv_thread_self();

	if (!uv_thread_equal(&self, &testing))
		__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t number, size_t size);
void *__wrap_realloc(void *old, size_t size);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);

void *
__wrap_malloc(size_t size)
{
	count(&allocations);
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t number, size_t size)
{
	count(&allocations);
	return __real_calloc(number, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	count(&allocations);
	return __real_realloc(old, size);
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
	count(&writes);
	return __real_send(fd, data, len, flags);
}

static unsigned
taken(unsigned *counter)
{
	return __atomic_exchange_n(counter, 0, __ATOMIC_SEQ_CST);
}

/* --- A server ------------------------------------------------------------------------------------------- */

struct running {
	struct responding responding;
	struct io_listeners listeners;
	struct http_ocsp *ocsp;
	struct http_server *server;
	vouch_buf get, post; /* for one CertID */
	int fd;
};

static void
make_requests(struct running *r)
{
	vouch_buf der = { 0 };

	responding_request(&r->responding, &der, "\x01", (vouch_span){ 0 });
	assert_int_equal(buf_append_string(&r->get, "GET /"), VOUCH_OK);
	assert_int_equal(base64_encode(&r->get, span_buf(&der)), VOUCH_OK);
	assert_int_equal(buf_append_string(&r->get, " HTTP/1.1\r\nHost: a\r\n\r\n"), VOUCH_OK);
	assert_int_equal(buf_printf(&r->post, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
			     der.len),
	    VOUCH_OK);
	assert_int_equal(buf_append_span(&r->post, span_buf(&der)), VOUCH_OK);
	vouch_buf_free(&der);
}

static void
ask(const struct running *r, const vouch_buf *requests, size_t answers)
{
	vouch_buf read = { 0 };

	assert_int_equal(send(r->fd, requests->data, requests->len, MSG_NOSIGNAL), requests->len);
	client_read(r->fd, &read, answers);
	assert_int_equal(client_count(&read, "HTTP/1.1 200 OK\r\n"), answers);
	vouch_buf_free(&read);
}

static int
start(void **state)
{
	static const char *const address = "127.0.0.1:0";
	static struct running running;
	struct http_ocsp_options ocsp = { .threads = 1 };
	struct http_server_options server = { .threads = 1,
		.handler = http_ocsp_handle,
		.tick = http_ocsp_tick };
	struct running *r = &running;
	vouch_err err;

	testing = uv_thread_self();
	assert_int_equal(uv_replace_allocator(__wrap_malloc, __wrap_realloc, __wrap_calloc, free), 0);
	*r = (struct running){ 0 };
	responding_make(&r->responding, "/", true);
	assert_int_equal(http_ocsp_new(&r->ocsp, &ocsp, r->responding.responder, &err), VOUCH_OK);
	server.arg = r->ocsp;
	assert_int_equal(io_listeners_open(&r->listeners, &address, 1, 1, 0600, &err), VOUCH_OK);
	assert_int_equal(http_server_start(&r->server, &server, &r->listeners, &err), VOUCH_OK);
	make_requests(r);
	r->fd = client_connect(&r->listeners);
	*state = r;
	return 0;
}

static int
end(void **state)
{
	struct running *r = *state;

	close(r->fd);
	http_server_stop(r->server);
	http_server_free(r->server);
	http_ocsp_free(r->ocsp);
	io_listeners_close(&r->listeners);
	responding_free(&r->responding);
	vouch_buf_free(&r->get);
	vouch_buf_free(&r->post);
	return 0;
}

static void
a_hit_takes_no_memory_and_one_write(void **state)
{
	const struct running *r = *state;

	/* The first is signed, which takes memory: the counting works. */
	ask(r, &r->get, 1);
	assert_true(taken(&allocations) > 0);
	ask(r, &r->get, 1);
	ask(r, &r->post, 1);
	(void)taken(&allocations);
	(void)taken(&writes);
	for (unsigned i = 0; i < ROUNDS; i++) {
		ask(r, &r->get, 1);
		ask(r, &r->post, 1);
	}
	assert_int_equal(taken(&allocations), 0);
	assert_int_equal(taken(&writes), 2 * ROUNDS);
}

static void
pipelined_requests_are_answered_in_one_write(void **state)
{
	const struct running *r = *state;
	vouch_buf all = { 0 };

	ask(r, &r->get, 1);
	(void)taken(&writes);
	for (unsigned i = 0; i < PIPELINED; i++)
		assert_int_equal(buf_append_span(&all, span_buf(&r->get)), VOUCH_OK);
	ask(r, &all, PIPELINED);
	assert_int_equal(taken(&writes), 1);
	vouch_buf_free(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hit_takes_no_memory_and_one_write),
		cmocka_unit_test(pipelined_requests_are_answered_in_one_write),
	};

	return cmocka_run_group_tests(tests, start, end);
}
