# shellcheck shell=bash
# The test library: what a test script can use in dom0. Sourced before each test; a test script just
# begins.
#
# Guests      guest_create NAME [key=value...]   guest_exec NAME [-t SECONDS] SCRIPT
#             guest_destroy NAME   guest_save NAME FILE   guest_restore NAME FILE
#             guest_migrate NAME   guest_ip NAME [IFACE-NUMBER]   guest_id NAME   guest_dmesg NAME
# Verdicts    ok TEXT | not_ok TEXT [DETAIL]   check TEXT COMMAND...   skip TEXT   skip_all TEXT
#             requires COMMAND...   note TEXT
# Waiting     wait_for SECONDS COMMAND...   wait_ping ADDRESS [SECONDS]
# Xenstore    fe_path NAME [DEVID]   be_path NAME [DEVID]   fe_keys NAME [DEVID]   xs PATH
# Captures    capture_start INTERFACE FILE [FILTER]   capture_stop FILE   vif_of NAME [DEVID]
# Tracing     trace_start NAME   trace_stop NAME FILE   guest_trace NAME [-t SECONDS] SCRIPT
#
# Every wait is bounded. What a test leaves behind (guests, captures) is collected and removed by
# test_end. Environment: KERNEL (a suite), DRIVER (ours or intree), TYPE (pv or pvh), TEST_NAME,
# TEST_DIR (kept for the build host).

export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/xen-4.17/bin HOME=/root TERM=vt100 LC_ALL=C
: "${KERNEL:=bookworm}" "${DRIVER:=ours}" "${TYPE:=pvh}" "${TEST_NAME:=none}" "${TEST_DIR:=/tmp/none}"
STATE=/run/lab/$TEST_NAME
mkdir -p "$STATE" "$TEST_DIR"
# A debug kernel's guests are slow and large
SLOW=1 MORE_MEMORY=0 MORE_EXTRA=''
# shellcheck disable=SC1090
[ ! -e "/lab/images/$KERNEL/guest.env" ] || . "/lab/images/$KERNEL/guest.env"
# What a guest with two queues gets: with two CPUs a PVH guest crawls now and then under an emulated
# CPU, with either driver.
# shellcheck disable=SC2034  # tests use it
if [ "$TYPE" = pvh ]; then TWO_QUEUES_CPUS=1; else TWO_QUEUES_CPUS=2; fi
say() { printf '%s\n' "$*" > /dev/ttyS1; }

# ---- verdicts ------------------------------------------------------------------------------------

ok() { echo "ok - $TEST_NAME: $*"; }
# not_ok TEXT [DETAIL]: DETAIL's lines follow as comments
not_ok() { echo "not ok - $TEST_NAME: $1"; [ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/#   /'; return 1; }
note() { printf '%s\n' "$*" | sed 's/^/# /'; }
skip() { echo "ok - $TEST_NAME: $1 # SKIP ${2:-}"; }
# skip_all REASON: the rest of this test; exit 4
skip_all() { skip "all of it" "$*"; exit 4; }
requires() { local c; for c; do command -v "$c" >/dev/null || skip_all "dom0 lacks '$c'"; done; }
# check TEXT COMMAND...: ok when COMMAND succeeds; its output is the detail when it does not.
# Returns COMMAND's status.
check() {
	local text=$1 out rc; shift
	out=$("$@" 2>&1); rc=$?
	if [ $rc = 0 ]; then ok "$text"; else not_ok "$text" "${out:-(no output)}
status $rc: $*"; fi
	return $rc
}
# fatal TEXT [DETAIL]: the test cannot go on
fatal() { not_ok "$@" | tee "$STATE/fatal"; exit 0; }

# ---- waiting -------------------------------------------------------------------------------------

exec {NEVER}<> <(:)
# nap SECONDS: sleeps without a process (each costs 0.05 s of the one CPU that dom0 and guests
# share)
nap() { read -r -t "$1" -u "$NEVER"; return 0; }
# within SECONDS COMMAND...: ends it after that time (SLOW times longer with a debug kernel), with
# status 124
within() { timeout $(($1 * SLOW)) "${@:2}"; }
# wait_for SECONDS COMMAND...: polls; status 1 when the time is over
wait_for() {
	local end=$((SECONDS + $1 * SLOW)); shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		nap 0.5
	done
}
# wait_ping ADDRESS [SECONDS]
wait_ping() {
	wait_for "${2:-30}" ping -c 1 -W 1 "$1" || { echo "no answer from $1 in ${2:-30} s"; return 1; }
}

# ---- guests --------------------------------------------------------------------------------------

# The bridge of the guests' interfaces eth<I>; dom0 is .1 and ::1 on it.
bridge_up() {
	local i=$1
	[ -e "/sys/class/net/xenbr$i" ] && return 0
	ip link add "xenbr$i" type bridge forward_delay 0 mcast_snooping 0
	ip addr add "10.99.$i.1/24" dev "xenbr$i"
	ip addr add "fd99:$i::1/64" dev "xenbr$i" nodad
	ip link set "xenbr$i" up
}

# xl_again OUTPUT COMMAND...: xl's create or restore; once more if it gave dom0's own hotplug
# scripts up before the guest ran. libxl bounds them, they start 30 processes a vif, and an emulated
# machine on a busy host was seen to take longer. No driver has a part in that.
xl_again() {
	local output=$1; shift
	"$@" > "$output" 2>&1 && return
	grep -q 'killing execution of /etc/xen/scripts/.* because of timeout' "$output" || return
	say "T # EMULATOR: dom0's hotplug scripts took longer than libxl lets them; once more: $*"
	"$@" > "$output" 2>&1
}

# guest_create NAME [key=value...]: boots it and waits until its agent answers and its boot work is
# over
#   type=pv|pvh|hvm kernel=SUITE driver=ours|intree|none     (defaults: $TYPE $KERNEL $DRIVER)
#   vcpus=1 memory=256 (MB) vifs=1 mac=M (of vif 0; the next ones count up) bridge=xenbr0 (of all)
#   params=a=1,b=2 (the module's) up=1 (0: driver not loaded, the test does that)
#   queues=N (both sides) extra='kernel arguments' wait=1 (0: return at once)
#   hardened=1: a single warning of its kernel is a panic, as in Whonix's and Qubes' templates
#   (default: $HARDENED)
#   vif='further,keys' for xl's vif line; config='further xl config lines'
#   disks='"xl disk", ...': besides what an HVM guest boots from; reboot=destroy|restart: what xl
#   does when it reboots
#   modules=more: with the modules and tools of MORE_MODULES (../lib/build.sh) below /more, where
#   this run has them: "# modules: more" in the test's head, which brings them to dom0 as well.
#   There, "modprobe -d /more NAME"
# Its number, and with it its addresses, is the lowest free one from 2.
guest_create() {
	local name=$1 type=$TYPE kernel=$KERNEL driver=$DRIVER vcpus=1 memory=256 vifs=1 mac='' bridge='' params='' up=1 extra='' wait=1
	local vif='' config='' queues='' modules='' disks='' reboot=destroy hardened=${HARDENED:-} n=2 i kv img list='' macs parts cmdline boots
	shift
	for kv; do
		case ${kv%%=*} in
		type|kernel|driver|vcpus|memory|vifs|mac|bridge|params|up|extra|wait|vif|config|queues|modules|disks|reboot|hardened) local "${kv%%=*}=${kv#*=}" ;;
		*) echo "guest_create: unknown key '${kv%%=*}'"; return 2 ;;
		esac
	done
	img=/lab/images/$kernel
	[ "$driver" != ours ] || [ -e "$img/ours.cpio" ] || { echo "guest_create: this run has no module of ours for $kernel"; return 2; }
	[ -e "$img/vmlinux" ] || { echo "guest_create: no image of $kernel in this run (tests/lab/run --kernel)"; return 2; }
	while [ -e "/run/lab/n.$n" ]; do n=$((n + 1)); done
	echo "$name" > "/run/lab/n.$n"; echo "$n" > "$STATE/$name.n"
	# or QEMU emulates a network card beside each PV one
	[ "$type" != hvm ] || [ -n "$vif" ] || vif=type=vif
	for ((i = 0; i < vifs; i++)); do
		bridge_up "$i"
		macs=$(printf '00:16:3e:%02x:00:%02x' "$i" "$n")
		[ $i != 0 ] || macs=${mac:-$macs}
		list="$list${list:+, }\"mac=$macs,bridge=${bridge:-xenbr$i}${vif:+,$vif}\""
	done
	[ -z "$hardened" ] || extra="panic_on_warn=1 sysctl.kernel.warn_limit=1 $extra"
	[ -z "$queues" ] || params="${params:+$params,}max_queues=$queues"
	[ -z "$queues" ] || echo "$queues" > /sys/module/xen_netback/parameters/max_queues
	parts=(/lab/images/base.cpio "$img/modules.cpio")
	[ "$driver" = intree ] || [ ! -e "$img/ours.cpio" ] || parts+=("$img/ours.cpio")
	[ -z "$modules" ] || [ ! -e "$img/$modules.cpio" ] || parts+=("$img/$modules.cpio")
	cmdline="console=hvc0 loglevel=5 rdinit=/init mitigations=off 8250.nr_uarts=0 audit=0 apparmor=0 random.trust_cpu=1 xnf.name=$name xnf.driver=$driver xnf.params=$params xnf.n=$n xnf.vifs=$vifs xnf.up=$up net.ifnames=0 $extra $MORE_EXTRA"
	if [ "$type" = hvm ]; then
		boots=$(hvm_boots "$name" "$img/vmlinuz" "$cmdline" "$disks" "${parts[@]}" /lab/images/hvm.cpio) || { echo "no disk for $name: $boots"; return 1; }
	else
		cat "${parts[@]}" > "$STATE/$name.cpio"
		boots="kernel = \"$img/vmlinux\"
ramdisk = \"$STATE/$name.cpio\"
extra = \"$cmdline\"
${disks:+disk = [ $disks ]}"
	fi
	cat > "$STATE/$name.cfg" <<-END
		name = "$name"
		type = "$type"
		$boots
		memory = $((memory + MORE_MEMORY))
		vcpus = $vcpus
		vif = [ $list ]
		on_crash = "preserve"
		on_reboot = "$reboot"
		$config
	END
	# A namesake before it has left its console's log, which would say "booted" too early.
	[ ! -e "/var/log/xen/guest-$name.log" ] || mv "/var/log/xen/guest-$name.log" "/var/log/xen/guest-$name.before-$n.$EPOCHREALTIME.log"
	xl_again "$TEST_DIR/$name.xl" timeout 120 xl create -q "$STATE/$name.cfg" || { echo "xl create $name failed:"; cat "$TEST_DIR/$name.xl"; return 1; }
	rm -f "$STATE/$name.cpio"
	[ "$wait" != 0 ] || return 0
	guest_booted "$name" && { [ -z "$hardened" ] || guest_hardened "$name"; }
}

# guest_hardened NAME: a warning is its end; its kernel says so itself. warn_limit came with 6.2,
# and to 6.1 later.
guest_hardened() {
	local out
	out=$(guest_exec "$1" 'cd /proc/sys/kernel; echo $(< panic_on_warn) $([ ! -e warn_limit ] || cat warn_limit)') && [[ $out =~ ^1( 1)?$ ]] && return
	echo "$1 is not hardened: panic_on_warn and warn_limit are '$out'"
	return 1
}

# hvm_boots NAME VMLINUZ CMDLINE DISKS CPIO...: makes a disk that SeaBIOS can boot: a FAT without
# partitions, with syslinux, the kernel and the initramfs's parts. Prints the lines of xl's
# configuration that boot it, with DISKS beside it. AHCI reads it by DMA: what is given to QEMU as
# -kernel goes through a port, 25 KB/s in an emulated machine; and AHCI's disks are not unplugged by
# Xen's platform device.
hvm_boots() {
	local name=$1 kernel=$2 cmdline=$3 disks=$4 file=$STATE/$1.img part n=0 names='' kilobytes=4096; shift 4
	for part in "$kernel" "$@"; do kilobytes=$((kilobytes + $(stat -L -c %s "$part") / 1024)); done
	rm -f "$file"; truncate -s "${kilobytes}K" "$file"
	{ mkfs.vfat "$file" && syslinux --install "$file" && mcopy -i "$file" "$kernel" ::linux; } > "$file.log" 2>&1 || { cat "$file.log"; return 1; }
	for part; do
		mcopy -i "$file" "$part" "::part$n" || return
		names="$names${names:+,}part$n"; n=$((n + 1))
	done
	printf 'DEFAULT l\nPROMPT 0\nTIMEOUT 0\nLABEL l\n KERNEL linux\n APPEND initrd=%s %s\n' "$names" "$cmdline" > "$file.cfg"
	mcopy -i "$file" "$file.cfg" ::syslinux.cfg || return
	cat <<-END
		disk = [ "format=raw,vdev=hda,access=rw,backendtype=qdisk,target=$file"${disks:+, $disks} ]
		hdtype = "ahci"
		boot = "c"
		vga = "none"
		vnc = 0
		usb = 0
	END
}

# guest_booted NAME [SECONDS]: agent answers, boot work done and without a complaint
guest_booted() {
	local log=/var/log/xen/guest-$1.log out
	await $((${2:-180} * SLOW)) 'agent: booted' "$log" ||
		{ echo "$1 is not up after ${2:-180} s; its console's last lines:"; tail -n 30 "$log"; return 1; }
	out=$(guest_exec "$1" -t 60 'cat /run/booted')
	[ -z "$out" ] || { echo "$1: $out"; return 1; }
}

# lab_module SUITE FILE.ko: from now on guests of that suite get this module as ours (a held lab's
# next try)
lab_module() {
	local d k
	d=$(mktemp -d); k=$(cat "/lab/images/$1/kver")
	(cd "$d" && cpio -id --quiet) < "/lab/images/$1/modules.cpio"
	mkdir -p "$d/lab/ours" "$d/lib/modules/$k/updates/dkms"
	cp "$2" "$d/lab/ours/xen-netfront.ko"; cp "$2" "$d/lib/modules/$k/updates/dkms/xen_netfront.ko"
	depmod -b "$d" "$k"; rm -rf "$d/lib/modules/$k/kernel"
	(cd "$d" && find . -mindepth 1 | cpio -o -H newc --quiet) > "/lab/images/$1/ours.cpio"
	rm -rf "$d"
}

# guest_id NAME: its domain id; remembered, for asking xl costs a second
guest_id() {
	[ -s "$STATE/$1.id" ] || xl domid "$1" > "$STATE/$1.id"
	cat "$STATE/$1.id"
}
# guest_ip NAME [I]: the address of its eth<I>
guest_ip() { echo "10.99.${2:-0}.$(cat "$STATE/$1.n")"; }
guest_ip6() { echo "fd99:${2:-0}::$(cat "$STATE/$1.n")"; }
guest_log() { gx-console "$1" | cut -d' ' -f2; }

# guest_exec NAME [-t SECONDS] SCRIPT: runs it in the guest's bash; prints its output, returns its
# status (124: too slow; 125: no answer)
guest_exec() {
	local name=$1 limit=60; shift
	[ "$1" != -t ] || { limit=$2; shift 2; }
	gx "$name" $((limit * SLOW)) <<< "$*"
}

# guest_reload NAME: our driver unloaded and loaded again, addresses set
guest_reload() { guest_exec "$1" -t 60 'timeout 40 modprobe -r xen_netfront && modprobe xen_netfront && netup eth0'; }
# guest_free NAME: its free memory in kB, caches dropped
guest_free() {
	guest_exec "$1" -t 60 'sync; sleep 1; echo 3 > /proc/sys/vm/drop_caches; sleep 0.5; awk "/^MemFree:/ {print \$2}" /proc/meminfo'
}
guest_dmesg() { guest_exec "$1" -t 20 'dmesg'; }
guest_list() { xl list 2>/dev/null | awk 'NR > 2 {print $1}' | sort -u; }

guest_destroy() {
	timeout 60 xl destroy "$1" 2>/dev/null
	rm -f "$STATE/$1.id"
	forget_guest "$1"
}
forget_guest() {
	[ -e "$STATE/$1.n" ] || return 0
	rm -f "/run/lab/n.$(cat "$STATE/$1.n")" "$STATE/$1.n" "$STATE/$1.id" "/run/lab/console.$1"
}

# guest_stuck NAME: what can be said of a guest that does not do what the toolstack asks: its CPUs,
# what was asked, who waits in it
guest_stuck() {
	timeout 10 xl vcpu-list "$1"
	echo "control/shutdown: '$(timeout 10 xenstore-read "/local/domain/$(guest_id "$1")/control/shutdown" 2>&1)'"
	# shellcheck disable=SC2016
	guest_exec "$1" -t 10 'for p in /proc/[0-9]*; do
			case $(cat "$p/stat" 2>/dev/null) in
			*"(xenwatch)"* | *"(xenbus)"* | *") D "*) echo "$(cut -d" " -f1-3 "$p/stat"):"; sed "s/^/  /" "$p/stack" ;;
			esac
		done'
	[ $? -lt 124 ] || echo "$1's agent does not answer"
}
guest_save() { within 120 xl save "$1" "$2" > "$TEST_DIR/$1.save" 2>&1 || { cat "$TEST_DIR/$1.save"; guest_stuck "$1"; return 1; }; }
guest_restore() {
	rm -f /run/lab/console.* "$STATE"/*.id
	xl_again "$TEST_DIR/$1.restore" within 120 xl restore "$2" || { cat "$TEST_DIR/$1.restore"; return 1; }
}
# To this same host, live
guest_migrate() {
	rm -f "/run/lab/console.$1" "$STATE/$1.id"
	within 180 xl migrate -s '' "$1" 'xl migrate-receive' > "$TEST_DIR/$1.migrate" 2>&1 || { cat "$TEST_DIR/$1.migrate"; guest_stuck "$1"; return 1; }
}

# ---- xenstore ------------------------------------------------------------------------------------

xs() { xenstore-read "$1" 2>/dev/null; }
fe_path() { echo "/local/domain/$(guest_id "$1")/device/vif/${2:-0}"; }
be_path() { echo "/local/domain/0/backend/vif/$(guest_id "$1")/${2:-0}"; }
# fe_keys NAME [I]: keys below the frontend's node with values, sorted
fe_keys() {
	local p
	p=$(fe_path "$1" "${2:-0}")
	xenstore-ls -f "$p" 2>/dev/null | sed "s|^$p/||" | sort
}
vif_of() { echo "vif$(guest_id "$1").${2:-0}"; }

# ---- captures and traces -------------------------------------------------------------------------

# capture_start INTERFACE FILE [FILTER]: tcpdump into TEST_DIR/FILE, 128 bytes a packet
capture_start() {
	local i=$1 f=$2; shift 2
	tcpdump -U -n -s 128 -i "$i" -w "$TEST_DIR/$f" "$@" 2> "$TEST_DIR/$f.err" &
	echo $! > "$STATE/capture.$f"
	wait_for 10 grep -q 'listening on' "$TEST_DIR/$f.err"
}
capture_stop() {
	local pid
	pid=$(cat "$STATE/capture.$1")
	kill "$pid" 2>/dev/null
	wait_for 10 eval '! kill -0 "$pid"' || { kill -9 "$pid"; note "tcpdump into $1 does not end when it is asked to"; }
	wait "$pid" 2>/dev/null
	rm -f "$STATE/capture.$1"
}

# guest_trace NAME [-t SECONDS] SCRIPT: guest_exec in the guest's tracefs, which kernels before 4.1
# have below debugfs only; status 4: it has none
guest_trace() {
	local name=$1 limit=60; shift
	[ "$1" != -t ] || { limit=$2; shift 2; }
	guest_exec "$name" -t "$limit" "cd /sys/kernel/tracing 2>/dev/null && [ -e trace ] || cd /sys/kernel/debug/tracing 2>/dev/null || exit 4
$*"
}
# The driver's own tracepoints, where it has them; status 4 when it has none
trace_start() {
	guest_trace "$1" '[ -d events/xen_netfront ] || exit 4
		echo > trace; echo 1 > events/xen_netfront/enable; echo 1 > tracing_on
		# One each few packets would push out the rest
		[ ! -e events/xen_netfront/xnf_doorbell ] || echo 0 > events/xen_netfront/xnf_doorbell/enable'
}
trace_stop() { guest_trace "$1" 'echo 0 > tracing_on; cat trace' > "$TEST_DIR/$2"; }

# ---- begin and end of a test (used by plan) ------------------------------------------------------

# What no kernel may say
BAD='BUG[: ]|WARNING: |Oops|still in use|deferring g|blocked for more than|soft lockup|hard LOCKUP|rcu.*stall|Call Trace:|general protection|Kernel panic|bad page'

test_begin() {
	ip link del xenbr0 2>/dev/null
	bridge_up 0
	xenstore-ls -fp > "$STATE/xenstore.before" 2>/dev/null
}

# kmemleak GUEST: where its kernel looks for leaks, nothing has leaked. Objects younger than 5 s are
# not reported, so it waits.
kmemleak() {
	local out
	[ -e "/lab/images/$KERNEL/guest.env" ] || return 0
	# whose kernel is no debug kernel is a driver domain
	out=$(gx "$1" $((120 * SLOW)) <<< 'case $(uname -r) in *-debug*) ;; *) exit 0 ;; esac
		cd /sys/kernel/debug && sleep 6 && echo scan > kmemleak && echo scan > kmemleak && cat kmemleak' 2>&1)
	case $?:$out in
	0:) ok "kmemleak finds nothing in $1" ;;
	*) not_ok "kmemleak finds nothing in $1" "$(head -n 60 <<< "$out")" ;;
	esac
}

# Collects everything of the guests there are, scans the logs, removes what the test left
test_end() {
	local g f bad
	for f in "$STATE"/capture.*; do [ ! -e "$f" ] || capture_stop "${f##*/capture.}"; done
	[ ! -s "$STATE/fatal" ] || grep -qxF -- "$(head -n 1 "$STATE/fatal")" "$TEST_DIR/output" || cat "$STATE/fatal"	# its output was a file's
	timeout 20 xenstore-ls -fp > "$TEST_DIR/xenstore" 2>/dev/null
	timeout 20 xl dmesg > "$TEST_DIR/xen.dmesg" 2>/dev/null
	timeout 20 xl list > "$TEST_DIR/xl.list" 2>/dev/null
	dmesg > "$TEST_DIR/dom0.dmesg"
	for g in $(guest_list); do
		kmemleak "$g"
		within 30 gx "$g" $((15 * SLOW)) <<< dmesg > "$TEST_DIR/$g.dmesg" 2>&1 ||
			echo "not ok - $TEST_NAME: $g's agent gives its dmesg at the end"
		timeout 60 xl destroy "$g"
		forget_guest "$g"
	done
	mkdir -p "$TEST_DIR/consoles"
	for f in /var/log/xen/*; do
		[ ! -f "$f" ] || mv "$f" "$TEST_DIR/consoles/"
	done
	rm -f /run/lab/n.* /run/lab/console.*
	bad=$(cd "$TEST_DIR" && grep -HE "$BAD" dom0.dmesg ./*.dmesg consoles/guest-* 2>/dev/null | grep -vE '^xen\.dmesg|expected by the test' | sort -u | head -n 20)
	if [ -e "$STATE/allow-guests" ]; then bad=$(printf '%s' "$bad" | grep -vEf "$STATE/allow-guests"); fi
	if [ -e "$STATE/allow" ]; then bad=$(printf '%s' "$bad" | grep -vEf "$STATE/allow"); fi
	if [ -n "$bad" ]; then not_ok "kernels kept quiet" "$bad"; else ok "kernels kept quiet"; fi
	rm -rf "$STATE"
}
# allow_guest NAME: its kernel may say what it wants (it runs another driver, to compare)
allow_guest() { echo "(^|/)(guest-)?$1(--incoming)?\.(dmesg|log):" >> "$STATE/allow-guests"; }
# allow_message REGEX: a message of the kinds above that this test provokes
allow_message() { echo "$1" >> "$STATE/allow"; }
