/* SPDX-License-Identifier: Apache-2.0 */
/* Hands a running HAProxy an OCSP response through its stats socket, for the stapling example. */
#ifndef EXAMPLE_HAPROXY_H
#define EXAMPLE_HAPROXY_H

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <vouch.h>

static inline int
haproxy_base64(vouch_buf *out, vouch_span in)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int code = VOUCH_OK;

	for (size_t i = 0; i < in.len && code == VOUCH_OK; i += 3) {
		unsigned left = in.len - i < 3 ? (unsigned)(in.len - i) : 3, group = 0;
		for (unsigned j = 0; j < 3; j++)
			group = group << 8 | (j < left ? in.data[i + j] : 0u);
		char text[4] = { digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
			digits[group & 63] };
		memset(text + 1 + left, '=', 3 - left);
		code = vouch_buf_append(out, text, sizeof(text));
	}
	return code;
}

/* Connected, with a limit on how long it may keep us waiting; -1 with errno. */
static inline int
haproxy_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 5 };

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd != -1 &&
	    (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0 ||
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline bool
haproxy_send(int fd, vouch_span text)
{
	while (text.len != 0) {
		ssize_t sent = send(fd, text.data, text.len, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		text.data += sent;
		text.len -= (size_t)sent;
	}
	return true;
}

/* HAProxy checks the response once more, and says in a line what it did. */
static inline int
haproxy_converse(int fd, vouch_span command, vouch_err *err)
{
	char reply[256];
	size_t len = 0;
	ssize_t got = 1;

	if (!haproxy_send(fd, command)) {
		snprintf(err->msg, sizeof(err->msg), "HAProxy does not listen");
		return err->code = VOUCH_EIO;
	}
	while (got > 0 && len < sizeof(reply) - 1)
		if ((got = recv(fd, reply + len, sizeof(reply) - 1 - len, 0)) > 0)
			len += (size_t)got;
	reply[len] = '\0';
	if (strncmp(reply, "OCSP Response updated", 21) == 0)
		return VOUCH_OK;
	reply[strcspn(reply, "\n")] = '\0';
	snprintf(err->msg, sizeof(err->msg), "HAProxy says: %s", len != 0 ? reply : "nothing");
	return err->code = VOUCH_EREFUSED;
}

static inline int
haproxy_set_response(const char *path, vouch_span response, vouch_err *err)
{
	vouch_buf command = { 0 };
	int code = VOUCH_EIO;

	if (vouch_buf_append(&command, "set ssl ocsp-response ", 22) != VOUCH_OK ||
	    haproxy_base64(&command, response) != VOUCH_OK ||
	    vouch_buf_append(&command, "\n", 1) != VOUCH_OK) {
		vouch_buf_free(&command);
		return err->code = VOUCH_ENOMEM;
	}
	int fd = haproxy_connect(path);
	if (fd == -1) {
		snprintf(err->msg, sizeof(err->msg), "%s: HAProxy is not there", path);
	} else {
		code = haproxy_converse(fd, (vouch_span){ command.data, command.len }, err);
		close(fd);
	}
	vouch_buf_free(&command);
	return err->code = code;
}

#endif
