// SPDX-License-Identifier: GPL-2.0
/* Reads a scenario file; see scenarios/README for the words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vifd.h"

static const char *const rx_kinds[] = {
	"never", "bad-id", "next-id", "repeat-id", "negative", "most-negative",
	"big", "offset", "far-offset", "short", "empty", "endless-extras",
	"unknown-extra", "zero-extra", "gso-size-0", "gso-type", "many-slots",
	"cut", "cut-extra", "too-long", "ahead", "back", "far", "random", NULL
};
static const char *const tx_kinds[] = {
	"never", "bad-id", "idle-id", "twice", "error", "odd-status", "ahead",
	"back", "far", "random", "unpublished", NULL
};

static const char *file;
static int line_nr;

static void bad(const char *what)
{
	fprintf(stderr, "vifd: %s:%d: %s\n", file, line_nr, what);
	exit(2);
}

static int state(const char *word)
{
	int n = word ? atoi(word) : 0;

	if (n < 1 || n > 8)
		bad("a state is 1 to 8");
	return n;
}

static void states(int *list)
{
	int n = 0;
	char *word;

	while ((word = strtok(NULL, " \t\n"))) {
		if (n == MAX_ANSWER)
			bad("too many states");
		list[n++] = state(word);
	}
	list[n] = 0;
	if (!n)
		bad("states are missing");
}

static void kind(struct scenario *s, char *to, const char *const *known)
{
	char *word = strtok(NULL, " \t\n"), *every = strtok(NULL, " \t\n");

	for (; word && *known; known++)
		if (!strcmp(word, *known))
			break;
	if (!word || !*known)
		bad("unknown kind of fault");
	strcpy(to, word);
	s->every = every ? atoi(every) : 1;
	if (s->every < 1)
		bad("every what?");
}

static void add_key(struct key *list, int *count)
{
	char *name = strtok(NULL, " \t\n"), *value = strtok(NULL, "\n");
	struct key *k = &list[*count];

	if (!name || !value || (*count)++ == MAX_KEYS)
		bad("key or then NAME VALUE, VALUE - for none");
	snprintf(k->name, sizeof(k->name), "%s", name);
	snprintf(k->value, sizeof(k->value), "%s", value);
	k->gone = !strcmp(value, "-");
}

static void line(struct scenario *s, char *text)
{
	char *word = strtok(text, " \t\n");

	if (!word || *word == '#' || !strcmp(word, "op") ||
	    !strcmp(word, "allow") || !strcmp(word, "count") ||
	    !strcmp(word, "guest"))
		return;			/* the latter four are the runner's */
	if (!strcmp(word, "ignore"))
		s->ignore[state(strtok(NULL, " \t\n"))] = 1;
	else if (!strcmp(word, "die"))
		s->die[state(strtok(NULL, " \t\n"))] = 1;
	else if (!strcmp(word, "detach-on"))
		s->detach_on[state(strtok(NULL, " \t\n"))] = 1;
	else if (!strcmp(word, "late"))
		s->late = 1;
	else if (!strcmp(word, "answer"))
		states(s->answer[state(strtok(NULL, " \t\n"))]);
	else if (!strcmp(word, "flap")) {
		word = strtok(NULL, " \t\n");
		s->flap_ms = word ? atoi(word) : 0;
		if (s->flap_ms < 1)
			bad("flap MILLISECONDS STATE...");
		states(s->flap);
	} else if (!strcmp(word, "keep"))
		s->keep = 1;
	else if (!strcmp(word, "no-map"))
		s->no_map = 1;
	else if (!strcmp(word, "storm")) {
		int *rate = &s->storm;

		word = strtok(NULL, " \t\n");
		if (word && !strcmp(word, "ctrl")) {
			rate = &s->storm_ctrl;
			word = strtok(NULL, " \t\n");
		}
		*rate = word ? atoi(word) : 0;
		if (*rate < 1)
			bad("storm [ctrl] EVENTS-A-SECOND");
	} else if (!strcmp(word, "rx"))
		kind(s, s->rx, rx_kinds);
	else if (!strcmp(word, "tx"))
		kind(s, s->tx, tx_kinds);
	else if (!strcmp(word, "key"))
		add_key(s->key, &s->keys);
	else if (!strcmp(word, "then"))
		add_key(s->then, &s->thens);
	else
		bad("unknown word");
}

void scenario_read(struct scenario *s, const char *name)
{
	char text[256];
	FILE *f = fopen(name, "r");

	file = name;
	if (!f) {
		perror(name);
		exit(2);
	}
	for (line_nr = 1; fgets(text, sizeof(text), f); line_nr++)
		line(s, text);
	fclose(f);
}
