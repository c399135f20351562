/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slow status source for tests, as a plug-in: below KNOWN a serial number is good, the rest it does not know.  Of each
 * lookup it writes down the second: --source 'plugin:counting_source.so?record=FILE&delay_ms=N'
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vouch.h>

#define KNOWN 128

struct counting {
	int record;
	struct timespec delay;
};

static int
parameter(vouch_buf *value, const char *uri, const char *name, vouch_err *err)
{
	int code = vouch_uri_parameter(value, uri, name, err);

	if (code == VOUCH_ENOTFOUND)
		err->code = code = VOUCH_EINVAL;
	return code;
}

static int
open_record(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	struct counting *c = calloc(1, sizeof(*c));
	vouch_buf value = { 0 };
	(void)now;

	int code = c == NULL ? VOUCH_ENOMEM : parameter(&value, uri, "delay_ms", err);
	if (code == VOUCH_OK) {
		long ms = strtol((const char *)value.data, NULL, 10);
		c->delay = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
		code = parameter(&value, uri, "record", err);
	}
	if (code == VOUCH_OK &&
	    (c->record = open((const char *)value.data, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) < 0)
		err->code = code = VOUCH_EIO;
	vouch_buf_free(&value);
	if (code == VOUCH_OK)
		*ctx = c;
	else
		free(c);
	return code;
}

static int
lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	const struct counting *c = ctx;
	(void)issuer, (void)now, (void)err;

	nanosleep(&c->delay, NULL);
	int64_t second = time(NULL);
	if (write(c->record, &second, sizeof(second)) != (ssize_t)sizeof(second))
		return VOUCH_EUNAVAILABLE;
	if (serial_number.len != 1 || serial_number.data[0] >= KNOWN)
		return VOUCH_ENOTFOUND;
	out->cert_status = VOUCH_GOOD;
	return VOUCH_OK;
}

static void
close_record(void *ctx)
{
	struct counting *c = ctx;

	close(c->record);
	free(c);
}

static const vouch_source_ops ops = { .abi = VOUCH_ABI,
	.name = "counting",
	.open = open_record,
	.lookup = lookup,
	.close = close_record };

const vouch_source_ops *
vouch_plugin(uint32_t abi)
{
	return abi == VOUCH_ABI ? &ops : NULL;
}
