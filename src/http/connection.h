/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's connection: reads requests one after another, hands each to the handler, writes the answers in
 * order.
 *
 *	reading ─ whole request → handler ─ answer → writing ─ all written → reading
 *	   └ refused (4xx, 5xx) ───────→ writing ─ shut down → lingering → closed
 *
 * While an answer is awaited or the client does not read, nothing is read.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include "http/thread.h"
#include "io/address.h"

struct http_connection {
	struct http_exchange exchange; /* first: the exchange and its connection have one address */
	struct http_thread *thread;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	int fd; /* the handle's */
	struct http_message message;
	vouch_buf out;	   /* answers to be written */
	vouch_buf leaving; /* those being written, while the client does not read as fast */
	size_t unwritten;  /* octets at the last look, while the client does not read */
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct http_deadline deadline;
	enum http_wait wait;
	struct http_connection *next; /* among all connections of the thread, those gone, or the spare ones */
	struct http_connection **link;
	struct http_connection *next_ready;
	struct http_connection **ready_link; /* NULL: it is not in the thread's ready list */
	uint64_t ready_since;		     /* the loop's time in ms when it entered that */
	struct io_address peer;
	uint8_t address[16]; /* the peer as it is counted */
	char peer_text[IO_ADDRESS_TEXT];
	size_t lingered; /* octets read for nothing */
	bool counted;	 /* per address */
	bool served;	 /* has brought a request */
	bool reading;
	bool handling;		/* inside the handler */
	bool unanswered;	/* the handler owes an answer */
	bool writing;		/* a write waits for the client */
	bool goes_last;		/* what it sends next is looked at after what others have sent */
	bool is_outgoing;	/* in the thread's outgoing list */
	bool last;		/* the answer being given is the last */
	bool lingering, closed; /* closed: the handle is going or gone */
	bool gone;		/* the handle is gone; only an answer is awaited */
};

/* Takes over a descriptor that was accepted. */
void http_connection_open(struct http_thread *thread, int fd, const struct io_address *peer,
    const uint8_t address[16], bool counted);
void http_connection_close(struct http_connection *c);
/* Frees one whose handle was gone before its exchange was answered. */
void http_connection_forget(struct http_connection *c);
/* The same for one whose answer nobody waits for: it and its exchange are the server's user's from now on. */
void http_connection_abandon(struct http_connection *c);
/* Goes on with what has been read already. */
void http_connection_advance(struct http_connection *c);
/* Its deadline has passed. */
void http_connection_expire(struct http_connection *c);
/* The server ends: idle ones close soon, the others get Connection: close with their next answer. */
void http_connection_drain(struct http_connection *c);
struct http_connection *http_connection_of(struct http_deadline *deadline);

#endif
