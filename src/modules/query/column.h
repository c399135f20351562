/* SPDX-License-Identifier: Apache-2.0 */
/* The named columns of results. */
#ifndef QUERY_COLUMN_H
#define QUERY_COLUMN_H

#include "modules/query/query.h"

enum query_column {
	QUERY_STATUS,
	QUERY_REVOKED_AT,
	QUERY_REASON,
	QUERY_INVALIDITY_DATE,
	QUERY_THIS_UPDATE,
	QUERY_NEXT_UPDATE,
	QUERY_EXPIRES_AT,
	QUERY_CERTIFICATE_SHA256,
	QUERY_POSITION,
	QUERY_SERIAL_HEX,
	QUERY_SERIAL_DECIMAL,
	QUERY_SERIAL_BYTES,
	QUERY_VERSION,
	QUERY_COLUMNS
};

/* In query_columns.meaning: the column is in milliseconds. */
#define QUERY_MILLISECONDS 0x80

/* Its name without "_ms", for errors. */
const char *query_column_name(enum query_column column);

#endif
