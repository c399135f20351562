/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links of the server to its signer processes: those of one generation belong together, and live until the last
 * vouch_signer of that generation has gone.
 */
#ifndef DAEMON_LINKS_H
#define DAEMON_LINKS_H

#include "daemon/assembly.h"
#include "daemon/link.h"
#include "http/ocsp_budget.h"

struct generation; /* the links of one */
struct links;	   /* all of them */

VOUCH_MUST int links_new(struct links **out, unsigned threads, link_lost *lost, void *lost_arg,
    vouch_err *err);
/* After the end of all loops. */
void links_free(struct links *links);

/*
 * A new generation, whose signers have made these proofs (signing.c writes them).  It is the caller's until
 * generation_release().
 */
VOUCH_MUST int links_begin(struct links *links, struct generation **out, uint64_t id, vouch_span proofs,
    vouch_err *err);
void generation_release(struct generation *generation);
/* The generation of that number that is not yet released by everybody; NULL: there is none. */
struct generation *links_find(struct links *links, uint64_t id);
/* A channel for one of the loop threads. */
void generation_give(struct generation *generation, unsigned thread, int takes_fd);
/* An assembly_open_signer; arg is the generation. */
VOUCH_MUST int generation_open_signer(void *arg, vouch_signer **out, const struct conf_signer *conf,
    unsigned number, vouch_span certificate, vouch_err *err);
/* How many signatures each issuer of the assembly may ask for, before anybody does. */
VOUCH_MUST int generation_set_limits(struct generation *generation, const struct assembly *assembly,
    const struct conf *conf, vouch_err *err);

/* For http/ocsp.h: the signers are those that generation_open_signer() made; arg is not used. */
bool links_carry_out(void *arg, unsigned thread, uv_loop_t *loop, struct http_ocsp_order *order);
void links_limits_of(void *arg, const vouch_issuer *issuer, vouch_signer *signer,
    struct http_ocsp_limits *out);
/* On each loop thread, now and then, and once before its end: closes what nobody needs any more. */
void links_tick(struct links *links, unsigned thread, bool last);

#endif
