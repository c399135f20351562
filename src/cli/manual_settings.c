/* SPDX-License-Identifier: Apache-2.0 */
/* vouch.yaml(5), from the settings table. */
#include "cli/frame.h"
#include "cli/roff.h"

const char cli_example_settings[] = "listen: [\"0.0.0.0:8080\", \"[::1]:8080\"]\n"
				    "admin: 127.0.0.1:8081\n"
				    "issuers:\n"
				    "  - name: corp-1\n"
				    "    certificate: ca.pem\n"
				    "    path: /\n"
				    "    signers:\n"
				    "      - certificate: ocsp.pem\n"
				    "        key: ocsp.key\n"
				    "    sources: [\"sqlite:vouch.db\"]\n"
				    "    profile: rfc6960\n"
				    "    validity: 24h\n"
				    "    nonce: echo\n"
				    "    not_issued: unknown\n"
				    "store: { memory: 256MiB }\n"
				    "limits: { certids: 16, connections: 10000, header_time: 10s }\n"
				    "log: { format: logfmt, level: info }\n";

static const char introduction[] =
    "vouch serve and vouch check read their settings from a file in YAML. What is not said has its "
    "default.\n\n"
    "A setting that does not exist, is there twice, has a value of another type or cannot go with another "
    "one is an error that names the "
    "file, the line and the reason; nothing starts half-configured. Anchors, aliases, tags and a second "
    "document are errors, too. "
    "JSON is YAML, and read as well.";

static const struct {
	const char *name, *text;
} types[] = {
	{ "text, path",
	    "Relative paths begin at the folder of the file, also those in sources and Unix sockets." },
	{ "number", "Decimal, without quotes." },
	{ "size", "Octets: 4096, 16KiB, 256MiB, 4GiB." },
	{ "duration", "Seconds, or with a unit: 90, 500ms, 90s, 15m, 24h, 4d." },
	{ "address",
	    "127.0.0.1:8080, [::1]:8080, :8080 for every address, unix:PATH, or systemd for sockets that "
	    "systemd passes. Port 0 is any "
	    "that is free." },
	{ "list", "In brackets, or one element a line after a dash." },
};

static void
print_rows(FILE *out, const struct conf_setting *rows)
{
	char facts[CLI_FACTS];

	for (; rows->name != NULL; rows++) {
		fputs(".TP\n.B ", out);
		cli_roff_literal(out, rows->name);
		fputc('\n', out);
		cli_format_facts(rows, facts, sizeof(facts));
		cli_roff_text(out, facts);
		fputs(".br\n", out);
		cli_roff_text(out, rows->text);
	}
}

static void
print_below(void *arg, const struct conf_setting *setting, const char *name, unsigned depth)
{
	FILE *out = arg;

	(void)depth;
	if (setting->rows == NULL)
		return;
	fputs(".SS ", out);
	fputs(setting->type == CONF_MAPPINGS ? "In each element of " : "In ", out);
	cli_roff_literal(out, name);
	fputc('\n', out);
	print_rows(out, setting->rows);
}

static void
print_presets(FILE *out)
{
	fputs(".SH PROFILES\n", out);
	cli_roff_text(out,
	    "A profile presets settings of its issuer, each of which can still be set, and enforces "
	    "limits. webpki follows the "
	    "requirements of the CA/Browser Forum and of Microsoft: validity from 8 hours to 7 days, no "
	    "answer good or revoked for what was "
	    "never issued, only the signature algorithms that they list. etsi follows EN 319 411: validity "
	    "up to 7 days, never good for what was never "
	    "issued. rfc6960 and enterprise enforce nothing beyond the RFCs.");
	for (const struct conf_word *profile = conf_profiles; profile->name != NULL; profile++) {
		const char *separator = "";

		fprintf(out, ".TP\n.B %s\n", profile->name);
		for (const struct conf_preset *preset = conf_presets; preset->name != NULL; preset++) {
			if (preset->profile != profile->value)
				continue;
			fprintf(out, "%s%s: %s", separator, preset->name, preset->value);
			separator = ", ";
		}
		fputs(*separator == '\0' ? "The defaults.\n" : "\n", out);
	}
}

void
cli_print_settings_manual(FILE *out)
{
	cli_roff_title(out, "VOUCH.YAML", "5");
	fputs(".SH NAME\nvouch.yaml \\- configuration of the OCSP responder vouch\n.SH DESCRIPTION\n", out);
	cli_roff_text(out, introduction);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		fprintf(out, ".TP\n.I %s\n", types[i].name);
		cli_roff_text(out, types[i].text);
	}
	fputs(".SH SETTINGS\n", out);
	print_rows(out, conf_settings);
	cli_each_setting(print_below, out);
	print_presets(out);
	fputs(".SH EXAMPLES\n", out);
	cli_roff_display(out, cli_example_settings);
	fputs(".SH FILES\n.TP\n.B /etc/vouch/vouch.yaml\nWhat the service of the package reads.\n", out);
	fputs(".SH SEE ALSO\n.BR vouch (1)\n", out);
}
