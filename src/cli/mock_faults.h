/* SPDX-License-Identifier: Apache-2.0 */
/* The table of faults, for people and for programs. */
#ifndef CLI_MOCK_FAULTS_H
#define CLI_MOCK_FAULTS_H

#include "cli/command.h"

/* One line each, or with json one array. */
int mock_faults_print(bool json);
/* A row of the manual. */
bool mock_faults_row(size_t number, const char **name, const char **text);
/* A row of the settings of a scenario. */
bool mock_faults_scenario_row(size_t number, const char **name, const char **text);

#endif
