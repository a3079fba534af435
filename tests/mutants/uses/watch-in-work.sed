# link.c
# Watches are removed by a work beside a suspend, which may then wait for it for ever.
/^\/\* Runs in the watch thread of the bus\. \*\/$/i\
static void mutant_work(struct work_struct *work)\
{\
\txnf_link_remove_retired();\
}\
static DECLARE_WORK(mutant, mutant_work);\

s/^\tif (!xnf_pm_sleeping())$/\tqueue_work(system_percpu_wq, \&mutant);\n\tif (0)/
