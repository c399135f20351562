/* SPDX-License-Identifier: Apache-2.0 */
/* vouch mock: a responder that misbehaves on demand. */
#include "mock/mock.h"

#include <stdio.h>
#include <unistd.h>

#include "base/number.h"
#include "base/span.h"
#include "cli/command.h"
#include "cli/demo_ca.h"
#include "cli/demo_folder.h"
#include "cli/mock_faults.h"
#include "daemon/log.h"
#include "io/file.h"

#define YEAR UINT64_C(31622400)
#define SCENARIO_LIMIT (1u << 20)
#define USUAL_BIND "127.0.0.1"
#define USUAL_PORT "8080" /* of the mocks whose options we know */
#define PATH_ROOM 4400

static const struct cli_option options[] = {
	{ "ca", "FILE", "certificate of the CA", false, false },
	{ "cert", "FILE", "certificate of the responder; the CA's own to sign as the CA", false, false },
	{ "key", "URI", "key of the responder: a file, or anything an OpenSSL store loads", false, false },
	{ "ca-key", "URI", "key of the CA, for signers that it is to certify wrongly", false, false },
	{ "new-ca", "DIR",
	    "make a throw-away CA with its responder in a new or empty folder, instead of the above", false,
	    false },
	{ "listen", "ADDRESS",
	    "where to answer: 127.0.0.1:8080, unix:/path; may be repeated; default: 127.0.0.1:0", true,
	    false },
	{ "port", "PORT", "the same, as a port", false, false },
	{ "bind-ip", "IP", "the same, as an address without a port", false, false },
	{ "status", "STATUS", "of every certificate: good, revoked or unknown, as in revoked,keyCompromise",
	    false, false },
	{ "serial", "HEX=STATUS",
	    "of one certificate, as in 1A=revoked,superseded@2026-11-22T10:00:00Z; repeated for one serial number, its answers "
	    "one after another",
	    true, false },
	{ "scenario", "FILE", "status and faults in YAML or JSON", false, false },
	{ "fault", "NAME[=VALUE]", "a fault of every answer; may be repeated", true, false },
	{ "fault-serial", "HEX=NAME[=VALUE]", "a fault of the answers about one certificate; may be repeated",
	    true, false },
	{ "seed", "N", "decides what is random; default: 0", false, false },
	{ "log", "FILE", "what was asked and answered, one JSON object a line; - is standard output", false,
	    false },
	{ "verbose", NULL, "the same as --log -", false, false },
	{ "next-update-seconds", "N", "from thisUpdate, which is now, to nextUpdate; default: 86400", false,
	    false },
	{ "response-delay-seconds", "N", "before every answer", false, false },
	{ "include-extraneous-status", NULL, "add an entry about another serial number to every answer",
	    false, false },
	{ "issuer-hash-algorithm", "HASH",
	    "of the CertIDs in every answer: md5, sha1, sha256, sha384, sha512; default: as asked", false,
	    false },
	{ "list-faults", NULL, "print the faults, and what a correct client does about each", false, false },
	{ "json", NULL, "with --list-faults: as JSON", false, false },
	{ 0 },
};

static const struct cli_alias aliases[] = {
	{ "p", "port" },
	{ "b", "bind-ip" },
	{ "v", "verbose" },
	{ "bind_ip", "bind-ip" },
	{ "ca_file", "ca" },
	{ "ocsp_responder_cert", "cert" },
	{ "ocsp_responder_key", "key" },
	{ "next_update_seconds", "next-update-seconds" },
	{ "response_delay_seconds", "response-delay-seconds" },
	{ "include_extraneous_status", "include-extraneous-status" },
	{ "issuer_hash_algorithm", "issuer-hash-algorithm" },
	{ NULL, NULL },
};

struct mock_command {
	const struct cli_args *args;
	struct mock_options mock;
	char address[160];
	const char *addresses[1];
	struct demo_folder folder;
	char files[4][PATH_ROOM];
};

/* --- Status and faults ---------------------------------------------------------------------------------- */

typedef int read_text(struct mock_command *c, const char *text, vouch_err *err);

static int
read_status(struct mock_command *c, const char *text, vouch_err *err)
{
	const struct mock_uses faults = c->mock.script.otherwise.faults;
	int code = mock_step_parse(&c->mock.script.otherwise, text, err);

	c->mock.script.otherwise.faults = faults;
	return code;
}

static int
read_serial(struct mock_command *c, const char *text, vouch_err *err)
{
	return mock_script_add_status(&c->mock.script, text, err);
}

static int
read_fault(struct mock_command *c, const char *text, vouch_err *err)
{
	struct mock_use use;

	if (mock_use_parse(&use, span_string(text), err) != VOUCH_OK)
		return err->code;
	return mock_uses_add(&c->mock.script.otherwise.faults, &use, err);
}

static int
read_fault_serial(struct mock_command *c, const char *text, vouch_err *err)
{
	return mock_script_add_fault(&c->mock.script, text, err);
}

static int
read_number(const char *text, uint64_t max, uint64_t *out, vouch_err *err)
{
	if (number_parse(span_string(text), max, out))
		return VOUCH_OK;
	return err_set(err, VOUCH_EINVAL, "a number up to %llu is expected", (unsigned long long)max);
}

static int
read_seed(struct mock_command *c, const char *text, vouch_err *err)
{
	return read_number(text, INT64_MAX, &c->mock.script.seed, err);
}

static int
read_next_update(struct mock_command *c, const char *text, vouch_err *err)
{
	uint64_t seconds;
	int code = read_number(text, YEAR, &seconds, err);

	if (code == VOUCH_OK)
		c->mock.next_update_seconds = (int64_t)seconds;
	return code;
}

/* The fault of every answer that an option stands for. */
static int
always(struct mock_command *c, const char *name, vouch_err *err)
{
	struct mock_use use;

	if (mock_use_parse(&use, span_string(name), err) != VOUCH_OK)
		return err->code;
	return mock_uses_add(&c->mock.always, &use, err);
}

static int
read_delay(struct mock_command *c, const char *text, vouch_err *err)
{
	char name[48];
	uint64_t seconds;

	if (read_number(text, 600, &seconds, err) != VOUCH_OK)
		return err->code;
	snprintf(name, sizeof(name), "delay=%llu", (unsigned long long)seconds * 1000);
	return seconds == 0 ? VOUCH_OK : always(c, name, err);
}

static int
read_hash(struct mock_command *c, const char *text, vouch_err *err)
{
	char name[64];

	snprintf(name, sizeof(name), "other_hash=%.40s", text);
	return always(c, name, err);
}

static int
read_scenario(struct mock_command *c, const char *path, vouch_err *err)
{
	vouch_buf text = { 0 };
	int code = io_file_read(&text, path, SCENARIO_LIMIT, err);

	if (code == VOUCH_OK)
		code = mock_scenario_read(&c->mock.script, path, span_buf(&text), err);
	vouch_buf_free(&text);
	return code;
}

/* In the order in which they take effect: what is on the command line stands over the scenario. */
static const struct {
	const char *option;
	read_text *read;
	bool tells_place; /* its errors name file and line */
} readers[] = {
	{ "scenario", read_scenario, true },
	{ "status", read_status, false },
	{ "serial", read_serial, false },
	{ "fault", read_fault, false },
	{ "fault-serial", read_fault_serial, false },
	{ "seed", read_seed, false },
	{ "next-update-seconds", read_next_update, false },
	{ "response-delay-seconds", read_delay, false },
	{ "issuer-hash-algorithm", read_hash, false },
};

static int
read_options(struct mock_command *c)
{
	vouch_err err = { 0 };

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		size_t count;
		const char *const *values = cli_values(c->args, readers[i].option, &count);

		for (size_t j = 0; j < count; j++) {
			if (readers[i].read(c, values[j], &err) == VOUCH_OK)
				continue;
			return readers[i].tells_place ?
			    cli_fail("mock", &err) :
			    cli_usage(c->args, "--%s %s: %s", readers[i].option, values[j], err.msg);
		}
	}
	if (cli_flag(c->args, "include-extraneous-status") && always(c, "extra_single", &err) != VOUCH_OK)
		return cli_fail("mock", &err);
	return CLI_OK;
}

/* --- Files and addresses -------------------------------------------------------------------------------- */

static int
make_ca(struct mock_command *c, const char *folder)
{
	static const char *const names[] = { "ca.pem", "ocsp.pem", "ocsp.key", "ca.key" };
	struct mock_cast_files *files = &c->mock.files;
	vouch_err err = { 0 };

	if (demo_folder_make(&c->folder, folder, &err) != VOUCH_OK ||
	    demo_ca_make(c->folder.path, &err) != VOUCH_OK)
		return cli_fail("mock", &err);
	for (size_t i = 0; i < 4; i++)
		snprintf(c->files[i], sizeof(c->files[i]), "%s/%s", c->folder.path, names[i]);
	*files = (struct mock_cast_files){ c->files[0], c->files[1], c->files[2], c->files[3] };
	return CLI_OK;
}

static int
choose_files(struct mock_command *c)
{
	static const char *const needed[] = { "ca", "cert", "key" };
	const char *folder = cli_value(c->args, "new-ca");

	for (size_t i = 0; i < 3; i++) {
		bool is_given = cli_value(c->args, needed[i]) != NULL;

		if (folder != NULL && is_given)
			return cli_usage(c->args, "--new-ca and --%s exclude each other", needed[i]);
		if (folder == NULL && !is_given)
			return cli_usage(c->args, "--%s is missing (or give --new-ca)", needed[i]);
	}
	if (folder != NULL && cli_value(c->args, "ca-key") != NULL)
		return cli_usage(c->args, "--new-ca and --ca-key exclude each other");
	c->mock.files = (struct mock_cast_files){ cli_value(c->args, "ca"), cli_value(c->args, "cert"),
		cli_value(c->args, "key"), cli_value(c->args, "ca-key") };
	return CLI_OK;
}

static int
choose_address(struct mock_command *c)
{
	const char *port = cli_value(c->args, "port"), *ip = cli_value(c->args, "bind-ip");

	c->mock.addresses = cli_values(c->args, "listen", &c->mock.address_count);
	if (c->mock.address_count > 0 && (port != NULL || ip != NULL))
		return cli_usage(c->args,
		    "--listen says both: --port and --bind-ip have no meaning beside it");
	if (c->mock.address_count > 0)
		return CLI_OK;
	if (port == NULL && ip == NULL)
		port = "0";
	bool is_ipv6 = ip != NULL && strchr(ip, ':') != NULL;
	snprintf(c->address, sizeof(c->address), "%s%.100s%s:%.40s", is_ipv6 ? "[" : "",
	    ip == NULL ? USUAL_BIND : ip, is_ipv6 ? "]" : "", port == NULL ? USUAL_PORT : port);
	c->addresses[0] = c->address;
	c->mock.addresses = c->addresses;
	c->mock.address_count = 1;
	return CLI_OK;
}

/* As vouch serve says it, on standard error, and for scripts on standard output. */
static void
tell_address(void *arg, const char *address)
{
	const struct mock_command *c = arg;
	bool has_journal = c->mock.journal != NULL && strcmp(c->mock.journal, "-") == 0;

	if (address == NULL) {
		log_event(CONF_LOG_INFO, "ready", "version", vouch_version(), NULL);
		return;
	}
	log_event(CONF_LOG_INFO, "listening", "role", "ocsp", "address", address, NULL);
	/* Where the journal is, there is nothing but JSON. */
	if (has_journal)
		return;
	printf(strncmp(address, "unix:", 5) == 0 ? "%s\n" : "http://%s/\n", address);
	fflush(stdout);
}

/* --- The command ---------------------------------------------------------------------------------------- */

static int
prepare(struct mock_command *c)
{
	const char *folder = cli_value(c->args, "new-ca");
	size_t operands;

	(void)cli_operands(c->args, &operands);
	if (operands > 0)
		return cli_usage(c->args, "no operands are expected");
	int code = choose_files(c);
	if (code == CLI_OK)
		code = choose_address(c);
	if (code == CLI_OK)
		code = read_options(c);
	c->mock.journal = cli_value(c->args, "log");
	if (c->mock.journal == NULL && cli_flag(c->args, "verbose"))
		c->mock.journal = "-";
	return code == CLI_OK && folder != NULL ? make_ca(c, folder) : code;
}

static int
run(const struct cli_args *args)
{
	struct mock_command c = { .args = args };
	vouch_err err = { 0 };

	if (cli_flag(args, "list-faults"))
		return mock_faults_print(cli_flag(args, "json"));
	if (cli_flag(args, "json"))
		return cli_usage(args, "--json has no meaning without --list-faults");
	mock_script_init(&c.mock.script);
	c.mock.next_update_seconds = 86400;
	c.mock.listening = tell_address;
	c.mock.arg = &c;
	int code = prepare(&c);
	if (code == CLI_OK && mock_run(&c.mock, &err) != VOUCH_OK)
		code = cli_fail("mock", &err);
	mock_script_clear(&c.mock.script);
	return code;
}

static const struct cli_appendix appendices[] = {
	{ "FAULTS",
	    "Where the fault is, what the client gets, and what a correct client does about it: accept (it believes the answer and "
	    "acts on the status), reject (it is as if there were no answer), retry (there is none; asking again later may help), "
	    "either (its policy decides). In parentheses stands the rule by which vouch query names it. A '-' in a name is a '_'.",
	    NULL, mock_faults_row },
	{ "WHICH FAULT",
	    "The first of these that says any: the path of the request's URL, the serial number, what was set at run time, the command "
	    "line or the scenario. Several faults go together unless they contradict each other; the last one wins then.\n\n"
	    "A path begins with /fault/NAME/ or /fault/NAME=VALUE/, any number of times, and goes on as the responder's own would: put it "
	    "into the AIA of a certificate, and its clients meet the fault.",
	    "openssl ocsp -issuer ca.pem -cert server.pem -CAfile ca.pem -url http://127.0.0.1:8080/fault/bad_signature/",
	    NULL },
	{ "SCENARIO",
	    "In each element of serials: serial (hexadecimal), status, reason, time and faults as below, or a sequence of answers, each a "
	    "mapping of these four; the last one stays.",
	    "status: good\n"
	    "faults: [delay=200]\n"
	    "seed: 7\n"
	    "serials:\n"
	    "  - serial: 1A\n"
	    "    status: revoked\n"
	    "    reason: keyCompromise\n"
	    "    time: 2026-11-22T10:00:00Z\n"
	    "  - serial: 1B\n"
	    "    sequence:\n"
	    "      - faults: [try_later]\n"
	    "      - status: good\n",
	    mock_faults_scenario_row },
	{ "CONTROL",
	    "GET /control shows the scenario as JSON; POST /control changes it, for peers on this machine and under its own names only. "
	    "The body is a scenario in JSON with Content-Type: application/json: faults are those of every answer from now on, serials are "
	    "added or replaced, and \"reset\": true brings back first what the command line said. What cannot be is refused, and "
	    "changes nothing.",
	    "curl -H 'Content-Type: application/json' -d '{\"faults\": [\"expired\"]}' http://127.0.0.1:8080/control",
	    NULL },
	{ "LOG",
	    "Each request is an object: time, peer, method, path, content_type, user_agent, certids (hash, serial, issuer_match), "
	    "nonce (in hexadecimal), signed, faults, response_status, and the HTTP status.",
	    NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

const struct cli_command cli_mock = {
	.name = "mock",
	.synopsis =
	    "--ca ca.pem --cert ocsp.pem --key ocsp.key | --new-ca DIR [--listen ADDRESS] [--serial HEX=STATUS]... "
	    "[--scenario FILE] [--fault NAME[=VALUE]]... | --list-faults [--json]",
	.summary = "misbehave on demand, for people who test clients",
	.description =
	    "A responder that answers every certificate of the CA as it is told, and wrongly in every way that clients must be able to bear. "
	    "The address as bound is printed on standard output and, as vouch serve does, on standard error.\n\n"
	    "Faults are chosen on the command line, per serial number, in a scenario, by the path of the URL (/fault/NAME/), and at run time "
	    "(POST /control). What is random in them is decided by --seed and the request. SIGTERM and SIGINT end it.\n\n"
	    "It is for tests: it keeps no policy, and signs whatever is asked of it.",
	.example =
	    "vouch mock --new-ca /tmp/mock --listen 127.0.0.1:8080 --serial 1A=revoked,keyCompromise\n"
	    "vouch mock --ca ca.pem --cert ocsp.pem --key ocsp.key --ca-key ca.key --fault signer_expired\n"
	    "vouch mock --list-faults",
	.options = options,
	.run = run,
	.aliases = aliases,
	.appendices = appendices,
};
