/* SPDX-License-Identifier: Apache-2.0 */
/* The key that a signer signs with, and its way back when it went away. */
#include "signer/signing_key.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ossl.h"
#include "signer/key.h"

const vouch_span signing_proof_text = { (const uint8_t *)"The key and the certificate agree.", 34 };

/* A key as it was opened once, shared by those who sign with it at the moment. */
struct armed {
	_Atomic unsigned references;
	struct signer_key key;
	struct prepared prepared;
};

struct signing_key {
	char *uri;			 /* NULL: it came from octets */
	char name[SIGNER_KEY_NAME_SIZE]; /* in errors */
	vouch_buf passphrase;
	struct crypto_scheme scheme;
	const struct crypto_cert *cert;
	const struct prepared *verifying;
	bool is_foreign;       /* what is below changes; else armed is for ever */
	pthread_mutex_t turn;  /* guards a key that is serial: signing with it, opening its successor */
	pthread_mutex_t state; /* guards what follows */
	struct armed *armed; /* kept while it is lost: a module must not be unloaded while it may have work */
	bool is_lost;	     /* armed no longer signs */
	bool is_opening;     /* by one of the threads */
	bool is_refused;     /* another wrong PIN could lock the token */
	vouch_time attempted_at; /* to open it anew */
};

static void
release(struct armed *armed)
{
	if (armed == NULL || --armed->references != 0)
		return;
	prepared_clear(&armed->prepared);
	signer_key_clear(&armed->key);
	free(armed);
}

static int
prepare(struct armed *armed, const struct signing_key *k, vouch_err *err)
{
	struct crypto_scheme scheme = k->scheme;

	scheme.context = armed->key.context;
	int code = prepared_init(&armed->prepared, &scheme, armed->key.key, CRYPTO_SIGN, err);

	if (code != VOUCH_OK)
		return code;
	/* What a token has begun is one session's: each signature is to take a session of its own. */
	if (armed->key.is_foreign)
		prepared_begin_anew(&armed->prepared);
	else
		prepared_keep_pairs(&armed->prepared);
	/* A token may not know how long its signatures are; the certificate's key does. */
	armed->prepared.signature_max = k->verifying->signature_max;
	return VOUCH_OK;
}

/* Opens the key, from its octets if it has no URI. */
static int
arm(struct armed **out, const struct signing_key *k, vouch_span octets, vouch_err *err)
{
	struct armed *armed = calloc(1, sizeof(*armed));

	if (armed == NULL)
		return err_nomem(err);
	armed->references = 1;
	int code = k->uri != NULL ?
	    signer_key_open(&armed->key, k->uri, span_buf(&k->passphrase), k->cert, err) :
	    signer_key_decode(&armed->key.key, octets, span_buf(&k->passphrase), k->cert, err);
	if (code == VOUCH_OK && prepare(armed, k, err) != VOUCH_OK)
		code = err_prefix(err, "%s", k->name);
	if (code != VOUCH_OK) {
		release(armed);
		return code;
	}
	*out = armed;
	return VOUCH_OK;
}

static void
forget_passphrase(struct signing_key *k)
{
	if (k->passphrase.data != NULL)
		OPENSSL_cleanse(k->passphrase.data, k->passphrase.len);
	vouch_buf_free(&k->passphrase);
}

static int
copy_source(struct signing_key *k, const struct signing_key_source *source, vouch_err *err)
{
	k->scheme = *source->scheme;
	k->cert = source->cert;
	k->verifying = source->verifying;
	k->attempted_at = VOUCH_TIME_ABSENT;
	signer_key_name(source->uri != NULL ? source->uri : "key_octets", k->name, sizeof(k->name));
	if (source->uri != NULL && (k->uri = strdup(source->uri)) == NULL)
		return err_nomem(err);
	return buf_append_span(&k->passphrase, source->passphrase) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

int
signing_key_new(struct signing_key **out, const struct signing_key_source *source, vouch_err *err)
{
	struct signing_key *k = calloc(1, sizeof(*k));

	if (k == NULL || pthread_mutex_init(&k->state, NULL) != 0) {
		free(k);
		return err_nomem(err);
	}
	if (pthread_mutex_init(&k->turn, NULL) != 0) {
		(void)pthread_mutex_destroy(&k->state);
		free(k);
		return err_nomem(err);
	}
	int code = copy_source(k, source, err);
	if (code == VOUCH_OK)
		code = arm(&k->armed, k, source->octets, err);
	if (code != VOUCH_OK) {
		signing_key_free(k);
		return code;
	}
	k->is_foreign = k->armed->key.is_foreign;
	if (!k->is_foreign)
		forget_passphrase(k);
	*out = k;
	return VOUCH_OK;
}

void
signing_key_free(struct signing_key *key)
{
	if (key == NULL)
		return;
	release(key->armed);
	forget_passphrase(key);
	if (key->uri != NULL)
		OPENSSL_cleanse(key->uri, strlen(key->uri));
	free(key->uri);
	(void)pthread_mutex_destroy(&key->turn);
	(void)pthread_mutex_destroy(&key->state);
	free(key);
}

const char *
signing_key_name(const struct signing_key *key)
{
	return key->name;
}

/* What signs at the moment, with a reference for the caller; NULL while it is lost. */
static struct armed *
take(struct signing_key *k)
{
	struct armed *armed = NULL;

	(void)pthread_mutex_lock(&k->state);
	if (!k->is_lost) {
		armed = k->armed;
		armed->references++;
	}
	(void)pthread_mutex_unlock(&k->state);
	return armed;
}

static int
sign_with(struct signing_key *k, struct armed *armed, vouch_span data, vouch_buf *signature, vouch_err *err)
{
	if (!armed->key.is_serial)
		return prepared_sign(&armed->prepared, data, signature, err);
	(void)pthread_mutex_lock(&k->turn);
	int code = prepared_sign(&armed->prepared, data, signature, err);
	(void)pthread_mutex_unlock(&k->turn);
	return code;
}

static bool
is_refused_pin(const vouch_err *err)
{
	return err->rule != NULL && strcmp(err->rule, CRYPTO_RULE_PIN) == 0;
}

/* What failed is lost, unless its successor is there already. */
static void
lose(struct signing_key *k, const struct armed *failed, const vouch_err *err)
{
	(void)pthread_mutex_lock(&k->state);
	k->is_lost |= k->armed == failed;
	k->is_refused |= is_refused_pin(err);
	(void)pthread_mutex_unlock(&k->state);
}

/* a token that came back may be another one, with another key of the same name. */
static int
prove(struct signing_key *k, struct armed *armed, vouch_err *err)
{
	vouch_buf proof = { 0 };
	int code = sign_with(k, armed, signing_proof_text, &proof, err);

	if (code == VOUCH_OK &&
	    prepared_verify(k->verifying, signing_proof_text, span_buf(&proof), err) != VOUCH_OK)
		code = err_set(err, VOUCH_EVERIFY, "the key no longer belongs to the certificate");
	vouch_buf_free(&proof);
	return code;
}

/* Says whether this thread is the one to open the key anew. */
static bool
may_open(struct signing_key *k, vouch_time now, const char **why_not)
{
	(void)pthread_mutex_lock(&k->state);
	bool may = !k->is_refused && !k->is_opening && (now == VOUCH_TIME_ABSENT || now != k->attempted_at);
	*why_not = k->is_refused ? "the token refused the PIN, which is not tried again" : "the key is away";
	if (may) {
		k->is_opening = true;
		k->attempted_at = now;
	}
	(void)pthread_mutex_unlock(&k->state);
	return may;
}

/* Puts what was opened (NULL: nothing was, and err says why) into the place of what was lost. */
static void
succeed(struct signing_key *k, struct armed *takes_armed, const vouch_err *err)
{
	struct armed *old = NULL;

	(void)pthread_mutex_lock(&k->state);
	k->is_opening = false;
	k->is_refused |= takes_armed == NULL && is_refused_pin(err);
	if (takes_armed != NULL) {
		old = k->armed;
		k->armed = takes_armed;
		k->is_lost = false;
	}
	(void)pthread_mutex_unlock(&k->state);
	release(old);
}

static int
open_anew(struct signing_key *k, vouch_time now, vouch_err *err)
{
	struct armed *armed = NULL;
	const char *why_not;

	if (!may_open(k, now, &why_not))
		return err_set(err, VOUCH_EUNAVAILABLE, "%s", why_not);
	(void)pthread_mutex_lock(&k->turn);
	int code = arm(&armed, k, span_of(NULL, 0), err);
	(void)pthread_mutex_unlock(&k->turn);
	if (code == VOUCH_OK && (code = prove(k, armed, err)) != VOUCH_OK) {
		release(armed);
		armed = NULL;
	}
	succeed(k, armed, err);
	return code;
}

static int
sign_once(struct signing_key *k, vouch_span data, vouch_buf *signature, vouch_err *err)
{
	struct armed *armed = take(k);

	if (armed == NULL)
		return err_set(err, VOUCH_EUNAVAILABLE, "the key is away");
	int code = sign_with(k, armed, data, signature, err);
	if (code != VOUCH_OK && code != VOUCH_ENOMEM)
		lose(k, armed, err);
	release(armed);
	return code;
}

int
signing_key_sign(struct signing_key *key, vouch_span data, vouch_time now, vouch_buf *signature,
    vouch_err *err)
{
	if (!key->is_foreign)
		return sign_with(key, key->armed, data, signature, err);
	int code = sign_once(key, data, signature, err);
	if (code == VOUCH_OK || code == VOUCH_ENOMEM)
		return code;
	vouch_err first = *err, again = { 0 };
	code = open_anew(key, now, &again);
	if (code == VOUCH_OK)
		code = sign_once(key, data, signature, &again);
	if (code == VOUCH_OK)
		return VOUCH_OK;
	/* The first reason of all is the one that helps; the others follow from it. */
	*err = first.code != VOUCH_EUNAVAILABLE ? first : again;
	if (err->code != VOUCH_ENOMEM)
		err->code = VOUCH_EUNAVAILABLE;
	return err->code;
}
