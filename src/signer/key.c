/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys, out of files and out of whatever else an OpenSSL store loads. */
#include "signer/key.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/ossl.h"
#include "signer/provider.h"
#include "signer/token.h"
#include "signer/tpm.h"

#define OBJECTS_MAX \
	1024 /* of one store: a damaged one, or a token that never ends, must not hold up the start */

struct passphrase {
	vouch_span text;
	bool is_pin;
	bool was_asked;
};

/* Where keys are: a location, or (NULL) what input holds. */
struct place {
	OSSL_LIB_CTX *context;
	const char *location;
	BIO *input;
	const char *name; /* in errors */
};

/* A store, while it is searched for the key of a certificate. */
struct search {
	OSSL_STORE_CTX *store;
	const char *name; /* in errors */
	const struct crypto_cert *cert;
	const struct passphrase *passphrase;
};

/* Stands where libcrypto would prompt on the terminal and so hang a service. */
static int
give_passphrase(char *buffer, int size, int writing, void *arg)
{
	struct passphrase *passphrase = arg;

	(void)writing;
	passphrase->was_asked = true;
	/* pkcs11-provider prompts on the terminal itself after a failure, and gives up after an empty answer. */
	if (passphrase->text.len == 0 || size <= 0 || passphrase->text.len > (size_t)size)
		return passphrase->is_pin ? 0 : -1;
	memcpy(buffer, passphrase->text.data, passphrase->text.len);
	return (int)passphrase->text.len;
}

/* A scheme has two letters at least, so that nobody takes C:\ for one. */
static bool
has_scheme(const char *uri)
{
	size_t len = 0;

	if (!isalpha((unsigned char)uri[0]))
		return false;
	while (isalnum((unsigned char)uri[len]) || strchr("+-.", uri[len] != '\0' ? uri[len] : ' ') != NULL)
		len++;
	return len >= 2 && uri[len] == ':';
}

/* The path in "file:PATH", "file:///PATH" and "file://localhost/PATH"; relative in the first form only. */
static const char *
path_of(const char *uri)
{
	if (strncmp(uri, "file:", 5) != 0)
		return uri;
	const char *path = uri + 5;
	if (strncmp(path, "//localhost/", 12) == 0)
		return path + 11;
	return strncmp(path, "///", 3) == 0 ? path + 2 : path;
}

static int
unreadable(const char *uri, int error, vouch_err *err)
{
	char text[128];

	return err_set(err, VOUCH_EIO, "%s: %s", uri, strerror_r(error, text, sizeof(text)));
}

/* A directory opens like a store full of keys; here it is a slip of the pen. */
static int
check_file(const char *path, const char *uri, vouch_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return unreadable(uri, errno, err);
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NONBLOCK);
	if (fd < 0)
		return VOUCH_OK;
	close(fd);
	return unreadable(uri, EISDIR, err);
}

/*
 * A path as the store wants it: "./" in front keeps "a:b" from being a scheme, and where there is "://",
 * libcrypto would not even try a file, so the path is written anew.
 */
static int
append_path(const char *path, const char *uri, vouch_buf *out, vouch_err *err)
{
	char *resolved = strstr(path, "://") != NULL ? realpath(path, NULL) : strdup(path);

	if (resolved == NULL)
		return unreadable(uri, errno, err);
	int code = resolved[0] != '/' ? buf_append_string(out, "./") : VOUCH_OK;
	if (code == VOUCH_OK)
		code = buf_append_string(out, resolved);
	free(resolved);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

/* A file that exists wins over a scheme of the same spelling. */
static bool
is_foreign(const char *uri)
{
	return path_of(uri) == uri && has_scheme(uri) && access(uri, F_OK) != 0;
}

/* What the store is to open. */
static int
locate(const char *uri, vouch_buf *out, vouch_err *err)
{
	int code;

	if (is_foreign(uri))
		code = buf_append_string(out, uri) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
	else if ((code = check_file(path_of(uri), uri, err)) == VOUCH_OK)
		code = append_path(path_of(uri), uri, out, err);
	if (code == VOUCH_OK && vouch_buf_append(out, "", 1) != VOUCH_OK)
		code = err_nomem(err);
	return code;
}

/* "openssl ecparam -genkey" makes files that yield NULL once before the key: only the store's end counts. */
static EVP_PKEY *
next_key(OSSL_STORE_CTX *store, int *objects)
{
	while (!OSSL_STORE_eof(store) && (*objects)++ < OBJECTS_MAX) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		EVP_PKEY *key = NULL;
		if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
		if (key != NULL)
			return key;
	}
	return NULL;
}

/*
 * No more than a first look: an RSA key in a token may serve an id-RSASSA-PSS certificate, and some
 * providers cannot compare.  The proof signature decides.
 */
static bool
may_belong_to(const EVP_PKEY *key, const struct crypto_cert *cert)
{
	int equal = EVP_PKEY_eq(key, cert->key);

	if (equal >= 0)
		return equal == 1;
	bool both_rsa = (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) &&
	    (EVP_PKEY_is_a(cert->key, "RSA") || EVP_PKEY_is_a(cert->key, "RSA-PSS"));
	return both_rsa || equal == -2;
}

static int
no_token_key(const char *name, const struct passphrase *passphrase, vouch_err *err)
{
	if (ERR_peek_error() != 0)
		return crypto_err(err, VOUCH_EUNAVAILABLE, "%s: the token gives no private key", name);
	return err_set(err, VOUCH_EUNAVAILABLE, "%s: no token at hand has this private key%s", name,
	    passphrase->was_asked && passphrase->text.len == 0 ? ", or it wants its PIN" : "");
}

static int
nothing_found(const char *name, const struct passphrase *passphrase, bool saw_another, vouch_err *err)
{
	if (saw_another)
		return err_set(err, VOUCH_EREFUSED, "%s: the key does not belong to the certificate", name);
	if (passphrase->is_pin)
		return no_token_key(name, passphrase, err);
	if (passphrase->was_asked && passphrase->text.len == 0)
		return err_set(err, VOUCH_EREFUSED,
		    "%s: the key is encrypted and there is no passphrase: name a file that has it", name);
	if (passphrase->was_asked)
		return err_set(err, VOUCH_EREFUSED, "%s: the passphrase does not open the key", name);
	return crypto_err(err, VOUCH_EPARSE, "%s: holds no private key", name);
}

/*
 * A token may have the private half alone, which compares as different from any certificate: if it is the
 * only key of the kind, the proof signature decides.
 */
static bool
may_be_alone(const EVP_PKEY *key, const struct crypto_cert *cert)
{
	return EVP_PKEY_get_bits(key) == EVP_PKEY_get_bits(cert->key) && EVP_PKEY_eq(key, cert->key) == 0;
}

static int
search(const struct search *s, EVP_PKEY **out, vouch_err *err)
{
	int objects = 0;
	unsigned others = 0;
	EVP_PKEY *key, *alone = NULL;

	while ((key = next_key(s->store, &objects)) != NULL) {
		if (may_belong_to(key, s->cert)) {
			EVP_PKEY_free(alone);
			*out = key;
			return VOUCH_OK;
		}
		others++;
		if (s->passphrase->is_pin && alone == NULL && may_be_alone(key, s->cert))
			alone = key;
		else
			EVP_PKEY_free(key);
	}
	if (alone != NULL && others == 1) {
		*out = alone;
		return VOUCH_OK;
	}
	if (alone != NULL) {
		EVP_PKEY_free(alone);
		return err_set(err, VOUCH_EREFUSED,
		    "%s: several keys may belong to the certificate; object= or id= has to say which",
		    s->name);
	}
	return nothing_found(s->name, s->passphrase, others != 0, err);
}

/* Searches a store that is open; NULL: it is not. */
static int
search_opened(const struct search *s, EVP_PKEY **out, vouch_err *err)
{
	if (s->store == NULL && s->passphrase->is_pin)
		return err_set(err, VOUCH_EIO,
		    "%s: the URI cannot be read, or the module (module-path=) not used", s->name);
	if (s->store == NULL)
		return crypto_err(err, VOUCH_EIO, "%s: cannot be opened", s->name);
	/* A store that cannot promise one kind of object is searched all the same. */
	(void)OSSL_STORE_expect(s->store, OSSL_STORE_INFO_PKEY);
	return search(s, out, err);
}

/* Opens a store and searches it. */
static int
load(EVP_PKEY **out, const struct place *place, struct passphrase *passphrase, const struct crypto_cert *cert,
    vouch_err *err)
{
	UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);

	if (method == NULL)
		return err_nomem(err);
	ERR_clear_error();
	struct search s = { .name = place->name, .cert = cert, .passphrase = passphrase };
	s.store = place->location != NULL ?
	    OSSL_STORE_open_ex(place->location, place->context, NULL, method, passphrase, NULL, NULL, NULL) :
	    OSSL_STORE_attach(place->input, "file", NULL, NULL, method, passphrase, NULL, NULL, NULL);
	int code = search_opened(&s, out, err);
	OSSL_STORE_close(s.store);
	UI_destroy_method(method);
	ERR_clear_error();
	return code;
}

void
signer_key_name(const char *uri, char *name, size_t size)
{
	/* A URI's path has no PIN by RFC 7512, and by some of its drafts one. */
	const char *pin = token_has(uri) ? strstr(uri, "pin-value=") : NULL;
	size_t len = token_has(uri) ? strcspn(uri, "?") : strlen(uri);

	if (pin != NULL && (size_t)(pin - uri) < len)
		len = (size_t)(pin - uri);
	snprintf(name, size, "%.*s", (int)(len < size ? len : size - 1), uri);
}

/*
 * pkcs11-provider keeps to itself what the token thought of a PIN, but asks for another one in the place
 * of one that was refused.  It is not given any: each that is wrong brings the token nearer to locking
 * itself.
 */
static int
look_again(struct signer_key *out, const struct place *place, const struct crypto_cert *cert, vouch_err *err)
{
	struct passphrase none = { .is_pin = true };
	vouch_err unread = { 0 };

	if (load(&out->key, place, &none, cert, &unread) == VOUCH_OK)
		return VOUCH_OK;
	if (!none.was_asked)
		return err->code;
	err_set(err, VOUCH_EREFUSED, "%s: the token refuses the PIN", place->name);
	return err_rule(err, CRYPTO_RULE_PIN);
}

static int
open_token(struct signer_key *out, const char *uri, vouch_span pin, const struct crypto_cert *cert,
    vouch_err *err)
{
	struct token token;
	char name[SIGNER_KEY_NAME_SIZE];

	signer_key_name(uri, name, sizeof(name));
	if (token_open(&token, uri, pin, err) != VOUCH_OK)
		return err_prefix(err, "%s", name);
	/* A context of the token's own has its PIN. */
	struct passphrase passphrase = { .text = token.context == NULL ? pin : span_of(NULL, 0),
		.is_pin = true };
	struct place place = { .context = token.context,
		.location = (const char *)token.location.data,
		.name = name };
	int code = load(&out->key, &place, &passphrase, cert, err);
	if (code == VOUCH_EUNAVAILABLE && (token.has_pin || passphrase.text.len != 0))
		code = look_again(out, &place, cert, err);
	if (code == VOUCH_OK) {
		out->context = token.context;
		token.context = NULL;
	}
	token_clear(&token);
	return code;
}

static int
open_tpm(struct signer_key *out, const char *uri, vouch_span text, const struct crypto_cert *cert,
    vouch_err *err)
{
	struct tpm tpm;

	if (tpm_open(&tpm, uri, text.len != 0, err) != VOUCH_OK)
		return err_prefix(err, "%s", uri);
	struct passphrase passphrase = { .text = text };
	struct place place = { .context = tpm.context,
		.location = (const char *)tpm.location.data,
		.name = uri };
	int code = load(&out->key, &place, &passphrase, cert, err);
	if (code == VOUCH_OK) {
		out->context = tpm.context;
		tpm.context = NULL;
	}
	tpm_clear(&tpm);
	return code;
}

static int
open_located(struct signer_key *out, const char *uri, vouch_span text, const struct crypto_cert *cert,
    vouch_err *err)
{
	vouch_buf location = { 0 };
	int code = locate(uri, &location, err);

	if (code == VOUCH_OK) {
		struct passphrase passphrase = { .text = text };
		struct place place = { .location = (const char *)location.data, .name = uri };
		code = load(&out->key, &place, &passphrase, cert, err);
	}
	vouch_buf_free(&location);
	return code;
}

int
signer_key_open(struct signer_key *out, const char *uri, vouch_span passphrase,
    const struct crypto_cert *cert, vouch_err *err)
{
	struct signer_key key = { .is_foreign = is_foreign(uri) };
	int code;

	if (key.is_foreign && token_has(uri))
		code = open_token(&key, uri, passphrase, cert, err);
	else if (key.is_foreign && tpm_has(uri))
		code = open_tpm(&key, uri, passphrase, cert, err);
	else
		code = open_located(&key, uri, passphrase, cert, err);
	if (code != VOUCH_OK)
		return code;
	key.is_serial = provider_is_serial(key.key);
	*out = key;
	return VOUCH_OK;
}

void
signer_key_clear(struct signer_key *key)
{
	EVP_PKEY_free(key->key);
	OSSL_LIB_CTX_free(key->context);
	*key = (struct signer_key){ 0 };
}

int
signer_key_load(EVP_PKEY **out, const char *uri, vouch_span passphrase, const struct crypto_cert *cert,
    vouch_err *err)
{
	struct signer_key key = { 0 };
	char name[SIGNER_KEY_NAME_SIZE];

	if (signer_key_open(&key, uri, passphrase, cert, err) != VOUCH_OK)
		return err->code;
	if (key.context == NULL) {
		*out = key.key;
		return VOUCH_OK;
	}
	signer_key_clear(&key);
	signer_key_name(uri, name, sizeof(name));
	return err_set(err, VOUCH_EINVAL,
	    "%s: here a token is found only if openssl.cnf sets up its provider", name);
}

int
signer_key_decode(EVP_PKEY **out, vouch_span octets, vouch_span text, const struct crypto_cert *cert,
    vouch_err *err)
{
	struct passphrase passphrase = { .text = text };

	if (octets.len > INT_MAX)
		return err_set(err, VOUCH_ELIMIT, "key_octets: %zu octets are no key", octets.len);
	BIO *input = BIO_new_mem_buf(octets.data, (int)octets.len);
	if (input == NULL)
		return err_nomem(err);
	int code = load(out, &(struct place){ .input = input, .name = "key_octets" }, &passphrase, cert, err);
	BIO_free(input);
	return code;
}
