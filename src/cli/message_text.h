/* SPDX-License-Identifier: Apache-2.0 */
/* An OCSP message that somebody copied as text. */
#ifndef CLI_MESSAGE_TEXT_H
#define CLI_MESSAGE_TEXT_H

#include <vouch.h>

/*
 * Turns base64 into the octets it stands for: as in the path of a GET, with or without percent-encoding, or between the lines of PEM.
 * Leaves alone what cannot be the text of an OCSP message.  VOUCH_EPARSE when it began as such text and is damaged.
 */
VOUCH_MUST int message_text_decode(vouch_buf *octets, vouch_err *err);

#endif
