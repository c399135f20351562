/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_signer: a certificate, its key, and what the responder writes into answers on its behalf. */
#include "signer/signer.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/versioned.h"
#include "crypto/algorithm.h"
#include "signer/match.h"
#include "signer/prepared.h"
#include "signer/responder_id.h"
#include "signer/signing_key.h"

#define CERTS_MAX 8 /* sent with every answer: more than a chain's length is a bundle given by mistake */

struct vouch_signer {
	_Atomic unsigned references;
	struct crypto_cert cert;
	size_t cert_count;
	vouch_buf ders[CERTS_MAX];   /* the signer's certificate and its chain */
	vouch_span certs[CERTS_MAX]; /* the same, as the responder wants them */
	const struct crypto_algorithm *algorithm;
	vouch_buf identifier, by_name, by_key;
	struct prepared verifying;
	struct signing_key *key; /* NULL: sign, or it is elsewhere */
	vouch_sign_cb *sign;	 /* instead of signing */
	void *sign_ctx;
	void (*release)(void *sign_ctx); /* may be NULL */
};

/* Takes der into the list of what is sent; the same certificate is not sent twice. */
static int
add_certificate(struct vouch_signer *signer, vouch_buf *takes_der, vouch_err *err)
{
	struct crypto_cert checked;
	int code = crypto_cert_parse(&checked, span_buf(takes_der), err);

	if (code != VOUCH_OK)
		return err_prefix(err, "certificate %zu of the chain", signer->cert_count + 1);
	crypto_cert_clear(&checked);
	for (size_t i = 0; i < signer->cert_count; i++)
		if (span_equal(signer->certs[i], span_buf(takes_der))) {
			vouch_buf_free(takes_der);
			return VOUCH_OK;
		}
	if (signer->cert_count == CERTS_MAX)
		return err_set(err, VOUCH_ELIMIT, "more than %d certificates to be sent with every answer",
		    CERTS_MAX);
	signer->certs[signer->cert_count] = span_buf(takes_der);
	signer->ders[signer->cert_count++] = *takes_der;
	return VOUCH_OK;
}

static int
read_certificates(struct vouch_signer *signer, vouch_span input, vouch_err *err)
{
	int code = crypto_cert_read_first(&signer->cert, input, err);

	while (code == VOUCH_OK) {
		vouch_buf der = { 0 };
		code = vouch_certificate_read(&input, &der, err);
		if (code == VOUCH_ENOTFOUND)
			return VOUCH_OK;
		if (code == VOUCH_OK)
			code = add_certificate(signer, &der, err);
		if (code != VOUCH_OK)
			vouch_buf_free(&der);
	}
	return code;
}

static int
describe(struct vouch_signer *signer, const vouch_signer_options *options, vouch_err *err)
{
	signer->algorithm = crypto_algorithm_choose(&signer->cert, options->algorithm,
	    (options->flags & VOUCH_SIGNER_WEAK) != 0 ? CRYPTO_WEAK_TOO : CRYPTO_STRONG, &signer->identifier,
	    err);
	if (signer->algorithm == NULL)
		return err->code;
	int code = responder_id_by_key(&signer->cert, &signer->by_key, err);
	if (code == VOUCH_OK)
		code = responder_id_by_name(&signer->cert, &signer->by_name, err);
	return code;
}

static bool
is_elsewhere(const vouch_signer_options *options)
{
	return (options->flags & VOUCH_SIGNER_ELSEWHERE) != 0;
}

static bool
has_key(const vouch_signer_options *options)
{
	return options->key != NULL || options->key_octets.len != 0;
}

/* The vouch_sign_cb of a signer whose key is in another process. */
static int
refuse_to_sign(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	(void)ctx, (void)tbs, (void)signature;
	return err_set(err, VOUCH_EUNAVAILABLE, "the signer's key is in another process");
}

static int
load_key(struct vouch_signer *signer, const vouch_signer_options *options, const struct crypto_scheme *scheme,
    vouch_err *err)
{
	struct signing_key_source source = { .uri = options->key,
		.octets = options->key_octets,
		.passphrase = options->passphrase,
		.scheme = scheme,
		.cert = &signer->cert,
		.verifying = &signer->verifying };

	return signing_key_new(&signer->key, &source, err);
}

static int
arm(struct vouch_signer *signer, const vouch_signer_options *options, vouch_err *err)
{
	struct crypto_scheme scheme;
	/* What is read back is what clients will read: the identifier and the signature cannot disagree. */
	int code = crypto_scheme_parse(span_buf(&signer->identifier), &scheme, err);

	if (code == VOUCH_OK)
		code = prepared_init(&signer->verifying, &scheme, signer->cert.key, CRYPTO_VERIFY, err);
	if (code == VOUCH_OK && has_key(options))
		code = load_key(signer, options, &scheme, err);
	signer->sign = is_elsewhere(options) ? refuse_to_sign : options->sign;
	signer->sign_ctx = options->sign_ctx;
	return code;
}

static int
hold_proof(struct vouch_signer *signer, vouch_span proof, vouch_err *err)
{
	if (signer_verify(signer, signing_proof_text, proof, err) == VOUCH_OK)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED,
	    "the key does not belong to the certificate: its signature does not verify");
}

/* one signature, verified with the certificate, before anybody relies on it. */
static int
prove(struct vouch_signer *signer, const vouch_signer_options *options, vouch_err *err)
{
	vouch_buf signature = { 0 };

	if (is_elsewhere(options))
		return options->proof.len == 0 ? VOUCH_OK : hold_proof(signer, options->proof, err);
	int code = vouch_signer_prove(signer, &signature, err);
	if (code == VOUCH_OK)
		code = hold_proof(signer, span_buf(&signature), err);
	vouch_buf_free(&signature);
	return code == VOUCH_OK || signer->key == NULL ? code :
							 err_prefix(err, "%s", signing_key_name(signer->key));
}

static int
check_options(const vouch_signer_options *options, vouch_err *err)
{
	int ways = (options->key != NULL) + (options->key_octets.len != 0) + (options->sign != NULL) +
	    is_elsewhere(options);

	if (ways != 1)
		return err_set(err, VOUCH_EINVAL,
		    "a signer needs a key, its octets or a function that signs, and only one of them");
	if (options->proof.len != 0 && !is_elsewhere(options))
		return err_set(err, VOUCH_EINVAL,
		    "vouch_signer_options.proof is for a key that is in another process");
	if ((options->flags & ~(uint32_t)(VOUCH_SIGNER_WEAK | VOUCH_SIGNER_ELSEWHERE)) != 0)
		return err_set(err, VOUCH_EINVAL, "vouch_signer_options.flags has one that does not exist");
	return VOUCH_OK;
}

static int
build(struct vouch_signer *signer, const vouch_signer_options *options, vouch_err *err)
{
	int code = read_certificates(signer, options->certificate, err);

	if (code == VOUCH_OK)
		code = describe(signer, options, err);
	if (code == VOUCH_OK)
		code = arm(signer, options, err);
	return code == VOUCH_OK ? prove(signer, options, err) : code;
}

int
vouch_signer_open(vouch_signer **out, const vouch_signer_options *options, vouch_err *err)
{
	vouch_err unread;
	vouch_signer_options ours = { 0 };

	err = err_or(err, &unread);
	int code = versioned_read(&ours, sizeof(ours), options, "vouch_signer_options", err);
	if (code == VOUCH_OK)
		code = check_options(&ours, err);
	if (code != VOUCH_OK)
		return code;
	struct vouch_signer *signer = calloc(1, sizeof(*signer));
	if (signer == NULL)
		return err_nomem(err);
	signer->references = 1;
	code = build(signer, &ours, err);
	if (code != VOUCH_OK) {
		vouch_signer_free(signer);
		return code;
	}
	signer->release = ours.release;
	*out = signer;
	return VOUCH_OK;
}

vouch_signer *
vouch_signer_ref(vouch_signer *signer)
{
	signer->references++;
	return signer;
}

void
vouch_signer_free(vouch_signer *signer)
{
	if (signer == NULL || --signer->references != 0)
		return;
	signing_key_free(signer->key);
	prepared_clear(&signer->verifying);
	for (size_t i = 0; i < signer->cert_count; i++)
		vouch_buf_free(&signer->ders[i]);
	vouch_buf_free(&signer->identifier);
	vouch_buf_free(&signer->by_name);
	vouch_buf_free(&signer->by_key);
	crypto_cert_clear(&signer->cert);
	if (signer->release != NULL)
		signer->release(signer->sign_ctx);
	free(signer);
}

/* A caller's function may return what it likes; a failure gets a code and a text. */
static int
sign_elsewhere(vouch_signer *signer, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	size_t before = signature->len;
	int code = signer->sign(signer->sign_ctx, tbs, signature, err);

	if (code == VOUCH_OK && signature->len > before)
		return VOUCH_OK;
	signature->len = before;
	if (err->code == VOUCH_OK)
		return err_set(err, code < 0 ? code : VOUCH_EUNAVAILABLE, "the signer made no signature");
	return err->code;
}

int
vouch_signer_sign_at(vouch_signer *signer, vouch_span tbs, vouch_time now, vouch_buf *signature,
    vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (signer->sign != NULL)
		return sign_elsewhere(signer, tbs, signature, err);
	return signing_key_sign(signer->key, tbs, now, signature, err);
}

int
vouch_signer_sign(vouch_signer *signer, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	return vouch_signer_sign_at(signer, tbs, VOUCH_TIME_ABSENT, signature, err);
}

int
vouch_signer_prove(vouch_signer *signer, vouch_buf *proof, vouch_err *err)
{
	return vouch_signer_sign(signer, signing_proof_text, proof, err);
}

void *
vouch_signer_context(const vouch_signer *signer)
{
	return signer->sign_ctx;
}

int
signer_verify(const vouch_signer *signer, vouch_span tbs, vouch_span signature, vouch_err *err)
{
	return prepared_verify(&signer->verifying, tbs, signature, err);
}

vouch_span
vouch_signer_certificate(const vouch_signer *signer)
{
	return span_buf(&signer->cert.der);
}

const char *
vouch_signer_algorithm(const vouch_signer *signer)
{
	return signer->algorithm->name;
}

const struct crypto_cert *
signer_cert(const vouch_signer *signer)
{
	return &signer->cert;
}

vouch_span
signer_responder_id(const vouch_signer *signer, enum vouch_responder_id form)
{
	return span_buf(form == VOUCH_BY_NAME ? &signer->by_name : &signer->by_key);
}

vouch_span
signer_signature_algorithm(const vouch_signer *signer)
{
	return span_buf(&signer->identifier);
}

const vouch_span *
signer_certs(const vouch_signer *signer, size_t *count)
{
	*count = signer->cert_count;
	return signer->certs;
}

bool
signer_is_valid(const vouch_signer *signer, vouch_time now)
{
	return crypto_cert_is_valid_at(&signer->cert, now);
}

bool
signer_matches(const vouch_signer *signer, vouch_span sig_identifier, vouch_span pub_key_identifier)
{
	return match_signature_algorithm(span_buf(&signer->identifier), sig_identifier) &&
	    (pub_key_identifier.len == 0 || signer_has_key(signer, pub_key_identifier));
}

bool
signer_has_key(const vouch_signer *signer, vouch_span pub_key_identifier)
{
	return match_public_key(signer->cert.key_algorithm, pub_key_identifier);
}
