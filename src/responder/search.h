/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_search: a request on its way from being read to its stored answer, or to the job that makes one. */
#ifndef RESPONDER_SEARCH_H
#define RESPONDER_SEARCH_H

#include "responder/question.h"

enum search_state { SEARCH_NONE = 0, SEARCH_BEGUN, SEARCH_MISSED };

struct vouch_search {
	enum search_state state;
	vouch_responder *responder; /* the caller's, as is the request */
	vouch_call call;
	vouch_span request;
	struct question question;
	bool expected; /* it may be in the store, under this hash */
	uint64_t hash;
	struct question_room room; /* large, and not zeroed: last */
};

#endif
