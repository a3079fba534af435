# bus.c
# A backend that is restarted just then gets rings of a guest that is about to be an image.
s/^\tif (!info->hibernating) {$/\tif (info) {/
