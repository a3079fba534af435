# steps.c
# A reset that was asked for is not taken back before the device goes.
s/^\tcancel_delayed_work_sync(&info->reset_work);$//
