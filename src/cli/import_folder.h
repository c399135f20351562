/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in a file or in a folder's files, as rows that say that they were issued. */
#ifndef CLI_IMPORT_FOLDER_H
#define CLI_IMPORT_FOLDER_H

#include "cli/import_batch.h"

/*
 * Every file of the folder, in the order of their names; folders in it are passed over.  What is no certificate, and
 * one of another issuer, is skipped; one that is damaged is refused.
 */
VOUCH_MUST int import_folder(struct import_batch *batch, const char *path, vouch_err *err);
/* A file of certificates: PEM, or one in DER. */
VOUCH_MUST int import_certificates(struct import_batch *batch, const char *path, vouch_err *err);

#endif
