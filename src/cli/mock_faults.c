/* SPDX-License-Identifier: Apache-2.0 */
/* The table of faults, for people and for programs. */
#include "cli/mock_faults.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/frame.h"
#include "mock/fault.h"
#include "mock/scenario.h"

#define NAME_ROOM 64
#define TEXT_ROOM 640

/* "http_503[=SECONDS]" */
static void
format_name(const struct mock_fault *fault, char out[NAME_ROOM])
{
	if (fault->argument == MOCK_NONE)
		snprintf(out, NAME_ROOM, "%s", fault->name);
	else
		snprintf(out, NAME_ROOM, "%s[=%s]", fault->name, fault->unit);
}

/* "reject (der)" */
static void
format_client(const struct mock_fault *fault, char out[NAME_ROOM])
{
	if (fault->rule == NULL)
		snprintf(out, NAME_ROOM, "%s", mock_client_name(fault->client));
	else
		snprintf(out, NAME_ROOM, "%s (%s)", mock_client_name(fault->client), fault->rule);
}

bool
mock_faults_row(size_t number, const char **name, const char **text)
{
	static char name_text[NAME_ROOM], row_text[TEXT_ROOM];
	char client[NAME_ROOM], usual[NAME_ROOM] = "";
	const struct mock_fault *fault = &mock_faults[number];

	if (fault->name == NULL)
		return false;
	format_name(fault, name_text);
	format_client(fault, client);
	if (fault->argument == MOCK_NUMBER)
		snprintf(usual, sizeof(usual), "; %lld without a value", (long long)fault->initial);
	snprintf(row_text, sizeof(row_text), "In the %s: %s%s. Client: %s. %s%s%s%s",
	    mock_stage_name(fault->stage), fault->help, usual, client, fault->clause,
	    *fault->clause == '\0' ? "" : ".", fault->need == MOCK_NEEDS_CA_KEY ? " Needs --ca-key" : "",
	    fault->need == MOCK_NEEDS_CA_KEY ? "." : "");
	*name = name_text;
	*text = row_text;
	return true;
}

bool
mock_faults_scenario_row(size_t number, const char **name, const char **text)
{
	static char row_text[TEXT_ROOM];
	char facts[CLI_FACTS];
	const struct conf_setting *row = &mock_scenario_rows[number];

	if (row->name == NULL)
		return false;
	cli_format_facts(row, facts, sizeof(facts));
	snprintf(row_text, sizeof(row_text), "%s: %s.", row->text, facts);
	*name = row->name;
	*text = row_text;
	return true;
}

static void
print_line(const struct mock_fault *fault)
{
	char name[NAME_ROOM], client[NAME_ROOM];

	format_name(fault, name);
	format_client(fault, client);
	printf("%-28s %-14s %-32s %s (%s)\n", name, mock_stage_name(fault->stage), client, fault->help,
	    *fault->clause == '\0' ? "-" : fault->clause);
}

static json_t *
object_of(const struct mock_fault *fault)
{
	static const char *const needs[] = { NULL, "ca_key", "rsa_or_ca_key", "rsa_or_ec_or_ca_key" };
	json_t *object = json_object();

	json_object_set_new(object, "name", json_string(fault->name));
	json_object_set_new(object, "argument",
	    fault->argument == MOCK_NONE ? json_null() : json_string(fault->unit));
	if (fault->argument == MOCK_NUMBER) {
		json_object_set_new(object, "default", json_integer((json_int_t)fault->initial));
		json_object_set_new(object, "min", json_integer((json_int_t)fault->min));
		json_object_set_new(object, "max", json_integer((json_int_t)fault->max));
	}
	json_object_set_new(object, "where", json_string(mock_stage_name(fault->stage)));
	json_object_set_new(object, "client", json_string(mock_client_name(fault->client)));
	json_object_set_new(object, "rule", fault->rule == NULL ? json_null() : json_string(fault->rule));
	json_object_set_new(object, "clause", json_string(fault->clause));
	json_object_set_new(object, "help", json_string(fault->help));
	json_object_set_new(object, "needs",
	    fault->need == MOCK_NEEDS_NOTHING ? json_null() : json_string(needs[fault->need]));
	return object;
}

int
mock_faults_print(bool json)
{
	json_t *list = json_array();

	for (const struct mock_fault *fault = mock_faults; fault->name != NULL; fault++) {
		if (json)
			json_array_append_new(list, object_of(fault));
		else
			print_line(fault);
	}
	int failed = json &&
	    (json_dumpf(list, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0 || putchar('\n') == EOF);
	json_decref(list);
	return failed ? cli_failf("mock", "the list cannot be written") : CLI_OK;
}
