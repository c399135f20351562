/* SPDX-License-Identifier: Apache-2.0 */
/* A raw HTTP client for tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "client.h"
#include "io/clock.h"

#define PATIENCE_MS 5000

int
client_connect(const struct io_listeners *listeners)
{
	struct io_address a[IO_ADDRESSES];
	size_t count;
	vouch_err err;

	assert_int_equal(io_address_parse(a, &count, listeners->items[0].name, &err), VOUCH_OK);
	int fd = socket(a[0].storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a[0].storage, a[0].len), 0);
	return fd;
}

bool
client_send(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* 1: something was read, 0: the end (or a reset), -1: nothing came in time. */
static int
read_some(int fd, vouch_buf *out, uint64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now = io_monotonic_ms();

	if (now >= until || poll(&p, 1, (int)(until - now)) <= 0)
		return -1;
	assert_int_equal(buf_reserve(out, 65536), VOUCH_OK);
	ssize_t n = recv(fd, out->data + out->len, 65536, 0);
	if (n <= 0)
		return 0;
	out->len += (size_t)n;
	return 1;
}

size_t
client_count(const vouch_buf *read, const char *text)
{
	size_t count = 0, at = 0, len = strlen(text);

	while (at + len <= read->len) {
		const uint8_t *found = memmem(read->data + at, read->len - at, text, len);
		if (found == NULL)
			break;
		at = (size_t)(found - read->data) + len;
		count++;
	}
	return count;
}

bool
client_has(const vouch_buf *read, const char *text)
{
	return client_count(read, text) > 0;
}

/* True when the last answer's body is here as well. */
static bool
is_complete(const vouch_buf *read)
{
	size_t at = read->len, body = 0;

	while (at > 0 && (read->len - at < 9 || memcmp(read->data + at, "HTTP/1.1 ", 9) != 0))
		at--;
	const char *answer = (const char *)read->data + at;
	const char *end = memmem(answer, read->len - at, "\r\n\r\n", 4);
	if (end == NULL)
		return false;
	const char *length = memmem(answer, (size_t)(end - answer), "Content-Length: ", 16);
	if (length != NULL)
		body = strtoul(length + 16, NULL, 10);
	return (size_t)((const char *)read->data + read->len - end) >= 4 + body;
}

void
client_read(int fd, vouch_buf *out, size_t answers)
{
	uint64_t until = io_monotonic_ms() + PATIENCE_MS;

	while (client_count(out, "HTTP/1.1 ") < answers || !is_complete(out))
		if (read_some(fd, out, until) <= 0)
			return;
}

bool
client_read_to_end(int fd, vouch_buf *out)
{
	uint64_t until = io_monotonic_ms() + PATIENCE_MS;
	int rc;

	while ((rc = read_some(fd, out, until)) > 0)
		;
	return rc == 0;
}

unsigned
client_ask(const struct io_listeners *listeners, const char *text, vouch_buf *out)
{
	vouch_buf own = { 0 }, *to = out != NULL ? out : &own;
	int fd = client_connect(listeners);

	client_send(fd, text);
	client_read(fd, to, 1);
	close(fd);
	unsigned status = to->len > 12 ? (unsigned)strtoul((const char *)to->data + 9, NULL, 10) : 0;
	vouch_buf_free(&own);
	return status;
}
