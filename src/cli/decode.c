/* SPDX-License-Identifier: Apache-2.0 */
/* vouch decode: every field of a request or response, with its place. */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "cli/json_fields.h"
#include "cli/message_text.h"
#include "io/file.h"

#define READ_STEP 65536
#define MESSAGE_MAX (1 << 20) /* the largest real responses (SLH-DSA, with a chain) are about 110 kB */

static const struct cli_option options[] = {
	{ "json", NULL, "one JSON object per field and line", false, false },
	{ 0 },
};

static int
read_stdin(vouch_buf *out, vouch_err *err)
{
	ssize_t got;

	do {
		if (buf_reserve(out, READ_STEP) != VOUCH_OK)
			return err_nomem(err);
		got = read(STDIN_FILENO, out->data + out->len, READ_STEP);
		out->len += got > 0 ? (size_t)got : 0;
	} while ((got > 0 && out->len <= MESSAGE_MAX) || (got < 0 && errno == EINTR));
	if (got < 0)
		return err_set(err, VOUCH_EIO, "standard input: %s", strerror(errno));
	return out->len <= MESSAGE_MAX ?
	    VOUCH_OK :
	    err_set(err, VOUCH_ELIMIT, "standard input: larger than %d octets", MESSAGE_MAX);
}

static int
print_text(void *arg, const vouch_field *field)
{
	(void)arg;
	printf("%6zu %*s%s%s%s\n", field->offset, (int)(2 * field->depth), "", field->name,
	    field->text[0] == '\0' ? "" : ": ", field->text);
	return 0;
}

static int
print_json(void *arg, const vouch_field *field)
{
	vouch_buf line = { 0 };
	json_t *object = json_pack("{s:I, s:i, s:I, s:I, s:s, s:s}", "offset", (json_int_t)field->offset,
	    "depth", (int)field->depth, "header", (json_int_t)field->header, "length",
	    (json_int_t)field->length, "name", field->name, "value", "");
	bool *failed = arg;

	*failed = json_fields_text(object, "value", field->text) != 0;
	*failed = json_fields_end(object, &line) != 0 || *failed;
	if (!*failed)
		(void)fwrite(line.data, 1, line.len, stdout);
	vouch_buf_free(&line);
	return *failed ? 1 : 0;
}

static int
decode(vouch_buf *octets, const char *file, bool json)
{
	vouch_err err = { 0 };
	bool failed = false;

	if (message_text_decode(octets, &err) != VOUCH_OK)
		return cli_failf(file, "%s", err.msg);
	if (vouch_decode(span_buf(octets), json ? print_json : print_text, &failed, &err) != VOUCH_OK)
		return cli_failf(file, "at octet %zu: %s", err.offset, err.msg);
	return failed ? cli_failf(file, "out of memory") : CLI_OK;
}

static int
run(const struct cli_args *args)
{
	size_t count;
	const char *const *files = cli_operands(args, &count);
	vouch_buf octets = { 0 };
	vouch_err err = { 0 };

	if (count != 1)
		return cli_usage(args, "one file is expected, or - for standard input");
	bool from_stdin = strcmp(files[0], "-") == 0;
	int code = from_stdin ? read_stdin(&octets, &err) :
				io_file_read(&octets, files[0], MESSAGE_MAX, &err);
	code = code != VOUCH_OK ?
	    cli_fail("decode", &err) :
	    decode(&octets, from_stdin ? "standard input" : files[0], cli_flag(args, "json"));
	vouch_buf_free(&octets);
	return code;
}

const struct cli_command cli_decode = {
	.name = "decode",
	.synopsis = "[--json] FILE|-",
	.summary = "print every field of an OCSP request or response",
	.description =
	    "Prints the fields in the order of the encoding, each with the octet at which it begins, and ends with exit code 1 at the first "
	    "octet that is not DER or not OCSP. Base64, as it stands in the path of a GET or in PEM, is read as well.",
	.example = "openssl ocsp -issuer ca.pem -cert server.pem -reqout - | vouch decode -\n"
		   "vouch decode --json response.der",
	.options = options,
	.run = run,
};
