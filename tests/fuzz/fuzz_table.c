/* SPDX-License-Identifier: Apache-2.0 */
/* Any octets as a table in CSV: rows that a register takes, or an error that names the line. */
#include <stdlib.h>
#include <string.h>

#include "cli/import_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_row(const vouch_buf *serial_number, const vouch_status *status)
{
	bool is_revoked = status->cert_status == VOUCH_REVOKED;

	require(serial_number->len > 0 && serial_number->len <= 1024);
	require(serial_number->len == 1 || serial_number->data[0] != 0 || serial_number->data[1] >= 0x80);
	require(is_revoked || status->cert_status == VOUCH_GOOD);
	require(is_revoked == (status->revocation_time != VOUCH_TIME_ABSENT));
	require(is_revoked || status->revocation_reason == VOUCH_REASON_ABSENT);
	require(status->revocation_reason == VOUCH_REASON_ABSENT ||
	    vouch_reason_name(status->revocation_reason) != NULL);
}

static void
read_all(struct import_table *table)
{
	vouch_buf serial_number = { 0 };
	vouch_status status;
	vouch_err err = { 0 };
	int ret = import_table_begin(table, &err);

	while (ret == VOUCH_OK) {
		ret = import_table_next(table, &serial_number, &status, &err);
		if (ret == VOUCH_OK)
			check_row(&serial_number, &status);
	}
	if (ret != VOUCH_ENOTFOUND)
		require(strncmp(err.msg, "table:", 6) == 0);
	vouch_buf_free(&serial_number);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_table table = { .csv = { .name = "table" } };

	if (size == 0)
		return 0;
	table.csv.file = fmemopen((void *)(uintptr_t)data, size, "r");
	require(table.csv.file != NULL);
	read_all(&table);
	import_table_clear(&table);
	fclose(table.csv.file);
	return 0;
}
