# bus.c
# Remove has a watch of its own on the backend, and takes it back under the device's lock, for which
# the watch thread may be waiting; at an unload, too, since the watch thread does not unbind.
/^\txnf_devices_unbind(&xnf_driver.driver);$/d
/^void xnf_let_go(struct xnf_info \*info)$/i\
static void mutant_fired(struct xenbus_watch *watch, const char *path,\
			 const char *token)\
{\
}\

s/^\tbus_wait_until_gone(info, deadline);$/\t{\n\t\tstatic struct xenbus_watch w = { .callback = mutant_fired };\n\n\t\tw.node = xdev->otherend;\n\t\tregister_xenbus_watch(\&w);\n&\n\t\tunregister_xenbus_watch(\&w);\n\t}/
