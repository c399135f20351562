/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting the entries of a table in place: a list of 10^7 has no room beside it. */
#ifndef STATUS_CRL_SORT_H
#define STATUS_CRL_SORT_H

#include "status/crl_table.h"

/* By key. */
void crl_sort(struct crl_entry *entries, size_t count);

#endif
