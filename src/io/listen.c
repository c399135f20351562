/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets: opened all or none, one per thread for TCP, shared for Unix sockets and those that
 * systemd passes.
 */
#include "io/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/span.h"
#include "io/listen_activated.h"
#include "io/listen_unix.h"

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

static uint16_t
port_of(const struct io_address *a)
{
	const struct sockaddr *sa = (const struct sockaddr *)&a->storage;

	if (sa->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)sa)->sin_port);
	return sa->sa_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)sa)->sin6_port) : 0;
}

static void
set_port(struct io_address *a, uint16_t port)
{
	if (a->storage.ss_family == AF_INET)
		((struct sockaddr_in *)&a->storage)->sin_port = htons(port);
	else if (a->storage.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&a->storage)->sin6_port = htons(port);
}

static bool
is_ipv6_any(const struct io_address *a)
{
	return a->storage.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)&a->storage)->sin6_addr);
}

struct io_listener *
io_listeners_add(struct io_listeners *set, size_t fds)
{
	struct io_listener *items = realloc(set->items, (set->count + 1) * sizeof(*items));

	if (items == NULL)
		return NULL;
	set->items = items;
	struct io_listener *l = &items[set->count];
	memset(l, 0, sizeof(*l));
	l->fds = malloc(fds * sizeof(*l->fds));
	if (l->fds == NULL)
		return NULL;
	set->count++;
	return l;
}

void
io_listener_set_name(struct io_listener *l)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t len = sizeof(bound);

	if (getsockname(l->fds[0], (struct sockaddr *)&bound, &len) == 0)
		io_address_format(l->name, (struct sockaddr *)&bound, len);
}

/*
 * The first socket binds without SO_REUSEPORT, so that a port on which anybody listens is an error (with the
 * flag a second program of the same user shares the port silently); only then it gets the flag, so that its
 * siblings can follow.  SO_REUSEADDR passes over connections of an earlier run in TIME_WAIT, never over a
 * listening socket.
 */
static int
open_tcp(const struct io_address *a, bool first, bool ipv6_only, const char *name, vouch_err *err)
{
	static const int on = 1;
	int only = ipv6_only ? 1 : 0;
	int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set(err, VOUCH_EUNAVAILABLE, "%s: %s", name, strerror(errno));
	bool ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (a->storage.ss_family != AF_INET6 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) == 0) &&
	    (first || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
	    bind(fd, (const struct sockaddr *)&a->storage, a->len) == 0 &&
	    (!first || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
	    listen(fd, BACKLOG) == 0 &&
	    /* Connections inherit it: an answer is one write and shall leave at once. */
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
	if (ok)
		return fd;
	int error = errno;
	close(fd);
	if (error == EADDRINUSE)
		return err_set(err, VOUCH_EREFUSED, "%s: the port is taken: another program listens there",
		    name);
	bool absent = error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
	return err_set(err, absent ? VOUCH_EUNAVAILABLE : VOUCH_EIO, "%s: %s", name, strerror(error));
}

static int
open_tcp_group(struct io_listeners *set, struct io_address *a, unsigned threads, bool ipv6_only,
    vouch_err *err)
{
	char name[IO_ADDRESS_TEXT];
	struct io_listener *l = io_listeners_add(set, threads);

	if (l == NULL)
		return err_nomem(err);
	io_address_format(name, (struct sockaddr *)&a->storage, a->len);
	for (unsigned i = 0; i < threads; i++) {
		int fd = open_tcp(a, i == 0, ipv6_only, name, err);
		if (fd < 0)
			return fd;
		l->fds[l->count++] = fd;
		if (i == 0) { /* port 0 is chosen once */
			socklen_t len = sizeof(a->storage);
			if (getsockname(fd, (struct sockaddr *)&a->storage, &len) != 0)
				return err_set(err, VOUCH_EIO, "%s: %s", name, strerror(errno));
		}
	}
	io_listener_set_name(l);
	return VOUCH_OK;
}

/* Removes the last listener, which may be half open. */
static void
drop_last(struct io_listeners *set)
{
	struct io_listener *l = &set->items[--set->count];

	/* The file first: its inode number is ours as long as the socket is open. */
	io_unix_remove(l);
	for (size_t i = 0; i < l->count; i++)
		close(l->fds[i]);
	free(l->fds);
}

/* The addresses of one entry of the list, and whether its [::] must leave IPv4 to somebody else. */
struct entry {
	const char *text;
	struct io_address addresses[IO_ADDRESSES];
	size_t count;
};

/* [::] takes IPv4 as well, as people expect, unless the list names an IPv4 address with the same port. */
static bool
leaves_ipv4(const struct entry *entries, size_t count, const struct io_address *a)
{
	if (!is_ipv6_any(a))
		return true;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < entries[i].count; j++)
			if (entries[i].addresses[j].storage.ss_family == AF_INET &&
			    port_of(&entries[i].addresses[j]) == port_of(a))
				return true;
	return false;
}

static int
open_any_ipv4(struct io_listeners *set, uint16_t port, unsigned threads, vouch_err *err)
{
	struct io_address any = { .len = sizeof(struct sockaddr_in) };

	any.storage.ss_family = AF_INET;
	set_port(&any, port);
	return open_tcp_group(set, &any, threads, false, err);
}

/*
 * A name may stand for several addresses (localhost: 127.0.0.1 and ::1): those that this machine does not
 * have are passed over as long as one is left.  With port 0 all get the port of the first.
 */
static int
open_entry(struct io_listeners *set, struct entry *e, const struct entry *all, size_t all_count,
    unsigned threads, vouch_err *err)
{
	size_t opened = 0;
	bool choose = port_of(&e->addresses[0]) == 0;
	uint16_t port = 0;

	for (size_t i = 0; i < e->count; i++) {
		struct io_address a = e->addresses[i];
		bool only = leaves_ipv4(all, all_count, &a);
		if (choose && port != 0)
			set_port(&a, port);
		int rc = open_tcp_group(set, &a, threads, only, err);
		if (rc == VOUCH_EUNAVAILABLE) {
			drop_last(set);
			if (is_ipv6_any(&a) && !only && (e->text[0] == ':' || e->text[0] == '*'))
				rc = open_any_ipv4(set, port_of(&a), threads, err);
			else
				continue;
		}
		if (rc != VOUCH_OK)
			return rc;
		port = port_of(&a);
		opened++;
	}
	return opened > 0 ? VOUCH_OK : err->code;
}

static int
open_one(struct io_listeners *set, struct entry *e, const struct entry *all, size_t all_count,
    unsigned threads, unsigned unix_mode, vouch_err *err)
{
	if (strcmp(e->text, "systemd") == 0)
		return io_activated_open(set, err);
	if (e->addresses[0].storage.ss_family == AF_UNIX)
		return io_unix_open(set, &e->addresses[0], unix_mode, err);
	return open_entry(set, e, all, all_count, threads, err);
}

static int
parse_entries(struct entry *entries, const char *const *addresses, size_t count, vouch_err *err)
{
	for (size_t i = 0; i < count; i++) {
		entries[i].text = addresses[i];
		if (strcmp(addresses[i], "systemd") == 0)
			continue;
		if (io_address_parse(entries[i].addresses, &entries[i].count, addresses[i], err) != VOUCH_OK)
			return err->code;
	}
	return VOUCH_OK;
}

int
io_listeners_open(struct io_listeners *out, const char *const *addresses, size_t count, unsigned threads,
    unsigned unix_mode, vouch_err *err)
{
	struct io_listeners set = { 0 };

	if (count == 0 || threads == 0)
		return err_set(err, VOUCH_EINVAL, "no address to listen on");
	struct entry *entries = calloc(count, sizeof(*entries));
	if (entries == NULL)
		return err_nomem(err);
	int rc = parse_entries(entries, addresses, count, err);
	for (size_t i = 0; rc == VOUCH_OK && i < count; i++)
		rc = open_one(&set, &entries[i], entries, count, threads, unix_mode, err);
	free(entries);
	if (rc == VOUCH_OK)
		*out = set;
	else
		io_listeners_close(&set);
	return rc;
}

/* The listener of that name, if it was the last to be added; else a new one. */
static struct io_listener *
listener_to_extend(struct io_listeners *set, vouch_span name)
{
	struct io_listener *last = set->count == 0 ? NULL : &set->items[set->count - 1];

	if (last != NULL && span_equal(span_string(last->name), name))
		return last;
	struct io_listener *grown = reallocarray(set->items, set->count + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	set->items = grown;
	last = &grown[set->count++];
	*last = (struct io_listener){ 0 };
	memcpy(last->name, name.data, name.len);
	return last;
}

int
io_listeners_adopt(struct io_listeners *listeners, vouch_span name, int takes_fd, vouch_err *err)
{
	if (name.len >= sizeof(listeners->items->name))
		return err_set(err, VOUCH_ELIMIT, "an address of %zu octets", name.len);
	struct io_listener *l = listener_to_extend(listeners, name);
	int *grown = l == NULL ? NULL : reallocarray(l->fds, l->count + 1, sizeof(*grown));
	if (grown == NULL)
		return err_nomem(err);
	l->fds = grown;
	l->fds[l->count++] = takes_fd;
	return VOUCH_OK;
}

int
io_listener_fd(const struct io_listener *listener, unsigned thread)
{
	return listener->fds[thread % listener->count];
}

void
io_listeners_close(struct io_listeners *listeners)
{
	while (listeners->count > 0)
		drop_last(listeners);
	free(listeners->items);
	*listeners = (struct io_listeners){ 0 };
}

uint64_t
io_descriptors_raise(uint64_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
			return 0;
	}
	return limit.rlim_cur;
}
