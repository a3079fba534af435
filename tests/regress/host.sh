# shellcheck shell=bash
# The scripts for other people's hosts (host/reload, host/migrate) pass with our driver and, with the in-tree one, fail where it fails.
# timeout: 900
# into_guest NAME: host/ to /tmp/host
into_guest() { guest_exec "$1" "mkdir -p /tmp/host; base64 -d <<< '$(tar -C /lab/tests/host -cf - . | base64)' | tar -C /tmp/host -xf -"; }
cat > "$STATE/move" <<'END_MOVE'
#!/bin/sh
rm -f "/run/lab/console.$1" /run/lab/*/"$1.id"
exec xl migrate -s '' "$1" 'xl migrate-receive'
END_MOVE
chmod 755 "$STATE/move"
# both GUEST: output in $reload and $migrate, statuses in $reload_rc and $migrate_rc
both() {
	into_guest "$1"
	guest_exec "$1" 'ip link set eth0 down; ip link set eth0 address 02:00:00:aa:bb:cc; ip link set eth0 up; netup eth0'
	wait_ping "$(guest_ip "$1")" 20
	migrate=$(/lab/tests/host/migrate -n 1 -p "$(guest_ip "$1")" -g "gx $1 60" -o "$TEST_DIR/$1.migrate.txt" -- "$STATE/move" "$1" 2>&1); migrate_rc=$?
	guest_exec "$1" 'ip link set eth0 down; ip link set eth0 address '"$(xs "$(fe_path "$1")/mac")"'; ip link set eth0 up; netup eth0'
	reload=$(guest_exec "$1" -t 200 '/tmp/host/reload -n 2 -p 10.99.0.1'); reload_rc=$?
	guest_exec "$1" 'cat /tmp/xen-netfront-reload.txt' > "$TEST_DIR/$1.reload.txt"
}
xl sched-credit2 -d 0 -w 2048
check "--help of both" eval '/lab/tests/host/reload --help | grep -q usage: && /lab/tests/host/migrate --help | grep -q usage:'
check "a wrong option is said, status 2" eval '! /lab/tests/host/reload --nonsense 2> "$STATE/said"; grep -q "see --help" "$STATE/said"'
out=$(guest_create ours driver=ours memory=176) || fatal "guest up" "$out"
both ours
if [ $reload_rc = 0 ]; then ok "reload: our driver is sound: $(grep -c '^ok' <<< "$reload") checks"; else not_ok "reload: our driver is sound" "$reload"; fi
if [ $migrate_rc = 0 ]; then ok "migrate: our driver is sound: $(grep '^ok 1' <<< "$migrate")"; else not_ok "migrate: our driver is sound" "$migrate"; fi
check "the verdict names kernel, driver and messages" eval 'f=$TEST_DIR/ours.reload.txt; grep -q "^# kernel $(cat "/lab/images/$KERNEL/kver")" $f &&
	grep -q "^# driver xen_netfront version [0-9]" $f && grep -q "messages meanwhile" $f && grep -q "^# verdict: .*can be reloaded" $f'
guest_destroy ours
out=$(guest_create intree driver=intree memory=176) || fatal "guest up" "$out"
allow_guest intree
both intree
if [ $reload_rc = 1 ] && grep -q '^not ok .*unload' <<< "$reload" && grep -qiE 'in use|unavailable' <<< "$reload"; then ok "reload: the in-tree driver is broken: $(grep -iE 'in use|unavailable' <<< "$reload")"
else not_ok "reload: the in-tree driver is found broken, it does not unload" "status $reload_rc
$reload"; fi
if [ $migrate_rc = 1 ] && grep -q '^not ok .*settings stay' <<< "$migrate"; then ok "migrate: the in-tree driver is broken: it loses the MAC address that the admin set"
else not_ok "migrate: the in-tree driver is found broken: settings" "status $migrate_rc
$migrate"; fi
