/* SPDX-License-Identifier: Apache-2.0 */
/* One element of a message in DER replaced by other octets, with the lengths around it put right. */
#ifndef MOCK_SPLICE_H
#define MOCK_SPLICE_H

#include "base/buf.h"
#include "base/err.h"

#define MOCK_PATH_MAX 8

/*
 * Which element: { 2, 0, 1 } is the second in the first in the third of the outermost one.  An OCTET STRING
 * on the way is entered like a constructed element.
 */
struct mock_path {
	uint8_t steps[MOCK_PATH_MAX];
	size_t count; /* 0: the outermost element itself */
};

/* der must hold one element of ours; VOUCH_ENOTFOUND when there is no such place in it. */
VOUCH_MUST int mock_splice_find(vouch_span der, const struct mock_path *path, vouch_span *element);
/* octets need not be DER, and may be empty or several elements. */
VOUCH_MUST int mock_splice(vouch_buf *der, const struct mock_path *path, vouch_span octets, vouch_err *err);

#endif
