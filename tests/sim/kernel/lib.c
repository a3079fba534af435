// SPDX-License-Identifier: GPL-2.0
/*
 * Library functions: strings and numbers.
 *
 * Follows lib/{string,kstrtox,net_utils,vsprintf}.c.
 */
#include <sim/base.h>

ssize_t strscpy(char *dest, const char *src, size_t count)
{
	size_t len = strnlen(src, count);

	if (!count)
		return -E2BIG;
	if (len == count) {
		memcpy(dest, src, count - 1);
		dest[count - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dest, src, len + 1);
	return len;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n < (int)size ? n : (int)size - 1;
}

/* One newline may end the number, nothing else. */
int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	unsigned long long value;
	char *end;

	if (*s == '+')
		s++;
	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, base);
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	if (errno || value > UINT_MAX)
		return -ERANGE;
	*res = value;
	return 0;
}

bool mac_pton(const char *s, u8 *mac)
{
	unsigned int b[6];
	int i, n = 0;

	if (strlen(s) < 17 ||
	    sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x%n", b, b + 1, b + 2, b + 3,
		   b + 4, b + 5, &n) != 6 || n != 17)
		return false;
	for (i = 0; i < 6; i++)
		mac[i] = b[i];
	return true;
}

void *memchr_inv(const void *start, int c, size_t bytes)
{
	const u8 *p = start;

	for (; bytes--; p++)
		if (*p != (u8)c)
			return (void *)p;
	return NULL;
}
