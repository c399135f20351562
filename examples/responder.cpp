/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A responder in C++17: handles that free themselves, errors that are thrown, a source that is a class.
 *
 *	responder ca.pem ocsp.pem ocsp.key 127.0.0.1:8080 SERIAL[=REASON]...
 */
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

#include <vouch_http.h>

/* --- What any program in C++ wants of vouch.h: three dozen lines --------------------------------- */

namespace vouch
{

/* A function's code that is not VOUCH_OK, with the text. */
struct error : std::runtime_error {
	int code;

	error(int code_, const vouch_err &err) : std::runtime_error(err.msg), code(code_)
	{
	}
};

/* Calls function(arguments..., &err). */
template <typename Function, typename... Arguments>
void
call(Function function, Arguments... arguments)
{
	vouch_err err = {};

	if (int code = function(arguments..., &err); code != VOUCH_OK)
		throw error(code, err);
}

template <auto release> struct deleter {
	template <typename Object>
	void
	operator()(Object *object) const
	{
		release(object);
	}
};

using issuer = std::unique_ptr<vouch_issuer, deleter<vouch_issuer_free>>;
using signer = std::unique_ptr<vouch_signer, deleter<vouch_signer_free>>;
using source = std::unique_ptr<vouch_source, deleter<vouch_source_free>>;
using responder = std::unique_ptr<vouch_responder, deleter<vouch_responder_free>>;

/* Calls function(&out, arguments..., &err) and owns what comes out. */
template <typename Handle, typename Function, typename... Arguments>
Handle
make(Function function, Arguments... arguments)
{
	typename Handle::pointer out = nullptr;

	call(function, &out, arguments...);
	return Handle(out);
}

inline vouch_span
span(const std::string &octets)
{
	return { reinterpret_cast<const uint8_t *>(octets.data()), octets.size() };
}

} // namespace vouch

/* --- The source ------------------------------------------------------------------------------------ */

/* Serial numbers in upper-case hexadecimal; those that are revoked have a reason. */
class table
{
      public:
	void
	add(const std::string &serial_number, const std::string &reason)
	{
		uint8_t number = vouch_reason_parse(reason.c_str());
		if (number == 0 && !reason.empty())
			throw std::invalid_argument(reason + ": RFC 5280 has no such reason");
		rows[serial_number] = number;
	}

	/* From several threads at a time: it only reads. */
	int
	lookup(const std::string &serial_number, vouch_status &out) const
	{
		auto row = rows.find(serial_number);
		if (row == rows.end())
			return VOUCH_ENOTFOUND;
		out.cert_status = row->second == 0 ? VOUCH_GOOD : VOUCH_REVOKED;
		out.revocation_reason = row->second;
		out.revocation_time = row->second == 0 ? VOUCH_TIME_ABSENT : revocation_time;
		return VOUCH_OK;
	}

      private:
	std::map<std::string, uint8_t> rows;
	vouch_time revocation_time = std::time(nullptr);
};

static std::string
format_serial(vouch_span serial_number)
{
	vouch_buf text = {};

	if (vouch_serial_format(&text, serial_number) != VOUCH_OK)
		throw std::bad_alloc();
	std::string copy(text.data, text.data + text.len);
	vouch_buf_free(&text);
	return copy;
}

/* The border to C: nothing is thrown across it, and no exception becomes a status. */
static int
table_lookup(void *ctx, const vouch_issuer *, vouch_span serial_number, vouch_time, vouch_status *out,
    vouch_err *err) noexcept
{
	try {
		return static_cast<const table *>(ctx)->lookup(format_serial(serial_number), *out);
	} catch (const std::exception &failure) {
		std::snprintf(err->msg, sizeof(err->msg), "%s", failure.what());
		return VOUCH_EIO;
	}
}

static void
table_close(void *ctx) noexcept
{
	delete static_cast<table *>(ctx);
}

static vouch_source_ops
table_ops()
{
	vouch_source_ops ops = {};

	ops.abi = VOUCH_ABI;
	ops.flags = VOUCH_SOURCE_INLINE;
	ops.name = "table";
	ops.lookup = table_lookup;
	ops.close = table_close;
	return ops;
}

static vouch::source
make_source(std::unique_ptr<table> rows)
{
	static const vouch_source_ops ops = table_ops();

	auto source = vouch::make<vouch::source>(vouch_source_new, &ops, rows.get());
	rows.release(); /* the source closes it */
	return source;
}

/* --- The program ----------------------------------------------------------------------------------- */

static std::string
read_file(const char *path)
{
	std::ifstream file(path, std::ios::binary);

	if (!file)
		throw std::runtime_error(std::string(path) + ": cannot be opened");
	return { std::istreambuf_iterator<char>(file), {} };
}

static vouch::signer
make_signer(const char *certificate, const char *key)
{
	const std::string pem = read_file(certificate);
	vouch_signer_options options = {};

	options.size = sizeof(options);
	options.certificate = vouch::span(pem);
	options.key = key;
	return vouch::make<vouch::signer>(vouch_signer_open, &options);
}

/* The handles drop their references at the end of the block: the responder keeps its own. */
static vouch::responder
make_responder(char **argv, std::unique_ptr<table> rows)
{
	const std::string ca = read_file(argv[1]);
	vouch_responder_options options = {};
	std::random_device random;

	auto issuer = vouch::make<vouch::issuer>(vouch_issuer_new, vouch::span(ca), nullptr);
	vouch::call(vouch_issuer_add_signer, issuer.get(), make_signer(argv[2], argv[3]).get(), 0u);
	vouch::call(vouch_issuer_add_source, issuer.get(), make_source(std::move(rows)).get(), 0u);

	options.size = sizeof(options);
	for (uint8_t &octet : options.key)
		octet = static_cast<uint8_t>(random());
	auto responder = vouch::make<vouch::responder>(vouch_responder_new, &options);
	vouch::call(vouch_responder_add, responder.get(), issuer.get(), "/");
	return responder;
}

static void
started(void *, vouch_http *http)
{
	std::printf("listening on %s\n", vouch_http_address(http, 0));
	std::fflush(stdout);
}

static std::unique_ptr<table>
read_table(char **arguments)
{
	auto rows = std::make_unique<table>();

	for (; *arguments != nullptr; arguments++) {
		const std::string text = *arguments;
		const auto sign = text.find('=');
		rows->add(text.substr(0, sign), sign == text.npos ? "" : text.substr(sign + 1));
	}
	return rows;
}

int
main(int argc, char **argv)
try {
	if (argc < 5) {
		std::fputs("usage: responder ca.pem ocsp.pem ocsp.key ADDRESS SERIAL[=REASON]...\n", stderr);
		return 2;
	}
	auto responder = make_responder(argv, read_table(argv + 5));
	const char *const addresses[] = { argv[4] };
	vouch_http_options http = {};
	http.size = sizeof(http);
	http.addresses = addresses;
	http.address_count = 1;
	http.responder = responder.get();
	vouch::call(vouch_http_serve, &http, started, nullptr);
	return 0;
} catch (const std::exception &failure) {
	std::fprintf(stderr, "error: %s\n", failure.what());
	return 1;
}
