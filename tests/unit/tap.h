/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP for the unit tests: a plan at the end, one line a behaviour, the failed
 * expression and its place as a comment.
 */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>

static unsigned int tap_nr, tap_bad, tap_here;

#define CHECK(expr) do {						\
	if (!(expr)) {							\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #expr);	\
		tap_here = 1;						\
	}								\
} while (0)

/* Ends one test: ok if no CHECK failed since the last. */
#define TEST_END(...) do {						\
	printf("%sok %u - ", tap_here ? "not " : "", ++tap_nr);		\
	printf(__VA_ARGS__);						\
	printf("\n");							\
	tap_bad += tap_here;						\
	tap_here = 0;							\
} while (0)

static inline int tap_done(void)
{
	printf("1..%u\n", tap_nr);
	return tap_bad != 0;
}

#endif
