/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: what vouch.yaml says, checked, with defaults and presets filled in. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <vouch.h>

struct conf_strings {
	char **items;
	size_t count;
};

struct conf_signer {
	char *certificate, *key, *passphrase_file,
	    *algorithm; /* paths are resolved against the file's folder; algorithm may be NULL */
	bool locally_trusted;
	int line;
	char *passphrase_env;	/* its name; of the three ways to a passphrase there is one at most */
	bool passphrase_prompt; /* ask on the terminal */
	uint32_t sessions;	/* concurrent signatures of a token */
};

struct conf_source {
	char *uri;     /* paths in it are resolved, and the texts below are parameters of it */
	bool optional; /* VOUCH_SOURCE_OPTIONAL */
	char *query, *changes, *issued, *crl_issuer, *cafile,
	    *password_file; /* as the file has them; may be NULL */
	int line;
};

struct conf_issuer {
	char *name, *certificate, *path;
	struct conf_signer *signers;
	size_t signer_count;
	struct conf_source *sources;
	size_t source_count;
	vouch_issuer_options options; /* presets and overrides applied; options.name is name */
	int line;
	uint32_t signing_in_flight; /* 0: auto */
	uint32_t signing_waiting;
};

enum conf_log_format { CONF_LOG_LOGFMT = 0, CONF_LOG_JSON };
enum conf_sandbox { CONF_SANDBOX_ON = 0, CONF_SANDBOX_OFF };
enum conf_log_level { CONF_LOG_DEBUG = 0, CONF_LOG_INFO, CONF_LOG_WARNING, CONF_LOG_ERROR };

struct conf {
	char *file; /* NULL: made from flags */
	struct conf_strings listen;
	char *admin;	  /* NULL: off */
	uint32_t threads; /* 0: auto, one per core */
	bool lenient;
	struct conf_issuer *issuers;
	size_t issuer_count;
	uint64_t store_memory; /* octets */
	struct {
		uint64_t request, head; /* octets */
		uint32_t certids, connections, per_address;
		uint32_t header_time_ms, idle_time_ms;
	} limits;
	struct {
		enum conf_log_format format;
		enum conf_log_level level;
		bool access;
	} log;
	char *user; /* NULL: whoever starts the program */
	enum conf_sandbox sandbox;
};

/* Reads a file; every error names file, line and reason ("vouch.yaml:12: validity: …"). */
VOUCH_MUST int conf_read(struct conf **out, const char *path, vouch_err *err);
/* The text alone, to be parsed here or by another process. */
VOUCH_MUST int conf_read_text(vouch_buf *text, const char *path, vouch_err *err);
/* The same from text; path only names it and resolves relative paths. */
VOUCH_MUST int conf_parse(struct conf **out, const char *path, vouch_span text, vouch_err *err);
void conf_free(struct conf *conf);

/* Defaults, with one issuer that has nothing yet: for flags alone. */
VOUCH_MUST int conf_new(struct conf **out, vouch_err *err);
/*
 * Sets one setting from a flag, by the same table: "listen", "log.format", "issuers.certificate",
 * "issuers.signers.key".  A list gets one more element; below a list its last element is meant, which is
 * made when there is none.  Errors give the reason only.
 */
VOUCH_MUST int conf_set(struct conf *conf, const char *key, const char *value, vouch_err *err);
/* Empties a list, so that flags replace what a file said: conf_clear(conf, "listen"). */
void conf_clear(struct conf *conf, const char *key);
/*
 * After the last conf_set: fills in `listen` and refuses what cannot be ("signers: missing").  conf_read
 * and conf_parse have done it, and say the line.
 */
VOUCH_MUST int conf_check(struct conf *conf, vouch_err *err);

/* Puts "FILE:LINE: " before an error about what the configuration names; nothing before one about flags. */
int conf_err_at(vouch_err *err, const struct conf *conf, int line);
/*
 * Puts "PATH:LINE: " (line 0: "PATH: ") before an error.  A long path loses its beginning, so that the
 * reason keeps its room; paths: how many are going to stand there, this one included.
 */
int conf_err_file(vouch_err *err, const char *path, size_t line, unsigned paths);

/* Appends a copy. */
VOUCH_MUST int conf_strings_add(struct conf_strings *strings, const char *item);
void conf_strings_clear(struct conf_strings *strings);

#endif
