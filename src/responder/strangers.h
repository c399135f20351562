/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strangers: serial numbers of an issuer that no source knows, and that anybody can invent.  Who asks for them gets the
 * sources' attention so many times a second and no more; who asks for a certificate that a source knew lately gets it
 * always.
 *
 *   window    the current second and how many lookups in it found nothing, in one word
 *   known     serial number → keyed hash → place in a table of fingerprints, the newest on top.  Of 65,536 strangers
 *             one is taken for known there, once: the lookup in vain takes the fingerprint away.
 *
 * Any number of threads, without a lock.
 */
#ifndef RESPONDER_STRANGERS_H
#define RESPONDER_STRANGERS_H

#include <stdatomic.h>

#include "issuer/issuer.h"

struct strangers;

/* *out is NULL when as many lookups in vain as come are allowed; all functions take that. */
VOUCH_MUST int strangers_new(struct strangers **out, const vouch_issuer *issuer, const uint8_t key[16],
    vouch_err *err);
void strangers_free(struct strangers *strangers);
/* A source knew the certificate lately. */
bool strangers_are_known(const struct strangers *strangers, vouch_span serial_number);
/* No lookup more of what may be unknown, in this second. */
bool strangers_are_too_many(const struct strangers *strangers, vouch_time now);
/* A source knows it, or says that it has changed. */
void strangers_remember(struct strangers *strangers, vouch_span serial_number);
/* No source knows it. */
void strangers_count(struct strangers *strangers, vouch_span serial_number, vouch_time now);

#endif
