/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of addresses: what people write, and how peers are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "io/address.h"
#include "localhost.h"

static const struct {
	const char *text, *formatted;
} good[] = {
	{ "127.0.0.1:8080", "127.0.0.1:8080" },
	{ "0.0.0.0:1", "0.0.0.0:1" },
	{ "[::1]:65535", "[::1]:65535" },
	{ "[::]:8080", "[::]:8080" },
	{ "[::ffff:127.0.0.1]:80", "127.0.0.1:80" },
	{ ":8080", "[::]:8080" },
	{ "*:8080", "[::]:8080" },
	{ "127.0.0.1:0", "127.0.0.1:0" },
	{ "unix:/run/vouch/http.sock", "unix:/run/vouch/http.sock" },
	{ "unix:relative.sock", "unix:relative.sock" },
};

static void
addresses_read_and_print_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct io_address a[IO_ADDRESSES];
		size_t count;
		char text[IO_ADDRESS_TEXT];
		vouch_err err;
		if (io_address_parse(a, &count, good[i].text, &err) != VOUCH_OK)
			fail_msg("%s: %s", good[i].text, err.msg);
		io_address_format(text, (struct sockaddr *)&a[0].storage, a[0].len);
		assert_string_equal(text, good[i].formatted);
	}
}

static void
a_name_stands_for_its_addresses(void **state)
{
	struct io_address a[IO_ADDRESSES];
	size_t count;
	vouch_err err;

	(void)state;
	skip_without_localhost();
	assert_int_equal(io_address_parse(a, &count, "localhost:8080", &err), VOUCH_OK);
	assert_in_range(count, 1, 2);
	for (size_t i = 0; i < count; i++)
		assert_true(io_address_is_loopback((struct sockaddr *)&a[i].storage));
}

static const struct {
	const char *text;
	int code;
} bad[] = {
	{ "", VOUCH_EPARSE },
	{ "8080", VOUCH_EPARSE },
	{ "127.0.0.1", VOUCH_EPARSE },
	{ "127.0.0.1:", VOUCH_EPARSE },
	{ "127.0.0.1:65536", VOUCH_EPARSE },
	{ "127.0.0.1:http", VOUCH_EPARSE },
	{ "127.0.0.1:-1", VOUCH_EPARSE },
	{ "127.0.0.1: 80", VOUCH_EPARSE },
	{ "::1:80", VOUCH_EPARSE },
	{ "[::1:80", VOUCH_EPARSE },
	{ "[::1]", VOUCH_EPARSE },
	{ "[localhost]:80", VOUCH_EPARSE },
	{ "[]:80", VOUCH_EPARSE },
	{ "256.0.0.1:80", VOUCH_EPARSE },
	{ "unix:", VOUCH_EPARSE },
	{ "unix:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    VOUCH_ELIMIT },
};

static void
what_is_no_address_is_refused_and_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct io_address a[IO_ADDRESSES];
		size_t count;
		vouch_err err;
		if (io_address_parse(a, &count, bad[i].text, &err) != bad[i].code)
			fail_msg("%s", bad[i].text);
		assert_non_null(strstr(err.msg, bad[i].text));
	}
}

static void
key_of(uint8_t key[16], const char *text)
{
	struct io_address a[IO_ADDRESSES];
	size_t count;
	vouch_err err;

	assert_int_equal(io_address_parse(a, &count, text, &err), VOUCH_OK);
	assert_true(io_address_peer_key(key, (struct sockaddr *)&a[0].storage));
}

static void
peers_are_counted_by_ipv4_address_and_by_64_bits_of_ipv6(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{ "192.0.2.1:1", "192.0.2.1:2", true },
		{ "192.0.2.1:1", "192.0.2.2:1", false },
		{ "192.0.2.1:1", "[::ffff:192.0.2.1]:1", true },
		{ "[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:1", false },
		{ "[2001:db8::1]:1", "[2001:db8::ffff:2]:1", true },
		{ "[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t one[16], other[16];
		key_of(one, rows[i].one);
		key_of(other, rows[i].other);
		if ((memcmp(one, other, 16) == 0) != rows[i].same)
			fail_msg("%s and %s", rows[i].one, rows[i].other);
	}
}

static void
a_unix_peer_is_counted_for_nobody(void **state)
{
	struct io_address a[IO_ADDRESSES];
	size_t count;
	uint8_t key[16];
	vouch_err err;

	(void)state;
	assert_int_equal(io_address_parse(a, &count, "unix:/x", &err), VOUCH_OK);
	assert_false(io_address_peer_key(key, (struct sockaddr *)&a[0].storage));
	assert_false(io_address_is_loopback((struct sockaddr *)&a[0].storage));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_read_and_print_alike),
		cmocka_unit_test(a_name_stands_for_its_addresses),
		cmocka_unit_test(what_is_no_address_is_refused_and_named),
		cmocka_unit_test(peers_are_counted_by_ipv4_address_and_by_64_bits_of_ipv6),
		cmocka_unit_test(a_unix_peer_is_counted_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
