/* SPDX-License-Identifier: Apache-2.0 */
/* The script: which status and which faults there are for which serial number, answer by answer. */
#ifndef MOCK_SCRIPT_H
#define MOCK_SCRIPT_H

#include "mock/fault.h"

struct mock_step {		    /* one answer */
	uint8_t cert_status;	    /* enum vouch_cert_status; unset: the script's own */
	uint8_t revocation_reason;  /* CRLReason + 1 */
	vouch_time revocation_time; /* VOUCH_TIME_ABSENT: a day before the server began */
	struct mock_uses faults;
};

struct mock_serial {
	vouch_buf serial_number;
	struct mock_step *steps; /* the last one stays */
	size_t step_count, next;
};

struct mock_script {
	struct mock_step otherwise; /* its faults are those of every answer that has no others */
	struct mock_serial *serials;
	size_t serial_count;
	uint64_t seed;
};

#define MOCK_SERIALS_MAX 10000 /* in one script */
#define MOCK_STEPS_MAX 1000    /* for one serial number */

void mock_script_init(struct mock_script *script);
void mock_script_clear(struct mock_script *script);
/* out is overwritten, and on failure empty. */
VOUCH_MUST int mock_script_copy(struct mock_script *out, const struct mock_script *script, vouch_err *err);
/* One step, with nothing in it. */
struct mock_step mock_step_init(void);
/* The entry of a serial number, made when there is none.  NULL: there is no room, which err tells. */
struct mock_serial *mock_script_serial(struct mock_script *script, vouch_span serial_number, vouch_err *err);
VOUCH_MUST int mock_serial_add_step(struct mock_serial *serial, const struct mock_step *step, vouch_err *err);
/* Forgets the steps of a serial number, to be told anew. */
void mock_serial_clear_steps(struct mock_serial *serial);
/* The step of this answer; the next one is the next answer's.  NULL: nothing is said of the serial number. */
const struct mock_step *mock_script_take(struct mock_script *script, vouch_span serial_number);

/* "STATUS[,REASON][@TIME]" */
VOUCH_MUST int mock_step_parse(struct mock_step *out, const char *text, vouch_err *err);
/* "HEX=STATUS[,REASON][@TIME]", on the command line. */
VOUCH_MUST int mock_script_add_status(struct mock_script *script, const char *text, vouch_err *err);
/* "HEX=NAME[=VALUE]": the fault of every answer about it. */
VOUCH_MUST int mock_script_add_fault(struct mock_script *script, const char *text, vouch_err *err);
/* VOUCH_EREFUSED when one of its faults cannot be had. */
VOUCH_MUST int mock_script_check(const struct mock_script *script, const struct mock_cast *cast,
    vouch_err *err);

/*
 * Reads a scenario, which is YAML or JSON; text is named by path in errors.  What it says is added to the
 * script or takes the place of what was there; on failure the script may have some of it.
 */
VOUCH_MUST int mock_scenario_read(struct mock_script *script, const char *path, vouch_span text,
    vouch_err *err);

#endif
