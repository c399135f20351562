/* SPDX-License-Identifier: Apache-2.0 */
/* The named parameters: what they stand for, and how it is written. */
#include "modules/query/parameter.h"
#include "modules/query/form.h"
#include "modules/query/report.h"

#include <string.h>

/* How octets become a value; what it is called behind the part's name. */
struct query_form {
	const char *suffix;
	enum query_type type;
	int (*write)(vouch_buf *out, vouch_span octets, struct query_value *value);
};

/* A part of the subject: octets, hashed or not, and the forms that it has. */
struct query_part {
	const char *name;
	enum query_about about;
	size_t member;	      /* of query_subject: a vouch_span */
	enum vouch_hash hash; /* VOUCH_HASH_OTHER: as it is */
	const struct query_form *forms;
};

static int
write_octets(vouch_buf *out, vouch_span octets, struct query_value *value)
{
	(void)value;
	return vouch_buf_append(out, octets.data, octets.len);
}

static int
write_hex(vouch_buf *out, vouch_span octets, struct query_value *value)
{
	(void)value;
	return query_write_hex(out, octets, true);
}

static int
write_hex_lower(vouch_buf *out, vouch_span octets, struct query_value *value)
{
	(void)value;
	return query_write_hex(out, octets, false);
}

static int
write_base64(vouch_buf *out, vouch_span octets, struct query_value *value)
{
	(void)value;
	return query_write_base64(out, octets, false);
}

static int
write_base64url(vouch_buf *out, vouch_span octets, struct query_value *value)
{
	(void)value;
	return query_write_base64(out, octets, true);
}

/* As vouch itself writes serial numbers. */
static int
write_serial(vouch_buf *out, vouch_span serial_number, struct query_value *value)
{
	(void)value;
	return vouch_serial_format(out, serial_number);
}

static int
write_serial_lower(vouch_buf *out, vouch_span serial_number, struct query_value *value)
{
	size_t before = out->len;
	int code = write_serial(out, serial_number, value);

	for (size_t i = before; i < out->len; i++)
		if (out->data[i] >= 'A' && out->data[i] <= 'F')
			out->data[i] |= 0x20;
	return code;
}

/* What is there but for the octet that keeps a positive number from looking negative; nothing for a negative one. */
static int
write_unsigned(vouch_buf *out, vouch_span serial_number, struct query_value *value)
{
	size_t sign = serial_number.len > 1 && serial_number.data[0] == 0 ? 1 : 0;

	(void)value;
	if (serial_number.data[0] >= 0x80)
		return VOUCH_ENOTFOUND;
	return vouch_buf_append(out, serial_number.data + sign, serial_number.len - sign);
}

static int
write_pairs(vouch_buf *out, vouch_span serial_number, bool upper)
{
	size_t sign = serial_number.len > 1 && serial_number.data[0] == 0 ? 1 : 0;
	vouch_span magnitude = { serial_number.data + sign, serial_number.len - sign };

	return serial_number.data[0] >= 0x80 ? VOUCH_ENOTFOUND : query_write_hex(out, magnitude, upper);
}

static int
write_even(vouch_buf *out, vouch_span serial_number, struct query_value *value)
{
	(void)value;
	return write_pairs(out, serial_number, true);
}

static int
write_even_lower(vouch_buf *out, vouch_span serial_number, struct query_value *value)
{
	(void)value;
	return write_pairs(out, serial_number, false);
}

static int
write_decimal(vouch_buf *out, vouch_span serial_number, struct query_value *value)
{
	(void)value;
	return query_write_decimal(out, serial_number);
}

static int
write_integer(vouch_buf *out, vouch_span serial_number, struct query_value *value)
{
	uint64_t bits = serial_number.data[0] >= 0x80 ? UINT64_MAX : 0;
	/* A number of 64 bits, behind the octet that keeps it from looking negative. */
	bool is_unsigned = serial_number.len == sizeof(bits) + 1 && serial_number.data[0] == 0;

	(void)out;
	if (serial_number.len > sizeof(bits) && !is_unsigned)
		return VOUCH_ENOTFOUND;
	for (size_t i = 0; i < serial_number.len; i++)
		bits = bits << 8 | serial_number.data[i];
	value->integer = (int64_t)bits;
	value->is_unsigned = is_unsigned;
	return VOUCH_OK;
}

static int
write_name(vouch_buf *out, vouch_span name, struct query_value *value)
{
	(void)value;
	return name.len == 0 ? VOUCH_OK : vouch_name_format(out, name);
}

static const struct query_form serial_forms[] = {
	{ "_hex", QUERY_TEXT, write_serial },
	{ "_hex_lower", QUERY_TEXT, write_serial_lower },
	{ "_hex_even", QUERY_TEXT, write_even },
	{ "_hex_even_lower", QUERY_TEXT, write_even_lower },
	{ "_decimal", QUERY_TEXT, write_decimal },
	{ "_integer", QUERY_INTEGER, write_integer },
	{ "_bytes", QUERY_OCTETS, write_octets },
	{ "_bytes_unsigned", QUERY_OCTETS, write_unsigned },
	{ NULL, QUERY_NULL, NULL },
};
static const struct query_form octet_forms[] = {
	{ "", QUERY_OCTETS, write_octets },
	{ "_hex", QUERY_TEXT, write_hex },
	{ "_hex_lower", QUERY_TEXT, write_hex_lower },
	{ "_base64", QUERY_TEXT, write_base64 },
	{ "_base64url", QUERY_TEXT, write_base64url },
	{ NULL, QUERY_NULL, NULL },
};
static const struct query_form der_forms[] = {
	{ "_der", QUERY_OCTETS, write_octets },
	{ NULL, QUERY_NULL, NULL },
};
static const struct query_form dn_forms[] = {
	{ "", QUERY_TEXT, write_name },
	{ NULL, QUERY_NULL, NULL },
};
static const struct query_form label_forms[] = {
	{ "", QUERY_TEXT, write_octets },
	{ NULL, QUERY_NULL, NULL },
};
static const struct query_form position_forms[] = {
	{ "", QUERY_INTEGER, NULL },
	{ NULL, QUERY_NULL, NULL },
};

#define ISSUER(name, member, hash) \
	{ \
		"issuer_" name, QUERY_ABOUT_ISSUER, offsetof(struct query_subject, member), hash, \
		    octet_forms \
	}

static const struct query_part parts[] = {
	{ "serial", QUERY_ABOUT_SERIAL, offsetof(struct query_subject, serial_number), VOUCH_HASH_OTHER,
	    serial_forms },
	ISSUER("key_sha1", subject_public_key, VOUCH_SHA1),
	ISSUER("key_sha256", subject_public_key, VOUCH_SHA256),
	ISSUER("name_sha1", name, VOUCH_SHA1),
	ISSUER("name_sha256", name, VOUCH_SHA256),
	ISSUER("certificate_sha1", certificate, VOUCH_SHA1),
	ISSUER("certificate_sha256", certificate, VOUCH_SHA256),
	ISSUER("key_identifier", subject_key_identifier, VOUCH_HASH_OTHER),
	ISSUER("id", id, VOUCH_HASH_OTHER),
	{ "issuer_name", QUERY_ABOUT_ISSUER, offsetof(struct query_subject, name), VOUCH_HASH_OTHER,
	    der_forms },
	{ "issuer_certificate", QUERY_ABOUT_ISSUER, offsetof(struct query_subject, certificate),
	    VOUCH_HASH_OTHER, der_forms },
	{ "issuer_dn", QUERY_ABOUT_ISSUER, offsetof(struct query_subject, name), VOUCH_HASH_OTHER, dn_forms },
	{ "issuer_label", QUERY_ABOUT_ISSUER, offsetof(struct query_subject, label), VOUCH_HASH_OTHER,
	    label_forms },
	{ "position", QUERY_ABOUT_POSITION, offsetof(struct query_subject, position), VOUCH_HASH_OTHER,
	    position_forms },
};

/* As SQL sees names: in any case. */
static bool
is_name(vouch_span name, const char *part, const char *suffix)
{
	size_t first = strlen(part);

	if (name.len != first + strlen(suffix))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.data[i];
		if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) !=
		    (uint8_t)(i < first ? part[i] : suffix[i - first]))
			return false;
	}
	return true;
}

bool
query_parameter_find(struct query_parameter *out, vouch_span name)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (const struct query_form *f = parts[i].forms; f->suffix != NULL; f++) {
			if (!is_name(name, parts[i].name, f->suffix))
				continue;
			*out = (struct query_parameter){ parts[i].about, &parts[i], f };
			return true;
		}
	}
	return false;
}

enum query_type
query_parameter_value_type(const struct query_parameter *parameter)
{
	return parameter->form->type;
}

static const void *
member_of(const struct query_subject *subject, size_t member)
{
	return (const char *)subject + member;
}

int
query_parameter_write(const struct query_parameter *parameter, const struct query_subject *subject,
    vouch_buf *out, struct query_value *value, vouch_err *err)
{
	const struct query_part *part = parameter->part;
	uint8_t digest[VOUCH_DIGEST_MAX];

	if (part->about == QUERY_ABOUT_POSITION) {
		value->integer = subject->position;
		return VOUCH_OK;
	}
	vouch_span octets = *(const vouch_span *)member_of(subject, part->member);
	/* Nothing would be equal to whatever a table has where it knows no identifier. */
	if (part->member == offsetof(struct query_subject, subject_key_identifier) && octets.len == 0)
		return query_fail(err, VOUCH_EINVAL, 0,
		    "the CA's certificate has no subjectKeyIdentifier, which :%s stands for", part->name);
	if (part->hash != VOUCH_HASH_OTHER) {
		octets = (vouch_span){ digest, vouch_digest(part->hash, octets, digest) };
		if (octets.len == 0)
			return query_fail(err, VOUCH_ECRYPTO, 0,
			    "the cryptographic library cannot compute :%s", part->name);
	}
	int code = parameter->form->write(out, octets, value);
	if (code == VOUCH_OK || code == VOUCH_ENOTFOUND)
		return code;
	if (code == VOUCH_ENOMEM)
		return query_fail_nomem(err);
	return query_fail(err, code, 0, "the value of :%s%s cannot be computed", part->name,
	    parameter->form->suffix);
}
