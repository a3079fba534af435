# connect.c
# The bus's copy of our state follows each write: the watch thread, halfway through its look, takes the device for a vanished one.
s/^\tinfo->told = \(err .*\|XenbusStateConnected\);$/&\n\txnf_show_bus(info);/
