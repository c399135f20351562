/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what reads and writes short texts: dates, numbers, serial numbers, OBJECT IDENTIFIERs, Names.  The first octet chooses. */
#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/hex.h"
#include "base/number.h"
#include "der/oid.h"
#include "target.h"

#define NOW INT64_C(1795341600)

static void
http_date(vouch_span text)
{
	char written[DATE_HTTP_LENGTH + 1];
	vouch_time time = date_parse_http(text, NOW);

	if (time == VOUCH_TIME_ABSENT)
		return;
	date_format_http(time, written);
	FUZZ_CHECK(time > DATE_LAST || date_parse_http(span_of(written, strlen(written)), NOW) == time);
}

static void
rfc3339(vouch_span text)
{
	char written[DATE_RFC3339_LENGTH + 1];
	vouch_time time = date_parse_rfc3339(text);

	if (time == VOUCH_TIME_ABSENT)
		return;
	date_format_rfc3339(time, written);
	FUZZ_CHECK(date_parse_rfc3339(span_of(written, strlen(written))) == time);
}

static void
number(vouch_span text)
{
	uint64_t value = 0;

	if (number_parse(text, UINT32_MAX, &value))
		FUZZ_CHECK(value <= UINT32_MAX && text.len > 0 && text.len <= 20);
}

static void
serial_text(vouch_span octets)
{
	vouch_buf text = { 0 }, serial = { 0 }, written = { 0 }, again = { 0 };
	vouch_err err;

	FUZZ_CHECK(buf_append_span(&text, octets) == VOUCH_OK && vouch_buf_append(&text, "", 1) == VOUCH_OK);
	if (vouch_serial_parse(&serial, (const char *)text.data, &err) == VOUCH_OK) {
		FUZZ_CHECK(serial.len > 0 && serial.len <= 1025);
		FUZZ_CHECK(vouch_serial_format(&written, span_of(serial.data, serial.len)) == VOUCH_OK);
		FUZZ_CHECK(vouch_buf_append(&written, "", 1) == VOUCH_OK);
		FUZZ_CHECK(vouch_serial_parse(&again, (const char *)written.data, &err) == VOUCH_OK);
		FUZZ_CHECK(span_equal(span_of(serial.data, serial.len), span_of(again.data, again.len)));
	} else {
		FUZZ_CHECK(serial.len == 0 && err.offset <= text.len);
	}
	vouch_buf_free(&text);
	vouch_buf_free(&serial);
	vouch_buf_free(&written);
	vouch_buf_free(&again);
}

static void
serial_content(vouch_span content)
{
	vouch_buf written = { 0 };
	int code = vouch_serial_format(&written, content);

	FUZZ_CHECK(code == (content.len == 0 ? VOUCH_EINVAL : VOUCH_OK));
	vouch_buf_free(&written);
}

static void
oid(vouch_span content)
{
	vouch_buf text = { 0 };
	int code = der_oid_text(&text, content);

	FUZZ_CHECK(code == VOUCH_OK ? text.len > 0 : text.len == 0);
	vouch_buf_free(&text);
}

static void
name(vouch_span der)
{
	vouch_buf text = { 0 };
	int code = vouch_name_format(&text, der);

	FUZZ_CHECK(code == VOUCH_OK || text.len == 0);
	for (size_t i = 0; i < text.len; i++)
		FUZZ_CHECK(
		    text.data[i] >= 0x20 && text.data[i] != 0x7f); /* nothing that controls a terminal */
	vouch_buf_free(&text);
}

static void
hexadecimal(vouch_span text)
{
	vouch_buf octets = { 0 }, again = { 0 };
	vouch_err err;

	if (hex_decode(&octets, text, &err) == VOUCH_OK) {
		FUZZ_CHECK(hex_encode(&again, span_of(octets.data, octets.len)) == VOUCH_OK);
		FUZZ_CHECK(again.len == text.len);
	}
	vouch_buf_free(&octets);
	vouch_buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(
	    vouch_span) = { http_date, rfc3339, number, serial_text, serial_content, oid, name, hexadecimal };

	if (size == 0)
		return 0;
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](span_of(data + 1, size - 1));
	return 0;
}
