/* SPDX-License-Identifier: Apache-2.0 */
/* The named parameters: what they stand for, and how it is written. */
#ifndef QUERY_PARAMETER_H
#define QUERY_PARAMETER_H

#include "modules/query/query.h"

/* A longer serial number is nobody's (RFC 5280 4.1.2.2 allows 20 octets), and its decimal form takes too long. */
#define QUERY_SERIAL_MAX 256

enum query_about { QUERY_ABOUT_SERIAL, QUERY_ABOUT_ISSUER, QUERY_ABOUT_POSITION };

/* What the values of one execution are made from. */
struct query_subject {
	vouch_span serial_number;
	int64_t position;
	vouch_span certificate, subject_public_key, subject_key_identifier, name; /* of the issuer */
	vouch_span id, label;
};

struct query_form;

struct query_parameter {
	enum query_about about;
	const struct query_part *part;
	const struct query_form *form;
};

/* False: there is no such parameter. */
bool query_parameter_find(struct query_parameter *out, vouch_span name);
enum query_type query_parameter_value_type(const struct query_parameter *parameter);
/*
 * Appends the value, or writes it as the integer of *value.  VOUCH_ENOTFOUND: the serial number cannot be written in this form, and
 * err is not written.
 */
VOUCH_MUST int query_parameter_write(const struct query_parameter *parameter,
    const struct query_subject *subject, vouch_buf *out, struct query_value *value, vouch_err *err);

#endif
