// SPDX-License-Identifier: GPL-2.0
/*
 * The one source of chance: two streams of splitmix64 from one seed.
 *
 * What a life consists of comes from the first, when its fibers run from the
 * second, so a change of one leaves the other as it was.  Nothing else in the
 * simulator may depend on an address, a clock or the environment.
 */
#include <sim/sched.h>

static u64 state[2];
static bool seeded;

static u64 next(u64 *s)
{
	u64 z = (*s += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static void seed_once(void)
{
	if (seeded)
		return;
	seeded = true;
	state[0] = sim_config.seed;
	state[1] = sim_config.seed ^ 0x5eed5eed5eed5eedull;
}

u64 sim_random(void)
{
	seed_once();
	return next(&state[0]);
}

u64 sim_schedule_random(void)
{
	seed_once();
	return next(&state[1]);
}

/* Return: a number below @below, 0 if that is 0. */
unsigned int sim_chance(unsigned int below)
{
	return below ? sim_random() % below : 0;
}

/* Return: true once in @n times; never if that is 0. */
bool sim_one_in(unsigned int n)
{
	return n && !sim_chance(n);
}

u32 get_random_u32(void)
{
	return sim_random();
}

void get_random_bytes(void *buf, size_t len)
{
	u8 *p = buf;

	while (len--)
		*p++ = sim_random();
}
