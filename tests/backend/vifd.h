/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vif backend in user space that behaves like netback until a scenario says
 * otherwise.
 *
 * Owns: what the parts share.  scenario.c reads the file, rings.c serves the
 * rings, main.c has xenstore, the states and the loop.  One thread.
 */
#ifndef VIFD_H
#define VIFD_H

#include <stdint.h>

#define MAX_ANSWER	16
#define MAX_KEYS	24

struct key {
	char name[48], value[64];
	int gone;
};

/* What a scenario asks for; all zero is a sound backend. */
struct scenario {
	int ignore[10];			/* by frontend state */
	int die[10];
	int detach_on[10];
	int late;			/* sound until it is told */
	int answer[10][MAX_ANSWER + 1];	/* states to write, 0 ends */
	int flap_ms, flap[MAX_ANSWER + 1];
	int keep;			/* stay mapped after Closed */
	int no_map;			/* Connected, but rings not mapped */
	int storm;			/* events a second */
	int storm_ctrl;			/* the same on the control ring, whose index flips */
	char rx[24], tx[24];		/* kind of fault, "" for none */
	int every;			/* ... on each that many-th response */
	struct key key[MAX_KEYS];	/* what it offers */
	int keys;
	struct key then[MAX_KEYS];	/* ... once the frontend has agreed */
	int thens;
};

/* Exits with a message that names file and line if it makes no sense. */
void scenario_read(struct scenario *s, const char *file);

struct rings;

/* Maps and binds; NULL after saying why not. */
struct rings *rings_open(unsigned int domid, uint32_t tx_ref, uint32_t rx_ref,
			 uint32_t tx_port, uint32_t rx_port);
void rings_close(struct rings *r);
int rings_fd(const struct rings *r);
/* An event came, or time passed: serve both rings, with faults if @s. */
void rings_serve(struct rings *r, const struct scenario *s);
/* Sends a frame that nobody asked for. */
void rings_send(struct rings *r, const struct scenario *s);
void rings_notify(struct rings *r);
/* The control ring is mapped, and answers nothing. */
void rings_open_ctrl(struct rings *r, uint32_t ref, uint32_t port);
/* Its response index goes to and fro, with an event each time. */
void rings_flip_ctrl(struct rings *r);

extern const uint8_t vifd_mac[6];
extern const uint8_t vifd_ip[4];

#endif
