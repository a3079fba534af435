# devices.c
# D7: nobody looks after a probe that failed behind our back, and the module goes under a registered
# interface.
s/^\tqueue_work(system_freezable_wq, &probe_check);$//
