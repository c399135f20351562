/* SPDX-License-Identifier: Apache-2.0 */
/* /control: the script shown, and changed at run time. */
#include "mock/control.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/date.h"

#define JSON_TYPE "application/json"
#define FIELDS "Content-Type: " JSON_TYPE "\r\nCache-Control: no-store\r\n"

/* --- Who may ask ---------------------------------------------------------------------------------------- */

bool
mock_control_peer_is_local(const char *peer)
{
	static const char *const local[] = { "127.", "[::1]:", "unix:" };

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (strncmp(peer, local[i], strlen(local[i])) == 0)
			return true;
	return false;
}

bool
mock_control_host_is_local(vouch_span host)
{
	static const char *const local[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		size_t len = strlen(local[i]);

		if (host.len >= len && memcmp(host.data, local[i], len) == 0 &&
		    (host.len == len || host.data[len] == ':'))
			return true;
	}
	return false;
}

/* A page of somebody else's can send a form to us, but not JSON without being asked first. */
static bool
type_is_json(const struct http_exchange *exchange)
{
	vouch_span type = http_exchange_field(exchange, HTTP_FIELD_CONTENT_TYPE);
	size_t len = sizeof(JSON_TYPE) - 1;

	return type.len >= len && memcmp(type.data, JSON_TYPE, len) == 0 &&
	    (type.len == len || type.data[len] == ';' || type.data[len] == ' ');
}

/* --- The script as JSON --------------------------------------------------------------------------------- */

static json_t *
show_faults(const struct mock_uses *uses)
{
	char name[MOCK_USE_TEXT];
	json_t *list = json_array();

	for (size_t i = 0; i < uses->count; i++) {
		mock_use_format(&uses->items[i], name);
		json_array_append_new(list, json_string(name));
	}
	return list;
}

static const char *
status_name(uint8_t cert_status)
{
	static const char *const names[] = { NULL, "good", "revoked", "unknown" };

	return names[cert_status];
}

/* What a scenario would say. */
static void
show_step(json_t *object, const struct mock_step *step)
{
	char date[DATE_RFC3339_LENGTH + 1];

	if (step->cert_status != VOUCH_STATUS_UNSET)
		json_object_set_new(object, "status", json_string(status_name(step->cert_status)));
	if (step->revocation_reason != 0)
		json_object_set_new(object, "reason",
		    json_string(vouch_reason_name(step->revocation_reason)));
	if (step->revocation_time != VOUCH_TIME_ABSENT) {
		date_format_rfc3339(step->revocation_time, date);
		json_object_set_new(object, "time", json_string(date));
	}
	json_object_set_new(object, "faults", show_faults(&step->faults));
}

static json_t *
show_serial(const struct mock_serial *serial)
{
	vouch_buf text = { 0 };
	json_t *object = json_object(), *sequence;

	if (vouch_serial_format(&text, span_buf(&serial->serial_number)) == VOUCH_OK)
		json_object_set_new(object, "serial", json_stringn((const char *)text.data, text.len));
	vouch_buf_free(&text);
	if (serial->step_count == 1) {
		show_step(object, &serial->steps[0]);
		return object;
	}
	sequence = json_array();
	for (size_t i = 0; i < serial->step_count; i++) {
		json_t *step = json_object();

		show_step(step, &serial->steps[i]);
		json_array_append_new(sequence, step);
	}
	json_object_set_new(object, "sequence", sequence);
	json_object_set_new(object, "next", json_integer((json_int_t)serial->next));
	return object;
}

/* faults: those in force, of the run time or of the command line. */
static json_t *
show(const struct mock_server *server)
{
	json_t *object = json_object(), *serials = json_array();

	show_step(object, &server->script.otherwise);
	if (server->has_control)
		json_object_set_new(object, "faults", show_faults(&server->control));
	json_object_set_new(object, "seed", json_integer((json_int_t)server->script.seed));
	for (size_t i = 0; i < server->script.serial_count; i++)
		json_array_append_new(serials, show_serial(&server->script.serials[i]));
	json_object_set_new(object, "serials", serials);
	json_object_set_new(object, "requests", json_integer((json_int_t)server->requests));
	return object;
}

/* --- Changes -------------------------------------------------------------------------------------------- */

/* One object of JSON without what is ours; its text is read like a scenario. */
static json_t *
parse(vouch_span body, vouch_err *err)
{
	json_error_t error;
	json_t *object = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &error);

	if (object == NULL) {
		err_set(err, VOUCH_EPARSE, "line %d: %.*s", error.line, 200, error.text);
		return NULL;
	}
	if (!json_is_object(object)) {
		err_set(err, VOUCH_EPARSE, "an object is expected");
		json_decref(object);
		return NULL;
	}
	return object;
}

/* "reset": true, first of all. */
static int
take_reset(json_t *object, bool *out, vouch_err *err)
{
	json_t *reset = json_object_get(object, "reset");

	*out = json_is_true(reset);
	if (reset != NULL && !json_is_boolean(reset))
		return err_set(err, VOUCH_EINVAL, "reset: true or false is expected");
	json_object_del(object, "reset");
	return VOUCH_OK;
}

struct change {
	struct mock_script script;
	struct mock_uses control;
	bool has_control, resets;
};

static int
read_script(const struct mock_server *server, json_t *object, struct change *change, vouch_err *err)
{
	char *text = json_dumps(object, JSON_COMPACT);

	if (text == NULL)
		return err_nomem(err);
	/* The faults of every answer are the run time's: those of the command line come back with a reset. */
	struct mock_uses own = change->script.otherwise.faults;
	change->script.otherwise.faults = (struct mock_uses){ .count = 0 };
	int code = mock_scenario_read(&change->script, "control", span_string(text), err);
	if (json_object_get(object, "faults") != NULL) {
		change->control = change->script.otherwise.faults;
		change->has_control = true;
	}
	change->script.otherwise.faults = own;
	free(text);
	if (code == VOUCH_OK)
		code = mock_script_check(&change->script, server->cast, err);
	return code == VOUCH_OK ? mock_uses_check(&change->control, server->cast, err) : code;
}

/* All of it, or nothing. */
static int
prepare(const struct mock_server *server, json_t *object, struct change *change, vouch_err *err)
{
	if (take_reset(object, &change->resets, err) != VOUCH_OK)
		return err->code;
	if (!change->resets) {
		change->control = server->control;
		change->has_control = server->has_control;
	}
	if (mock_script_copy(&change->script, change->resets ? &server->initial : &server->script, err) !=
	    VOUCH_OK)
		return err->code;
	return json_object_size(object) == 0 ? VOUCH_OK : read_script(server, object, change, err);
}

static void
commit(struct mock_server *server, struct change *change)
{
	mock_script_clear(&server->script);
	server->script = change->script;
	server->control = change->control;
	server->has_control = change->has_control;
	server->choices = mock_random_begin(server->script.seed, (vouch_span){ 0 });
	change->script = (struct mock_script){ 0 };
}

static int
make_change(struct mock_server *server, vouch_span body, vouch_err *err)
{
	struct change made = { .has_control = false };
	json_t *object = parse(body, err);

	if (object == NULL)
		return err->code;
	int code = prepare(server, object, &made, err);
	if (code == VOUCH_OK)
		commit(server, &made);
	mock_script_clear(&made.script);
	json_decref(object);
	return code;
}

/* --- Answers -------------------------------------------------------------------------------------------- */

static void
respond(struct mock_server *server, struct http_exchange *exchange, unsigned status, json_t *takes_object)
{
	struct http_answer answer = { .status = status, .fields = SPAN_LITERAL(FIELDS) };
	char *text = takes_object == NULL ? NULL :
					    json_dumps(takes_object, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	json_decref(takes_object);
	mock_journal_write(server->journal, exchange, NULL, status);
	if (text != NULL)
		answer.body = span_string(text);
	http_exchange_respond(exchange, &answer);
	free(text);
}

static void
respond_error(struct mock_server *server, struct http_exchange *exchange, unsigned status, const char *text)
{
	json_t *object = json_object();

	json_object_set_new(object, "error", json_string(text));
	respond(server, exchange, status, object);
}

void
mock_control_handle(struct mock_server *server, struct http_exchange *exchange)
{
	vouch_err err;
	bool is_change = exchange->method == HTTP_METHOD_POST;

	err_or(&err, NULL);
	if (!mock_control_peer_is_local(http_exchange_peer(exchange)))
		respond_error(server, exchange, 403, "only for peers on this machine");
	else if (!mock_control_host_is_local(http_exchange_field(exchange, HTTP_FIELD_HOST)))
		respond_error(server, exchange, 403, "Host is not a name of this machine's own");
	else if (is_change && !type_is_json(exchange))
		respond_error(server, exchange, 415, "Content-Type: " JSON_TYPE " is expected");
	else if (is_change && make_change(server, exchange->body, &err) != VOUCH_OK)
		respond_error(server, exchange, 400, err.msg);
	else
		respond(server, exchange, 200, show(server));
}
