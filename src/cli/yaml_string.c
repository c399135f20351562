/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a string of YAML. */
#include "cli/yaml_string.h"

#include "base/utf8.h"

static uint32_t
code_point(const char *text, size_t len)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)text[0] & masks[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	return c;
}

static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Line breaks would be folded; the others, readers of YAML refuse as they stand. */
static bool
needs_escape(uint32_t c)
{
	return c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

static int
append_character(vouch_buf *out, const char *text, size_t len)
{
	uint32_t c = code_point(text, len);

	if (c == '"' || c == '\\')
		return buf_printf(out, "\\%c", (int)c);
	if (is_control(c))
		return buf_append_string(out, "?");
	return needs_escape(c) ? buf_printf(out, "\\u%04X", c) : vouch_buf_append(out, text, len);
}

int
yaml_string_append(vouch_buf *out, const char *text, size_t limit)
{
	int code = buf_append_string(out, "\"");

	while (code == VOUCH_OK && *text != '\0') {
		size_t len = utf8_length(text), taken = len > 0 ? len : 1;
		if (taken > limit)
			break;
		code = len > 0 ? append_character(out, text, len) : buf_append_string(out, "?");
		text += taken;
		limit -= taken;
	}
	return code == VOUCH_OK ? buf_append_string(out, "\"") : code;
}
