# shellcheck shell=bash
# A backend that lacks features: a hotplug script of our own deletes keys of the backend's folder.
# It runs between the backend's InitWait and the frontend's connect, at creation, restore and
# migration alike. Guests need vif="script=vif-mask".
printf '%s\n' '#!/bin/bash' '[ "$1" != online ] || for key in $(< /run/lab/mask); do xenstore-rm "$XENBUS_PATH/$key" 2>/dev/null; done' \
	'exec /etc/xen/scripts/vif-bridge "$@"' > /etc/xen/scripts/vif-mask
chmod 755 /etc/xen/scripts/vif-mask
# mask [KEY...]: what backends from now on do not offer
# shellcheck disable=SC2120  # without any it masks nothing
mask() { echo "$*" > /run/lab/mask; }
: > /run/lab/mask
