# steps.c
# Each Closed of ours completes what a shutdown waits for: it waits for no device that was ever
# closed before.
s/^\t\txnf_write_state(info, XenbusStateClosed);$/\t{\n&\n\t\tcomplete(\&info->xdev->down);\n\t}/
