/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: scopes (paths) and, in each, the issuer that a CertID names. */
#include "issuer/registry.h"

#include <stdlib.h>

#include "base/hash.h"
#include "issuer/scope.h"

#define PATH_LENGTH_MAX 256 /* of a scope: GET has to hold the base64 behind it */

struct issuer_registry {
	uint8_t key[HASH_KEY_LENGTH];
	vouch_issuer **issuers;
	size_t issuer_count;
	vouch_scope **scopes; /* in the order of their paths */
	size_t scope_count;
	size_t longest_path;
	vouch_scope *everywhere; /* every issuer, for callers without a scope */
};

int
issuer_registry_new(struct issuer_registry **out, const uint8_t key[16], vouch_err *err)
{
	struct issuer_registry *registry = calloc(1, sizeof(*registry));

	if (registry == NULL)
		return err_nomem(err);
	memcpy(registry->key, key, sizeof(registry->key));
	int code = scope_new(&registry->everywhere, SPAN_LITERAL("/"), err);
	if (code != VOUCH_OK) {
		free(registry);
		return code;
	}
	*out = registry;
	return VOUCH_OK;
}

void
issuer_registry_free(struct issuer_registry *registry)
{
	if (registry == NULL)
		return;
	for (size_t i = 0; i < registry->issuer_count; i++)
		vouch_issuer_free(registry->issuers[i]);
	for (size_t i = 0; i < registry->scope_count; i++)
		scope_free(registry->scopes[i]);
	scope_free(registry->everywhere);
	free(registry->issuers);
	free(registry->scopes);
	free(registry);
}

/* Paths are compared raw with what clients send: what cannot stand in a request target would never match. */
static int
normal_path(const char *path, vouch_buf *out, vouch_err *err)
{
	if (path[0] != '/')
		return err_set(err, VOUCH_EINVAL, "path %s does not begin with '/'", path);
	size_t len = strlen(path);
	if (len >= PATH_LENGTH_MAX)
		return err_set(err, VOUCH_ELIMIT, "path of %zu characters, %d are the limit", len,
		    PATH_LENGTH_MAX - 1);
	for (size_t i = 0; i < len; i++)
		if (path[i] <= ' ' || path[i] >= 0x7f || path[i] == '?' || path[i] == '#')
			return err_at(err, VOUCH_EINVAL, i,
			    "path %s has a character that no request path has", path);
	if (buf_append_string(out, path) != VOUCH_OK ||
	    (path[len - 1] != '/' && buf_append_string(out, "/") != VOUCH_OK))
		return err_nomem(err);
	return VOUCH_OK;
}

static int
compare(const vouch_scope *scope, vouch_span path)
{
	size_t len = scope->path_length < path.len ? scope->path_length : path.len;
	int order = memcmp(scope->path, path.data, len);

	return order != 0 ? order : (scope->path_length > path.len) - (scope->path_length < path.len);
}

/* The place of the path among the scopes, or where it would go. */
static size_t
place_of(const struct issuer_registry *registry, vouch_span path, bool *found)
{
	size_t low = 0, high = registry->scope_count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(registry->scopes[middle], path);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The scope of a path, made if it is new; NULL on failure, which err tells. */
static vouch_scope *
scope_of(struct issuer_registry *registry, vouch_span path, vouch_err *err)
{
	bool found;
	size_t at = place_of(registry, path, &found);
	vouch_scope *scope;

	if (found)
		return registry->scopes[at];
	vouch_scope **scopes = reallocarray(registry->scopes, registry->scope_count + 1,
	    sizeof(vouch_scope *));
	if (scopes == NULL) {
		err_nomem(err);
		return NULL;
	}
	registry->scopes = scopes;
	if (scope_new(&scope, path, err) != VOUCH_OK)
		return NULL;
	memmove(scopes + at + 1, scopes + at, (registry->scope_count - at) * sizeof(vouch_scope *));
	scopes[at] = scope;
	registry->scope_count++;
	if (path.len > registry->longest_path)
		registry->longest_path = path.len;
	return scope;
}

/* Numbers the issuer, if it is new.  Without a scope, a name and key that two share belong to the first. */
static int
enter(struct issuer_registry *registry, vouch_issuer *issuer, unsigned *number, vouch_err *err)
{
	for (size_t i = 0; i < registry->issuer_count; i++)
		if (registry->issuers[i] == issuer) {
			*number = (unsigned)i;
			return VOUCH_OK;
		}
	vouch_issuer **issuers = reallocarray(registry->issuers, registry->issuer_count + 1,
	    sizeof(vouch_issuer *));
	if (issuers == NULL)
		return err_nomem(err);
	registry->issuers = issuers;
	unsigned next = (unsigned)registry->issuer_count;
	if (!scope_has(registry->everywhere, registry->key, issuer)) {
		int code = scope_add(registry->everywhere, registry->key, issuer, next, err);
		if (code != VOUCH_OK)
			return code;
	}
	issuers[registry->issuer_count++] = vouch_issuer_ref(issuer);
	*number = next;
	return VOUCH_OK;
}

static int
add_to(struct issuer_registry *registry, vouch_issuer *issuer, vouch_span path, unsigned *number,
    vouch_err *err)
{
	vouch_scope *scope = scope_of(registry, path, err);

	if (scope == NULL)
		return err->code;
	if (scope_has(scope, registry->key, issuer))
		return err_set(err, VOUCH_EREFUSED,
		    "issuer %s: path %s has a CA with this name and this key already (RFC 6960 4.1.2)",
		    issuer->name, scope->path);
	int code = enter(registry, issuer, number, err);
	return code == VOUCH_OK ? scope_add(scope, registry->key, issuer, *number, err) : code;
}

int
issuer_registry_add(struct issuer_registry *registry, vouch_issuer *issuer, const char *path,
    unsigned *number, vouch_err *err)
{
	vouch_buf normal = { 0 };
	int code = normal_path(path != NULL ? path : "/", &normal, err);

	if (code == VOUCH_OK)
		code = add_to(registry, issuer, span_buf(&normal), number, err);
	vouch_buf_free(&normal);
	return code;
}

static const vouch_scope *
scope_at(const struct issuer_registry *registry, vouch_span path)
{
	bool found;
	size_t at = place_of(registry, path, &found);

	return found ? registry->scopes[at] : NULL;
}

/* "/corp" as a whole is the scope "/corp/" as well: that is what a POST to the URL looks like. */
static const vouch_scope *
scope_without_slash(const struct issuer_registry *registry, vouch_span path)
{
	char with_slash[PATH_LENGTH_MAX];

	if (path.len == 0 || path.len >= registry->longest_path || path.data[path.len - 1] == '/')
		return NULL;
	memcpy(with_slash, path.data, path.len);
	with_slash[path.len] = '/';
	return scope_at(registry, span_of(with_slash, path.len + 1));
}

const vouch_scope *
issuer_registry_scope(const struct issuer_registry *registry, vouch_span path, size_t *prefix)
{
	const vouch_scope *scope = scope_without_slash(registry, path);
	size_t len = path.len;

	if (scope == NULL)
		len = len < registry->longest_path ? len : registry->longest_path;
	for (; scope == NULL && len > 0; len--)
		if (path.data[len - 1] == '/' &&
		    (scope = scope_at(registry, span_of(path.data, len))) != NULL)
			break;
	if (scope != NULL)
		*prefix = len;
	return scope;
}

vouch_issuer *
issuer_registry_find(const struct issuer_registry *registry, const vouch_scope *scope, enum vouch_hash hash,
    vouch_span name_hash, vouch_span key_hash, unsigned *number)
{
	if (hash == VOUCH_HASH_OTHER)
		return NULL;
	if (!scope_find(scope != NULL ? scope : registry->everywhere, registry->key, hash, name_hash,
		key_hash, number))
		return NULL;
	return registry->issuers[*number];
}

size_t
issuer_registry_count(const struct issuer_registry *registry)
{
	return registry->issuer_count;
}

vouch_issuer *
issuer_registry_get(const struct issuer_registry *registry, unsigned number)
{
	return number < registry->issuer_count ? registry->issuers[number] : NULL;
}
