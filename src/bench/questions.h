/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a load asks about: certificates by their serial numbers, listed or as ranges, and the OCSPRequest for
 * each. A request is a copy of a template (one for each issuer and length of a serial number) with its gaps
 * filled, so that millions of certificates need neither memory nor an encoder.
 */
#ifndef BENCH_QUESTIONS_H
#define BENCH_QUESTIONS_H

#include <vouch.h>

#define BENCH_SERIAL_MAX 1025 /* octets of an INTEGER: what vouch_serial_parse() yields at most */
#define BENCH_NONCE 32	      /* RFC 9654 2.1: new clients send at least 32 */
#define BENCH_QUESTIONS_MAX (UINT64_C(1) << 40)

struct bench_questions;

VOUCH_MUST int bench_questions_new(struct bench_questions **out, enum vouch_hash hash, bool nonce,
    vouch_err *err);
void bench_questions_free(struct bench_questions *questions);

/* A reference to the issuer is taken; serial_number is the content of a DER INTEGER, and copied. */
VOUCH_MUST int bench_questions_add(struct bench_questions *questions, vouch_issuer *issuer,
    vouch_span serial_number, vouch_err *err);
/*
 * Every serial number from first to last, both included; VOUCH_EINVAL when there is none, or one is negative.
 */
VOUCH_MUST int bench_questions_add_range(struct bench_questions *questions, vouch_issuer *issuer,
    vouch_span first, vouch_span last, vouch_err *err);
/*
 * One serial number a line, in hexadecimal; empty lines and what follows a '#' are passed over.  Errors name
 * the line.
 */
VOUCH_MUST int bench_questions_add_lines(struct bench_questions *questions, vouch_issuer *issuer,
    vouch_span text, vouch_err *err);

/* From here on nothing is added, and any number of threads may ask. */
uint64_t bench_questions_count(const struct bench_questions *questions);
bool bench_questions_have_nonce(const struct bench_questions *questions);
enum vouch_hash bench_questions_hash(const struct bench_questions *questions);
vouch_issuer *bench_questions_issuer(const struct bench_questions *questions, uint64_t number);
/* The content of the INTEGER, written into out. */
vouch_span bench_questions_serial(const struct bench_questions *questions, uint64_t number,
    uint8_t out[BENCH_SERIAL_MAX]);
/* Appends the OCSPRequest; the nonce is looked at when there is one in the requests. */
VOUCH_MUST int bench_questions_write(const struct bench_questions *questions, uint64_t number,
    const uint8_t nonce[BENCH_NONCE], vouch_buf *out);

#endif
