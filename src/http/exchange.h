/* SPDX-License-Identifier: Apache-2.0 */
/* A request that waits for its answer: what a handler sees of HTTP. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <uv.h>
#include <vouch.h>

/*
 * GET, HEAD and POST reach every handler, the others one that wants them; else the connection answers 405 or
 * 501 by itself.
 */
enum http_method {
	HTTP_METHOD_NONE = 0, /* not known (yet): a request that could not be read */
	HTTP_METHOD_GET,
	HTTP_METHOD_HEAD,
	HTTP_METHOD_POST,
	HTTP_METHOD_OPTIONS,
	HTTP_METHOD_OTHER
};
#define HTTP_METHODS 6
/* "GET"; "other" for HTTP_METHOD_OTHER, "none" for HTTP_METHOD_NONE.  Static. */
const char *http_method_name(enum http_method method);

enum http_field_name { /* the header fields that somebody looks at */
	HTTP_FIELD_HOST = 0,
	HTTP_FIELD_CONNECTION,
	HTTP_FIELD_CONTENT_LENGTH,
	HTTP_FIELD_TRANSFER_ENCODING,
	HTTP_FIELD_EXPECT,
	HTTP_FIELD_CONTENT_TYPE,
	HTTP_FIELD_CONTENT_ENCODING,
	HTTP_FIELD_IF_NONE_MATCH,
	HTTP_FIELD_IF_MODIFIED_SINCE,
	HTTP_FIELD_USER_AGENT,
	HTTP_FIELD_AUTHORIZATION
};
#define HTTP_FIELDS_MAX 24 /* of the above, repeats included; more is 431 */

struct http_field {
	enum http_field_name name;
	vouch_span value; /* without blanks around it */
};

/*
 * All spans are valid until the exchange is answered.  The target is as sent (no octet is decoded or
 * cleaned), without the scheme and authority of an absolute-form; it begins with '/' and includes the query.
 */
struct http_exchange {
	enum http_method method;
	unsigned minor; /* HTTP/1.minor */
	vouch_span target;
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t field_count;
	vouch_span line;    /* the request line, with its end; empty: there was none */
	vouch_span head;    /* the header section as sent, with the empty line; empty: it was refused */
	vouch_span body;    /* whole, decoded */
	unsigned thread;    /* 0 .. threads - 1 */
	unsigned waited_ms; /* here, since it was read: see http_exchange_go_last() */
	uv_loop_t *loop;    /* of that thread */
	void *user;	    /* the handler's own */
};

/* The first value of a field; data is NULL when it is absent. */
vouch_span http_exchange_field(const struct http_exchange *exchange, enum http_field_name name);
/* The peer's address as text, "127.0.0.1:51234", "unix:".  Valid until the exchange is answered. */
const char *http_exchange_peer(struct http_exchange *exchange);

struct http_answer {
	unsigned status;
	vouch_span fields; /* whole lines with their CRLF; Date, Connection and Content-Length are added */
	vouch_span body;   /* for HEAD, too: its length is told, its octets stay here */
	bool no_length; /* the length is not known (HEAD of an answer that was not made): no Content-Length */
};

/*
 * Answers, now or later, once, on the loop of the exchange's thread.  Copies what it needs.  The exchange is
 * gone afterwards.  It stays valid when the client hangs up: the answer is then dropped.
 */
void http_exchange_respond(struct http_exchange *exchange, const struct http_answer *answer);
/* A short text/plain answer that is not to be stored: errors, health. */
void http_exchange_respond_text(struct http_exchange *exchange, unsigned status, const char *text);
/*
 * Instead of an answer, on the loop of the exchange's thread: the connection itself, for who writes what no
 * server would.  The descriptor (non-blocking, close-on-exec) is the caller's and the only one there is: what
 * the peer sees of it, FIN or reset, is the caller's doing.  Earlier answers are written, requests behind
 * this one are dropped, and the server counts and limits the connection no more.  The exchange is gone
 * afterwards.
 *
 * False: the client has gone, or does not read what it was sent before, or no descriptor is left; the
 * exchange still waits for its answer.
 */
VOUCH_MUST bool http_exchange_take(struct http_exchange *exchange, int *fd);
/*
 * On its loop: the thread of the exchange goes on until http_thread_left(), also on that loop, for who still
 * has something to take back there when all has been answered.
 */
struct http_thread *http_exchange_hold(struct http_exchange *exchange);
/*
 * On its loop: calls back once, before the loop waits again, and before a connection can go; for a handler that
 * answers several requests together.  One such call at a time: another one's turn has come then.
 */
void http_exchange_before_waiting(struct http_exchange *exchange, void (*call)(void *arg), void *arg);
/*
 * On its loop, before it is answered: what the client sends next is looked at after what others have sent.  For who
 * asks for more than there is, so that he keeps nobody else waiting.
 */
void http_exchange_go_last(struct http_exchange *exchange);
/* One that was abandoned (see http_abandoned), on any thread. */
void http_exchange_free(struct http_exchange *exchange);

#endif
