# netdev.c
# NAPI contexts stay listed, disabled, while the interface is down (K1): switching threads off waits
# for them for ever.
/^static int netdev_open(/i\
static bool mutant_down;\
\
static void mutant_contexts(struct xnf_info *info, bool down)\
{\
	unsigned int i;\
\
	for (i = 0; i < info->nr_napi \&\& down != mutant_down; i++)\
		if (down)\
			napi_disable(\&info->queues[i].napi);\
		else\
			napi_enable(\&info->queues[i].napi);\
	mutant_down = down;\
}\

/^static int netdev_open(/,/^}/s/^\tif (info->live)$/\tmutant_contexts(info, false);\n&/
s/^\tnetdev_stop_queues(info, "close");$/&\n\tmutant_contexts(info, true);/
