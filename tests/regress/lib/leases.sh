# shellcheck shell=bash
# A network with DHCP and router advertisements on xenbr0, for tests with full guests. Sourced after
# full.sh.
#
# leases_start SECONDS     leases of that length, 10.99.0.N for the MAC address 00:16:3e:00:00:0N;
#                          prefix fd98::/64 with a lifetime of as long
# leases_end

leases_start() {
	local n
	cat > "$STATE/udhcpd.conf" <<-END
		interface xenbr0
		start 10.99.0.200
		end 10.99.0.210
		max_leases 10
		min_lease 10
		lease_file $STATE/udhcpd.leases
		pidfile $STATE/udhcpd.pid
		option subnet 255.255.255.0
		option router 10.99.0.1
		option dns 10.99.0.1
		option lease $1
	END
	for n in 2 3 4 5; do echo "static_lease 00:16:3e:00:00:0$n 10.99.0.$n"; done >> "$STATE/udhcpd.conf"
	: > "$STATE/udhcpd.leases"
	busybox udhcpd -f "$STATE/udhcpd.conf" > "$TEST_DIR/udhcpd" 2>&1 &
	echo $! > "$STATE/leases.pids"
	# A router advertisement each 3 s. The kernel fills in the checksum.
	perl -e '
		my ($ifindex, $life) = @ARGV;
		socket(my $s, 10, 3, 58) or die "socket: $!";
		setsockopt($s, 41, 18, pack("i", 255)) or die "hops: $!";
		setsockopt($s, 41, 17, pack("i", $ifindex)) or die "interface: $!";
		my $prefix = pack("CCCCNNN", 3, 4, 64, 0xc0, $life, $life / 2, 0) . pack("n8", 0xfd98, 0, 0, 0, 0, 0, 0, 0);
		my $advert = pack("CCnCCnNN", 134, 0, 0, 64, 0, $life, 0, 0) . $prefix;
		my $to = pack("SnN", 10, 0, 0) . pack("n8", 0xff02, 0, 0, 0, 0, 0, 0, 1) . pack("L", $ifindex);
		while (1) { send($s, $advert, 0, $to) or warn "send: $!"; sleep 3 }
	' "$(< /sys/class/net/xenbr0/ifindex)" "$1" > "$TEST_DIR/advertisements" 2>&1 &
	echo $! >> "$STATE/leases.pids"
}

leases_end() {
	[ ! -e "$STATE/leases.pids" ] || xargs kill < "$STATE/leases.pids" 2> /dev/null
	rm -f "$STATE/leases.pids"
}
trap 'leases_end; full_end' EXIT
