/* SPDX-License-Identifier: Apache-2.0 */
/* The version, which meson.build alone decides. */
#include <vouch.h>

const char *
vouch_version(void)
{
	return VOUCH_VERSION;
}
