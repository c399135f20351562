/* SPDX-License-Identifier: Apache-2.0 */
/* Which database a command works on: --db, else what --config says, else ./vouch.db. */
#ifndef CLI_DATABASE_H
#define CLI_DATABASE_H

#include "cli/command.h"
#include "conf/conf.h"

#define CLI_DATABASE_DEFAULT "vouch.db"

/* Both print what is wrong and return an enum cli_exit.  `what` is the command's name. */

/* --config, read; *out stays NULL without one. */
VOUCH_MUST int cli_conf_load(struct conf **out, const struct cli_args *args, const char *what);
/*
 * Appends the URI of the register, with a NUL: in the configuration the issuer's first one, else the first of
 * all.
 */
VOUCH_MUST int cli_database_uri(vouch_buf *out, const struct cli_args *args, const struct conf *conf,
    const vouch_issuer *issuer, const char *what);
/* The row of the configuration that has this issuer; NULL: none. */
const struct conf_issuer *cli_conf_issuer(const struct conf *conf, const vouch_issuer *issuer);

#endif
