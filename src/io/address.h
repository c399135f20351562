/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as people write them: "0.0.0.0:8080", "[::]:8080", "localhost:0", ":8080", "unix:/path",
 * "systemd".
 */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <sys/socket.h>
#include <vouch.h>

#define IO_ADDRESS_TEXT 128 /* "unix:" and the longest sun_path fit, as does any "[ipv6%scope]:port" */
#define IO_ADDRESSES 8	    /* the most that one name may stand for */

struct io_address {
	struct sockaddr_storage storage;
	socklen_t len;
};

/*
 * All that the text stands for, at most IO_ADDRESSES; "systemd" is not one of them (see listen.h).  Names are
 * looked up.
 */
VOUCH_MUST int io_address_parse(struct io_address out[IO_ADDRESSES], size_t *count, const char *text,
    vouch_err *err);
/* "127.0.0.1:8080", "[::1]:8080", "unix:/path"; an IPv4 address mapped into IPv6 reads as IPv4. */
void io_address_format(char out[IO_ADDRESS_TEXT], const struct sockaddr *address, socklen_t len);
/*
 * Whom to count a peer as: IPv4 whole (mapped into IPv6), IPv6 by /64.  False for a peer without an address
 * (Unix sockets).
 */
bool io_address_peer_key(uint8_t out[16], const struct sockaddr *address);
bool io_address_is_loopback(const struct sockaddr *address);

#endif
