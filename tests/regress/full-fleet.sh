# shellcheck shell=bash
# The Ansible role rolls out to three full guests from a fourth, in batches of two and one. The
# third guest's driver is deaf: it ends on the distribution's driver and can be reached, the play
# says so; the other two end on ours.
# full-guests: installed installed installed installed
# timeout: 5400
. /lab/tests/lib/full.sh
for guest in good1 good2 broken admin; do
	out=$(full_create $guest 300) || fatal "$guest boots to an ssh login" "$out"
done
ok "four guests boot to an ssh login"
# As after apt install, before the next boot: the package is there, the distribution's driver runs.
for guest in good1 good2 broken; do
	full $guest 'xen-netfrontctl rollback' > /dev/null
	check "$guest begins with the distribution's driver" runs $guest intree
done
full broken 'ko=$(ls /lib/modules/$(uname -r)/updates/dkms/xen_netfront.ko); touch -r $ko /srv/deaf/xen-netfront.ko; cp -p /srv/deaf/xen-netfront.ko $ko'
inventory="[xen_guests]
good1 ansible_host=$(full_ip good1)
good2 ansible_host=$(full_ip good2)
broken ansible_host=$(full_ip broken)
[xen_guests:vars]
ansible_user=root
ansible_become=false
ansible_ssh_private_key_file=/root/.ssh/test-key
ansible_ssh_common_args='-o StrictHostKeyChecking=no'"
full admin "echo \"$inventory\" > /srv/ansible/docs/ansible/lab.ini"
begun=$SECONDS
# Four guests share one emulated CPU, and two swap at the same time: the fifty seconds that do for a
# machine are over before rmmod is.
FULL_LIMIT=3600 full admin 'cd /srv/ansible/docs/ansible && LC_ALL=C.UTF-8 ansible-playbook -i lab.ini site.yml -e "{\"batches\": [2, 1], \"xen_netfront_timeout\": 300}"' > "$TEST_DIR/play" 2>&1
status=$?
note "the play took $((SECONDS - begun)) s"
note "$(tail -n 40 "$TEST_DIR/play")"
check "the play fails" [ $status = 2 ]
says() { grep -E "$1" "$TEST_DIR/play" || { tail -n 40 "$TEST_DIR/play"; return 1; }; }
check "it says which guest, and what that guest runs now" says "broken: .*rolled back.* The guest runs the driver of its kernel"
check "it says so in its sum" says '^broken .*failed=1'
check "the others did not fail" says '^good2 .*failed=0'
check "good1 ends on our driver" runs good1 ours
check "good2 ends on our driver" runs good2 ours
check "the broken guest ends on the distribution's driver, and is reached" runs broken intree
