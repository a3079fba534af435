# link.c
# Nobody compares our folder with the backend that an older bus found in it.
s/^\tif (link_is_replaced(info)) {$/\tif (!info->xdev) {/
