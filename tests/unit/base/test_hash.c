/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of SipHash-1-3 against the reference implementation's values for the key 00..0f and the message 00, 01, 02 ... */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"

static const uint8_t key[HASH_KEY_LENGTH] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

/* The published octets, read as little-endian numbers. */
static const struct {
	size_t len;
	uint64_t hash_64;
	struct hash_128 hash_128;
} vectors[] = {
	{ 0, 0xabac0158050fc4dc, { 0xbea58827b2bc7ee7, 0x013030dd6adb62fd } },
	{ 1, 0xc9f49bf37d57ca93, { 0xa8edd36004376ffc, 0x63f02f2bcc73055e } },
	{ 7, 0xd3927d989bb11140, { 0xc3e0aaf223b98410, 0x77ab4808c82e2fa6 } },
	{ 8, 0x369095118d299a8e, { 0xb4dae3d5e1fe12aa, 0x99c7f935ab164f72 } },
	{ 15, 0xd320d86d2a519956, { 0x6c52bdb205557ec1, 0x09017e1eeccd2129 } },
	{ 63, 0x9d199062b7bbb3a8, { 0x6f42fe4ee300584c, 0xad6052a70a6b9f07 } },
};

static void
hashes_are_those_of_the_reference_implementation(void **state)
{
	uint8_t message[64];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		vouch_span octets = span_of(message, vectors[i].len);
		struct hash_128 wide = hash_128(key, octets);
		assert_true(hash_64(key, octets) == vectors[i].hash_64);
		assert_true(wide.first == vectors[i].hash_128.first);
		assert_true(wide.second == vectors[i].hash_128.second);
	}
}

static void
another_key_gives_another_hash(void **state)
{
	uint8_t other[HASH_KEY_LENGTH];

	(void)state;
	memcpy(other, key, sizeof(other));
	other[15] ^= 1;
	assert_true(hash_64(key, SPAN_LITERAL("serial")) != hash_64(other, SPAN_LITERAL("serial")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_the_reference_implementation),
		cmocka_unit_test(another_key_gives_another_hash),
	};

	return cmocka_run_group_tests_name("base_hash", tests, NULL, NULL);
}
