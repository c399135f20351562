/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the supervisor and its two children say to each other: records (io/channel.h), each of a few octets, with
 * descriptors for what is larger.
 *
 *   supervisor → signer    CHANNEL*  RETIRE                     signer → supervisor   READY | FAILED
 *   supervisor → server    PLAN CHANNEL* BUILD  LISTENER* SERVE  STOP
 *                                                               server → supervisor   READY | FAILED | ANEW, once for each
 *                                                                                     BUILD, and once for SERVE;
 *                                                               LOST, SHUT_OUT
 *
 * The id of a record is the generation that it belongs to: one of the plan, and of the signer that has its keys.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include "io/message.h"

enum control_type {
	CONTROL_NONE = 0,
	CONTROL_PLAN,	 /* number: threads of the server; descriptors: the plan, the proofs of the signers */
	CONTROL_CHANNEL, /* number: the loop thread; descriptor: its stream to the signer */
	CONTROL_BUILD,	 /* everything of that generation has been sent */
	CONTROL_LISTENER, /* number: enum control_role; body: its address; one descriptor: of the next thread */
	CONTROL_SERVE,
	CONTROL_STOP,	 /* the second: at once */
	CONTROL_RETIRE,	 /* no channel comes any more: the signer ends with the last one */
	CONTROL_READY,	 /* of a signer, descriptor: the proofs of its signers */
	CONTROL_FAILED,	 /* body: why; number: enum control_failure */
	CONTROL_ANEW,	 /* instead of either, to BUILD: not in this process, but a new one can */
	CONTROL_LOST,	 /* of the server: its signer is there and does not serve it */
	CONTROL_SHUT_OUT /* of the server: what it may read was replaced by what it may not; a new one may */
};

/* A refused PIN is not to be tried again: a few more, and the token locks itself. */
enum control_failure { CONTROL_OTHER = 0, CONTROL_PIN_REFUSED };

enum control_role { CONTROL_OCSP = 0, CONTROL_ADMIN };

/* What goes over a channel between a loop thread and the signer: messages (io/message.h), number is the signer's. */
enum signing_type {
	SIGNING_SIGN = 1, /* body: ResponseData */
	SIGNING_SIGNED,	  /* body: the value of the signature */
	SIGNING_FAILED	  /* body: why */
};

/*
 * Octets of one body: a ResponseData of 64 CertIDs, each with extensions of half a KiB, has less; an SLH-DSA
 * signature 49,856.
 */
#define SIGNING_BODY_MOST 65536
/* Octets that either side reads at a time: a batch, and one message of any length for sure. */
#define SIGNING_ROOM ((size_t)4 * (SIGNING_BODY_MOST + IO_MESSAGE_HEAD))

#endif
