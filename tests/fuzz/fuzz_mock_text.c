/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that vouch mock takes from command lines, URL paths, headers and scenarios; the first octet says which. */
#include "target.h"

#include <string.h>

#include "mock/control.h"
#include "mock/script.h"

/* What is read is written so that it is read alike. */
static void
try_use(const char *text, size_t len)
{
	char written[MOCK_USE_TEXT];
	vouch_err err = { 0 };
	struct mock_use use, again;

	if (mock_use_parse(&use, (vouch_span){ (const uint8_t *)text, len }, &err) != VOUCH_OK) {
		FUZZ_CHECK(err.msg[0] != '\0');
		return;
	}
	mock_use_format(&use, written);
	FUZZ_CHECK(mock_use_parse(&again, (vouch_span){ (const uint8_t *)written, strlen(written) }, &err) ==
	    VOUCH_OK);
	FUZZ_CHECK(again.fault == use.fault && again.value == use.value);
}

typedef int add_text(struct mock_script *script, const char *text, vouch_err *err);

static void
try_script(add_text *add, const char *text)
{
	vouch_err err = { 0 };
	struct mock_script script;

	mock_script_init(&script);
	if (add(&script, text, &err) == VOUCH_OK)
		FUZZ_CHECK(script.serial_count == 1 && script.serials[0].step_count == 1);
	else
		FUZZ_CHECK(err.msg[0] != '\0');
	mock_script_clear(&script);
}

static void
try_scenario(const char *text, size_t len)
{
	vouch_err err = { 0 };
	struct mock_script script, copy;

	mock_script_init(&script);
	if (mock_scenario_read(&script, "s.yaml", (vouch_span){ (const uint8_t *)text, len }, &err) !=
	    VOUCH_OK) {
		FUZZ_CHECK(strncmp(err.msg, "s.yaml:", 7) == 0);
	} else {
		FUZZ_CHECK(script.otherwise.cert_status != VOUCH_STATUS_UNSET);
		FUZZ_CHECK(mock_script_copy(&copy, &script, &err) == VOUCH_OK);
		FUZZ_CHECK(copy.serial_count == script.serial_count);
		mock_script_clear(&copy);
	}
	mock_script_clear(&script);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0 || (text = calloc(1, size)) == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	switch (data[0]) {
	case 'f':
		try_use(text, size - 1);
		break;
	case 's':
		try_script(mock_script_add_status, text);
		break;
	case 'p':
		try_script(mock_script_add_fault, text);
		break;
	case 'h':
		(void)mock_control_host_is_local((vouch_span){ (const uint8_t *)text, size - 1 });
		break;
	default:
		try_scenario(text, size - 1);
		break;
	}
	free(text);
	return 0;
}
