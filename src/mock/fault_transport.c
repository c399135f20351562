/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of HTTP and of the connection: the body may be sound, its way is not. */
#include "mock/fault_apply.h"

#include "base/buf.h"

static const struct {
	unsigned status;
	const char *reason;
} statuses[] = {
	{ 204, "No Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};

static void
set_status(struct mock_plan *plan, unsigned status)
{
	plan->http.status = status;
	plan->http.reason = "Unknown";
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			plan->http.reason = statuses[i].reason;
}

/* parameter 0: value is the status; else it is the status, and value the Retry-After. */
int
mock_http_status(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	unsigned status = (unsigned)use->fault->parameter;

	set_status(plan, status != 0 ? status : (unsigned)use->value);
	if (status != 0 && use->fault->argument == MOCK_NUMBER)
		plan->http.retry_after = use->value;
	plan->http.content_type = "text/plain";
	buf_clear(&plan->body);
	return buf_append_string(&plan->body, plan->http.reason) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

int
mock_redirect(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	set_status(plan, (unsigned)use->value);
	plan->http.location = (enum mock_location)use->fault->parameter;
	plan->http.content_type = NULL;
	buf_clear(&plan->body);
	return VOUCH_OK;
}

int
mock_content_type(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	static const char *const types[] = { NULL, "text/html", "application/ocsp-request",
		"Application/OCSP-Response; charset=binary" };

	(void)err;
	plan->http.content_type = types[use->fault->parameter];
	return VOUCH_OK;
}

int
mock_fields(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	static const char *const fields[] = { "Content-Encoding: gzip\r\n",
		"Cache-Control: public, max-age=31536000\r\n" };

	(void)err;
	plan->http.fields = fields[use->fault->parameter];
	return VOUCH_OK;
}

int
mock_http_10(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	plan->http.version = "HTTP/1.0";
	plan->http.no_length = true;
	return VOUCH_OK;
}

/* parameter: the sign of the error. */
int
mock_length(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->http.length_error = use->fault->parameter * use->value;
	return VOUCH_OK;
}

int
mock_chunked(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->http.chunking = (enum mock_chunking)use->fault->parameter;
	return VOUCH_OK;
}

int
mock_continues(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->http.continues = (size_t)use->value;
	return VOUCH_OK;
}

int
mock_padding(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->http.padding = (size_t)use->value;
	return VOUCH_OK;
}

int
mock_no_head(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	plan->http.no_head = true;
	return VOUCH_OK;
}

int
mock_delay(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	int64_t ms = plan->socket.delay_ms + use->value;

	(void)err;
	/* Several of them together wait no longer than one may. */
	plan->socket.delay_ms = (unsigned)(ms < use->fault->max ? ms : use->fault->max);
	return VOUCH_OK;
}

int
mock_pace(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->socket.pace_ms = (unsigned)use->value;
	return VOUCH_OK;
}

int
mock_cut(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->socket.body_max = (size_t)use->value;
	plan->socket.end = MOCK_END_CLOSED;
	return VOUCH_OK;
}

/* Nothing, the head, or all of it is sent before the end. */
static const struct {
	size_t head, body;
	enum mock_end end;
} ends[] = {
	{ 0, 0, MOCK_END_CLOSED },
	{ SIZE_MAX, 0, MOCK_END_CLOSED },
	{ 0, 0, MOCK_END_RESET },
	{ SIZE_MAX, 20, MOCK_END_RESET },
	{ 0, 0, MOCK_END_HELD },
	{ SIZE_MAX, 20, MOCK_END_HELD },
};

int
mock_end(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	size_t row = (size_t)use->fault->parameter;

	(void)err;
	plan->socket.head_max = ends[row].head;
	plan->socket.body_max = ends[row].body;
	plan->socket.end = ends[row].end;
	return VOUCH_OK;
}
