# shellcheck shell=bash
# A full Debian guest and the package's own test, as Debian runs it: autopkgtest installs package,
# kernel and headers by apt, then runs packaging/deb/debian/tests. The guest must still have its
# network afterwards, and ours after a reboot.
# usage: make check-autopkgtest
# full-guests: bare
# timeout: 5400
. /lab/tests/lib/full.sh
[ -e /lab/source.tar.gz ] || skip_all "no /lab/source.tar.gz, the unpacked source package: run make check-autopkgtest"
out=$(full_create f1 1800) || fatal "the guest boots to an ssh login" "$out"
ok "the guest boots to an ssh login"
export FULL_LIMIT=3600
put() { timeout 300 "${SSH[@]}" -S "$STATE/f1.ssh" -o ControlMaster=no "root@$(full_ip f1)" "cat > /srv/$1" < "/lab/$1"; } # put FILE
put source.tar.gz
check "autopkgtest is installed" full f1 'export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get install -y -qq --no-install-recommends autopkgtest && mkdir /srv/source && tar -C /srv/source --strip-components=1 -xzf /srv/source.tar.gz'
# Of its own exit statuses 0 is that all tests passed; 2 and 8, that some or all were skipped, are
# not.
check "all its tests pass" full f1 'autopkgtest -B /srv/source -- null > /srv/log 2>&1 || { s=$?; tail -n 40 /srv/log; exit $s; }'
note "$(full f1 'grep -E "^(driver|autopkgtest .*summary)" /srv/log')"
check "nothing that runs was touched" runs f1 intree
check "reboot" full_reboot f1
check "our driver has the device" runs f1 ours
