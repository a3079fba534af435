# link.c
# A work that runs while the bus suspends removes watches: it takes xs_watch_rwsem and waits for the end of the suspend, which waits for that.
s/queue_work(system_freezable_wq, &info->link.work);/queue_work(system_percpu_wq, \&info->link.work);/
s/^\tif (!xnf_pm_sleeping())$/\tif (0)/
/^static void link_work(struct work_struct \*work)$/,/^}/s/^\txnf_lock(info);$/\txnf_link_remove_retired();\n&/
