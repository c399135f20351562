/* SPDX-License-Identifier: Apache-2.0 */
/* Any octets as vouch.yaml: a whole configuration, or one line that says file, line and reason. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_conf(struct conf *conf)
{
	vouch_err err;

	require(conf->issuer_count > 0 && conf->listen.count > 0);
	for (size_t i = 0; i < conf->issuer_count; i++) {
		const struct conf_issuer *issuer = &conf->issuers[i];

		require(issuer->certificate != NULL && issuer->path[0] == '/' && issuer->line > 0);
		require(
		    issuer->signer_count > 0 && issuer->source_count > 0 && issuer->options.validity > 1);
		for (size_t j = 0; j < issuer->signer_count; j++)
			require(issuer->signers[j].certificate != NULL && issuer->signers[j].key != NULL &&
			    issuer->signers[j].line > 0);
	}
	require(conf_check(conf, &err) == VOUCH_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	if (conf_parse(&conf, "/etc/v.yaml", (vouch_span){ data, size }, &err) == VOUCH_OK) {
		check_conf(conf);
		conf_free(conf);
		return 0;
	}
	require(conf == NULL && strncmp(err.msg, "/etc/v.yaml:", 12) == 0 && !conf_has_control(err.msg));
	return 0;
}
