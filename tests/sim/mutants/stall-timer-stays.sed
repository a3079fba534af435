# stall.c
# The timer of a stopped queue outlives the queue.
s/^\ttimer_delete_sync(&q->stall.timer);$//
