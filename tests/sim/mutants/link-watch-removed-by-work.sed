# link.c
# A work that runs while the bus suspends removes watches: it takes xs_watch_rwsem and waits for the
# end of the suspend, which waits for that.
s/mod_delayed_work(system_freezable_wq, &info->link.work, 0);/mod_delayed_work(system_percpu_wq, \&info->link.work, 0);/
s/^\tif (!xnf_pm_sleeping())$/\tif (0)/
/^static void link_work(struct work_struct \*work)$/,/^}/s/^\txnf_lock(info);$/\txnf_link_remove_retired();\n&/
