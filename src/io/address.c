/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as people write them. */
#include "io/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/err.h"

#define HOST_MAX 254 /* a DNS name has 253 octets at most */

static int
parse_unix(struct io_address *out, const char *path, vouch_err *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&out->storage;
	size_t len = strlen(path);

	if (len == 0)
		return err_set(err, VOUCH_EPARSE, "unix: has no path");
	if (len >= sizeof(un->sun_path))
		return err_set(err, VOUCH_ELIMIT, "unix:%s: a socket's path has at most %zu octets", path,
		    sizeof(un->sun_path) - 1);
	memset(&out->storage, 0, sizeof(out->storage));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len);
	out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return VOUCH_OK;
}

/* "0" to "65535", digits only. */
static bool
port_is_valid(const char *port)
{
	unsigned value = 0;
	size_t len = strlen(port);

	if (len == 0 || len > 5 || strspn(port, "0123456789") != len)
		return false;
	for (size_t i = 0; i < len; i++)
		value = value * 10 + (unsigned)(port[i] - '0');
	return value <= 65535;
}

/* Splits "host:port", "[v6]:port", ":port" and "*:port"; an empty host is every address. */
static int
split(char host[HOST_MAX], const char **port, const char *text, vouch_err *err)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL)
		return err_set(err, VOUCH_EPARSE, "%s: no port; write ADDRESS:PORT, [IPV6]:PORT or unix:PATH",
		    text);
	if (!port_is_valid(colon + 1))
		return err_set(err, VOUCH_EPARSE, "%s: the port is not a number from 0 to 65535", text);
	const char *begin = text, *end = colon;
	if (*begin == '[') {
		if (end == begin || end[-1] != ']')
			return err_set(err, VOUCH_EPARSE, "%s: '[' without ']' before the port", text);
		begin++;
		end--;
	} else if (memchr(begin, ':', (size_t)(end - begin)) != NULL) {
		return err_set(err, VOUCH_EPARSE, "%s: an IPv6 address is written in brackets, [::1]:8080",
		    text);
	}
	size_t len = (size_t)(end - begin);
	if (len >= HOST_MAX)
		return err_set(err, VOUCH_ELIMIT, "%s: the name is longer than %d octets", text,
		    HOST_MAX - 1);
	memcpy(host, begin, len);
	host[len] = '\0';
	if (*text == '[' && strchr(host, ':') == NULL)
		return err_set(err, VOUCH_EPARSE, "%s: what is in brackets is not an IPv6 address", text);
	*port = colon + 1;
	return VOUCH_OK;
}

static void
keep_results(struct io_address out[IO_ADDRESSES], size_t *count, const struct addrinfo *found)
{
	*count = 0;
	for (; found != NULL && *count < IO_ADDRESSES; found = found->ai_next) {
		if (found->ai_addrlen > sizeof(out->storage))
			continue;
		bool seen = false;
		for (size_t i = 0; i < *count; i++)
			seen = seen ||
			    (out[i].len == found->ai_addrlen &&
				memcmp(&out[i].storage, found->ai_addr, out[i].len) == 0);
		if (seen)
			continue;
		struct io_address *a = &out[(*count)++];
		memset(&a->storage, 0, sizeof(a->storage));
		memcpy(&a->storage, found->ai_addr, found->ai_addrlen);
		a->len = found->ai_addrlen;
	}
}

int
io_address_parse(struct io_address out[IO_ADDRESSES], size_t *count, const char *text, vouch_err *err)
{
	char host[HOST_MAX] = "";
	const char *port = NULL;
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *found = NULL;

	if (strncmp(text, "unix:", 5) == 0) {
		*count = 1;
		return parse_unix(&out[0], text + 5, err);
	}
	if (split(host, &port, text, err) != VOUCH_OK)
		return err->code;
	bool every = host[0] == '\0' || strcmp(host, "*") == 0;
	if (every) /* one dual-stack socket; listen.c falls back to IPv4 where there is no IPv6 */
		hints.ai_flags |= AI_NUMERICHOST;
	int rc = getaddrinfo(every ? "::" : host, port, &hints, &found);
	if (rc != 0)
		return err_set(err, VOUCH_EPARSE, "%s: %s", text,
		    rc == EAI_NONAME ? "no such host" : gai_strerror(rc));
	keep_results(out, count, found);
	freeaddrinfo(found);
	return *count > 0 ? VOUCH_OK : err_set(err, VOUCH_EPARSE, "%s: no address found", text);
}

static void
format_ipv6(char out[IO_ADDRESS_TEXT], const struct sockaddr_in6 *in6)
{
	char host[INET6_ADDRSTRLEN] = "?";
	unsigned port = ntohs(in6->sin6_port);

	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], host, sizeof(host));
		snprintf(out, IO_ADDRESS_TEXT, "%s:%u", host, port);
		return;
	}
	inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
	if (in6->sin6_scope_id != 0)
		snprintf(out, IO_ADDRESS_TEXT, "[%s%%%u]:%u", host, (unsigned)in6->sin6_scope_id, port);
	else
		snprintf(out, IO_ADDRESS_TEXT, "[%s]:%u", host, port);
}

static void
format_unix(char out[IO_ADDRESS_TEXT], const struct sockaddr_un *un, socklen_t len)
{
	size_t room = len > offsetof(struct sockaddr_un, sun_path) ?
	    len - offsetof(struct sockaddr_un, sun_path) :
	    0;
	/* An abstract socket's name begins with NUL and is written with '@', as everywhere. */
	bool abstract = room > 1 && un->sun_path[0] == '\0';
	size_t used = abstract ? room - 1 : strnlen(un->sun_path, room);

	snprintf(out, IO_ADDRESS_TEXT, "unix:%s%.*s", abstract ? "@" : "", (int)used,
	    un->sun_path + (abstract ? 1 : 0));
}

void
io_address_format(char out[IO_ADDRESS_TEXT], const struct sockaddr *address, socklen_t len)
{
	char host[INET_ADDRSTRLEN] = "?";

	switch (address->sa_family) {
	case AF_INET: {
		const struct sockaddr_in *in = (const struct sockaddr_in *)address;
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(out, IO_ADDRESS_TEXT, "%s:%u", host, (unsigned)ntohs(in->sin_port));
		return;
	}
	case AF_INET6:
		format_ipv6(out, (const struct sockaddr_in6 *)address);
		return;
	case AF_UNIX:
		format_unix(out, (const struct sockaddr_un *)address, len);
		return;
	default:
		snprintf(out, IO_ADDRESS_TEXT, "family %u", (unsigned)address->sa_family);
	}
}

bool
io_address_peer_key(uint8_t out[16], const struct sockaddr *address)
{
	memset(out, 0, 16);
	if (address->sa_family == AF_INET) {
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
	/*
	 * A /64 is what one subscriber has: single addresses in it cost nothing.  Mapped IPv4 is told apart
	 * by all its octets.
	 */
	memcpy(out, in6, IN6_IS_ADDR_V4MAPPED(in6) || IN6_IS_ADDR_LOOPBACK(in6) ? 16 : 8);
	return true;
}

bool
io_address_is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return (ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24) == 127;
	if (address->sa_family != AF_INET6)
		return false;
	const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
	return IN6_IS_ADDR_LOOPBACK(in6) || (IN6_IS_ADDR_V4MAPPED(in6) && in6->s6_addr[12] == 127);
}
