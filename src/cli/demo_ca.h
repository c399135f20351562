/* SPDX-License-Identifier: Apache-2.0 */
/* The throw-away CA of vouch demo, in a folder. */
#ifndef CLI_DEMO_CA_H
#define CLI_DEMO_CA_H

#include <vouch.h>

/* Makes ca.pem, ca.key and the responder's files. */
VOUCH_MUST int demo_ca_make(const char *folder, vouch_err *err);
/* Issues NAME.pem, which names the responder at url. */
VOUCH_MUST int demo_ca_issue(const char *folder, const char *name, const char *url, vouch_err *err);

#endif
