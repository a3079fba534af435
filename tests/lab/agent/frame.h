/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame.h - the lines that the guest's agent and dom0's gx exchange over the guest's console.
 *
 * The console is shared with the kernel's own messages, which may land in the middle of a line, and
 * input may get lost. So every line carries a CRC, every request may be sent again, and nothing is
 * done twice:
 *
 *   @Q <id> <chunk> <chunks> <base64> <crc>   gx: part of a script, run once all parts are there
 *   @A <id> <chunk> <crc>                     agent: that part has arrived
 *   @P <id> <chunk> <crc>                     gx: how is it going? send the output from this chunk
 *                                             on
 *   @R <id> <crc>                             agent: still running
 *   @U <id> <crc>                             agent: I know no such id (its script never arrived)
 *   @D <id> <chunk> <base64> <crc>            agent: part of the output
 *   @X <id> <chunks> <status> <crc>           agent: that was all; exit status as a shell gives it
 *   @K <id> <crc>                             gx: kill it (its process group)
 *
 * crc is the CRC-32 of everything before the last blank, in hexadecimal.
 */
#ifndef XNF_LAB_FRAME_H
#define XNF_LAB_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_RAW	600			/* bytes of payload a line */
#define FRAME_LINE	1024			/* longest line */
#define FRAME_ID	32			/* longest id, with its NUL */

static inline uint32_t frame_crc(const char *p, size_t n)
{
	uint32_t c = ~0u;

	while (n--) {
		c ^= (unsigned char)*p++;
		for (int i = 0; i < 8; i++)
			c = (c >> 1) ^ (0xedb88320u & -(c & 1));
	}
	return ~c;
}

/*
 * Appends the CRC and a newline to a line of @len bytes; returns the new length. @line has room for
 * FRAME_LINE bytes.
 */
static inline size_t frame_seal(char *line, size_t len)
{
	return len + (size_t)sprintf(line + len, " %08x\n", frame_crc(line, len));
}

/*
 * Finds a whole frame in @line (text may precede it), checks and cuts the CRC; returns the frame or
 * NULL.
 */
static inline char *frame_open(char *line)
{
	char *end, *start = NULL;

	/* the last '@': what an interrupted line left is skipped */
	for (char *at = line; (at = strchr(at, '@')); at++)
		start = at;
	if (!start || !(end = strrchr(start, ' ')) || strlen(end + 1) < 8)
		return NULL;
	if ((uint32_t)strtoul(end + 1, NULL, 16) != frame_crc(start, (size_t)(end - start)))
		return NULL;
	*end = '\0';
	return start;
}

static const char frame_b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/*
 * Encodes @n bytes; returns the length written to @out (no NUL). An empty payload is written as
 * "=".
 */
static inline size_t frame_encode(char *out, const unsigned char *in, size_t n)
{
	char *o = out;

	if (!n)
		*o++ = '=';
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < n)
			v |= in[i + 2];
		*o++ = frame_b64[v >> 18];
		*o++ = frame_b64[v >> 12 & 63];
		*o++ = i + 1 < n ? frame_b64[v >> 6 & 63] : '=';
		*o++ = i + 2 < n ? frame_b64[v & 63] : '=';
	}
	return (size_t)(o - out);
}

/* Decodes @in up to its NUL; returns the number of bytes written to @out. */
static inline size_t frame_decode(unsigned char *out, const char *in)
{
	unsigned char *o = out;
	uint32_t v = 0;
	int bits = 0;

	for (; *in && *in != '='; in++) {
		const char *at = strchr(frame_b64, *in);

		if (!at)
			break;
		v = v << 6 | (uint32_t)(at - frame_b64);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*o++ = (unsigned char)(v >> bits);
		}
	}
	return (size_t)(o - out);
}

#endif
