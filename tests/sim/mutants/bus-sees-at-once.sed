# publish.c
# The bus's copy of our state follows each write: the watch thread, halfway through its look, takes
# the device for a vanished one.
s/^\tinfo->written_state = \(err .*\|XenbusStateConnected\);$/&\n\txnf_update_bus_state(info);/
