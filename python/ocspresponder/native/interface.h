/* SPDX-License-Identifier: Apache-2.0 */
/* What Python calls and is called by: read by the compiler and, without comments, by cffi. */
#ifndef OCSPRESPONDER_INTERFACE_H
#define OCSPRESPONDER_INTERFACE_H

#include <stdbool.h>

#include <vouch.h>
#include <vouch_http.h>

/* How the library answers for one OCSPResponder, as long as its certificates and its key stay the same. */
typedef struct plan plan;
/* A server that answers by a plan, and asks Python where there is none or it does not do. */
typedef struct server server;

enum { MESSAGE_SIZE = 512 };

typedef struct {
	vouch_span issuer, signer, key; /* certificates and key in DER */
	const char *algorithm;
	vouch_span extension; /* certificateIssuer, as every answer carries it */
	int64_t validity;     /* the longest that an answer may hold */
} plan_material;

enum { LOOKUP_TOLD = 0, LOOKUP_COMPATIBLE = 1, LOOKUP_FAILED = 2 };

/* One certificate: what is asked of Python, and what Python tells. */
typedef struct {
	vouch_span serial_number;
	vouch_span method, target; /* of HTTP; empty: another way */
	int64_t now;
	bool is_first; /* of its request */

	int cert_status, revocation_reason; /* enum vouch_cert_status, CRLReason + 1 */
	int64_t revocation_time, next_update;
} lookup;

/* One exchange, for WSGI.  Everything is borrowed. */
typedef struct {
	const char *method, *version, *peer;
	vouch_span target, body;
} exchange_view;

/* A VOUCH_E* with its text in message, which has MESSAGE_SIZE octets. */
int plan_new(plan **out, void *python, const plan_material *material, char *message);
void plan_free(plan *p);
/* True when out has the answer; false: it is to be found the compatible way. */
bool plan_answer(plan *p, const uint8_t *request, size_t len, vouch_buf *out);

int server_start(server **out, void *python, const char *address, char *message);
/* NULL: no plan.  Requests that begin afterwards go by it. */
void server_set_plan(server *s, plan *p);
const char *server_address(const server *s);
/*
 * Stops, answers what is in flight, for as long as that takes and two seconds at most, and frees.  False:
 * functions of the program still run, and it is not freed.
 */
bool server_end(server *s);
/* Waits for functions of the program that still run, and frees. */
void server_free(server *s);

void exchange_look(vouch_http_exchange *exchange, exchange_view *view);
bool exchange_field(const vouch_http_exchange *exchange, size_t number, vouch_span *name, vouch_span *value);
void exchange_respond(vouch_http_exchange *exchange, unsigned status, const uint8_t *fields,
    size_t fields_len, const uint8_t *body, size_t body_len);

/* Whether the octets are one OCSP message in DER. */
int check_message(const uint8_t *der, size_t len, char *message);

#endif
