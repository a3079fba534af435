# shellcheck shell=bash
# A full Debian guest that has no compiler: the module is built and signed with its headers first,
# then DKMS, gcc and make go; tools and module, reboot, ours is bound from the initramfs on; a
# kernel that nobody built for is said before the reboot, and its package mends it; removed, the
# distribution's driver is back. Building in the emulated machine takes minutes.
# usage: make check-prebuilt, or
#        packaging/deb/build && git archive --format=tar.gz -o /tmp/project.tar.gz HEAD &&
#        tests/lab/run --driver intree --file /tmp/project.tar.gz \
#            --file build/deb/xen-netfront-tools_VERSION_all.deb=tools.deb \
#            tests/regress/full-prebuilt.sh
# full-guests: bare
# timeout: 7200
. /lab/tests/lib/full.sh
for file in project.tar.gz tools.deb; do [ -e /lab/$file ] || skip_all "no /lab/$file: see the head of full-prebuilt.sh"; done
out=$(full_create f1 1800) || fatal "the guest boots to an ssh login" "$out"
ok "the guest boots to an ssh login"
export FULL_LIMIT=2400
put() { timeout 300 "${SSH[@]}" -S "$STATE/f1.ssh" -o ControlMaster=no "root@$(full_ip f1)" "cat > /srv/$1" < "/lab/$1"; } # put FILE
there() { full f1 "test -s /srv/$1"; }
silent() { local out; out=$(full f1 'xen-netfrontctl doctor') && [ -z "$out" ] || { echo "$out"; return 1; }; }
says() { local out; out=$(full f1 "$2; :"); grep -qE -- "$1" <<< "$out" || { echo "nothing matches '$1' in: $out"; return 1; }; }
kernel_is() { local k; k=$(full f1 'uname -r'); [ "$k" = "$1" ] || { echo "it runs $k"; return 1; }; }

put project.tar.gz; put tools.deb
check "the project and the tools are in the guest" there tools.deb
old=$(full f1 'uname -r')
check "the headers of the next kernel" full f1 'export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get install -y -qq linux-headers-cloud-amd64'
new=$(full f1 'ls /lib/modules | sort -V | tail -n 1')
check "it is another kernel" [ "$new" != "$old" ]
check "modules are built for both" full f1 'mkdir /srv/project && cd /srv/project && tar -xzf ../project.tar.gz && packaging/modules --out /srv/modules'
check "DKMS and the compiler go, and all headers" full f1 "export DEBIAN_FRONTEND=noninteractive; apt-get purge -y -qq dkms gcc 'gcc-[0-9]*' make 'linux-headers-*' && apt-get autoremove -y -qq"
check "there is no compiler" full f1 '! command -v gcc && ! command -v make && ! command -v dkms'
check "the tools and the module of this kernel" full f1 "dpkg -i /srv/tools.deb /srv/modules/xen-netfront-modules-${old}_*.deb"
check "nothing that runs was touched" runs f1 intree
check "status says whose the module is" says "built module of xen-netfront-modules-$old" 'xen-netfrontctl status'
check "reboot" full_reboot f1
check "our driver has the device" runs f1 ours
check "a kernel that has no module comes" full f1 'export DEBIAN_FRONTEND=noninteractive; apt-get install -y -qq linux-image-cloud-amd64'
check "the doctor says so before the reboot" says "$new: nobody built our driver" 'xen-netfrontctl doctor'
check "its module comes, and what brings all" full f1 "dpkg -i /srv/modules/*.deb"
check "the doctor is silent" silent
check "reboot" full_reboot f1
check "the new kernel runs" kernel_is "$new"
check "our driver has the device" runs f1 ours
check "all is removed" full f1 "dpkg -P \$(dpkg-query -W -f='\${Package} ' 'xen-netfront*')"
check "reboot" full_reboot f1
check "the distribution's driver has the device" runs f1 intree
