/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a scenario, for --help and the manual. */
#ifndef MOCK_SCENARIO_H
#define MOCK_SCENARIO_H

#include "conf/setting.h"

extern const struct conf_setting mock_scenario_rows[];

#endif
