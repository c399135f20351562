/* SPDX-License-Identifier: Apache-2.0 */
/* The settings table: one row is everything about one setting; parser, --help and vouch.yaml(5) read it. */
#ifndef CONF_SETTING_H
#define CONF_SETTING_H

#include <stddef.h>

#include "conf/conf.h"

#define CONF_PATH_MAX 4095 /* PATH_MAX of Linux without its NUL */

enum conf_type {	  /* up to CONF_CHOICE the member is a text that the struct owns */
	CONF_STRING,	  /* char * */
	CONF_PATH,	  /* char *, resolved against the file's folder */
	CONF_KEY_URI,	  /* char *: a path, resolved, or a URI */
	CONF_SOURCE_URI,  /* char *: "sqlite:PATH", whose path is resolved */
	CONF_URL_PATH,	  /* char *: "/corp" */
	CONF_ADDRESS,	  /* char *: "127.0.0.1:8080", "[::1]:8080", "unix:/run/vouch/http.sock" */
	CONF_CHOICE,	  /* char *: one of the words */
	CONF_ENUMERATION, /* an unsigned integer: the value of one of the words */
	CONF_BOOLEAN,	  /* bool */
	CONF_NUMBER,	  /* an unsigned integer; a word may stand for a value */
	CONF_SIZE,	  /* an unsigned integer: octets */
	CONF_DURATION,	  /* an integer: seconds, or milliseconds where the row says so */
	CONF_TIME,	  /* vouch_time: a moment after 1970, in the form of RFC 3339 */
	CONF_CUTOFF,	  /* vouch_issuer_options: archive, archive_years, archive_seconds */
	CONF_LIST,	  /* struct conf_strings of `element` */
	CONF_SET,	  /* an unsigned integer: the values of words, or-ed */
	CONF_MAPPING,	  /* rows in the same struct */
	CONF_MAPPINGS	  /* a list of mappings: an array of structs, with its count */
};

struct conf_word {
	const char *name; /* ends with a NULL name */
	uint32_t value;
};

struct conf_setting {
	const char *name; /* ends with a NULL name */
	enum conf_type type, element;
	bool required, milliseconds;
	/* Of a value as it is kept; of a text's characters; of a list's elements.  max 0: unlimited. */
	int64_t min, max;
	const char *initial;		/* the default, as it would be written, a list as words; NULL: none */
	const char *text;		/* for people */
	size_t offset, size;		/* of the member */
	size_t count_offset, item_size; /* CONF_MAPPINGS: where the count goes, sizeof a struct */
	const struct conf_word *words;
	const struct conf_setting *rows;
	/* Of a text, or of each in a list: what the reader is to refuse beyond its type; NULL: nothing */
	int (*check)(const char *text, vouch_err *err);
	bool lines;	 /* CONF_STRING: it may have several */
	const char *one; /* CONF_MAPPINGS: the row that a text alone in an element's place is; NULL: none */
	const char
	    *parameter; /* what it is called in the URI of the same mapping, which gets it; NULL: nothing */
	/* CONF_MAPPINGS: called when an element of the file has been read; NULL: nothing to do. */
	int (*finish)(const struct conf_setting *rows, void *item, vouch_err *err);
};

/* A profile's own default, which an explicit setting overrides. */
struct conf_preset {
	uint8_t profile;	  /* enum vouch_profile */
	const char *name, *value; /* ends with a NULL name */
};

extern const struct conf_setting conf_settings[];
extern const struct conf_preset conf_presets[];
extern const struct conf_word conf_profiles[];

const struct conf_setting *conf_setting_find(const struct conf_setting *rows, const char *name);
/* "a duration from 1m to 7d": for messages and the manual. */
#define CONF_DESCRIPTION 448 /* algorithms have the longest list of words */
void conf_setting_describe(const struct conf_setting *setting, char *out, size_t size);

/* Sets the defaults of all rows in the struct at base, which is zeroed. */
VOUCH_MUST int conf_defaults(const struct conf_setting *rows, void *base, vouch_err *err);
/* The row's own default. */
VOUCH_MUST int conf_assign_initial(const struct conf_setting *setting, void *base, vouch_err *err);
/* The profile's presets on the rows of an issuer. */
VOUCH_MUST int conf_apply_presets(const struct conf_setting *rows, void *base, uint8_t profile,
    vouch_err *err);
/*
 * Sets a member from a text; a list gets one more element.  quoted: it stood in quotes, which a number or
 * a truth value may not. folder (NULL: none) is what relative paths begin at.  Errors give the reason
 * only.
 */
VOUCH_MUST int conf_assign(const struct conf_setting *setting, void *base, const char *text, bool quoted,
    const char *folder, vouch_err *err);
/* One more struct at the end of a list of mappings, with its defaults. */
VOUCH_MUST int conf_mappings_add(const struct conf_setting *setting, void *base, void **item, vouch_err *err);
void conf_mappings_clear(const struct conf_setting *setting, void *base);
size_t conf_mappings_count(const struct conf_setting *setting, const void *base);
void *conf_mappings_item(const struct conf_setting *setting, const void *base, size_t number);
/* Frees what the rows own. */
void conf_release(const struct conf_setting *rows, void *base);
/*
 * Reads text, one document, into the zeroed struct at base by a table of one's own; errors begin with path
 * and line.  Afterwards conf_release(), whether it failed or not.
 */
VOUCH_MUST int conf_read_rows(const struct conf_setting *rows, void *base, const char *path, vouch_span text,
    vouch_err *err);

/* Fills in what waited for the flags and the file: the default of `listen`, the issuers' options. */
VOUCH_MUST int conf_complete(struct conf *conf, vouch_err *err);

/*
 * Where a rule is broken: a key of the file, of issuer number `issuer`, of its signer number `signer` or its
 * source number `source` (-1: not in one).
 */
struct conf_fault {
	int issuer, signer, source;
	const char *key;
};
/* Applies every rule; err gets the reason only. */
VOUCH_MUST int conf_find_fault(const struct conf *conf, struct conf_fault *fault, vouch_err *err);

#endif
