#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# dracut hook, before udev: take devices over from a built-in driver, where the image configures the
# network. dracut sources it; the script runs apart from it and never fails the boot.
/usr/lib/xen-netfront/takeover image || :
