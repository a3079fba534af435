# SPDX-License-Identifier: GPL-2.0
# Thin front door: every target hands over to the folder that owns the work.
#   make module KDIR=<kernel build directory>   build src/xen-netfront.ko against any prepared tree
#   sudo make demo | check | bench              the lab: a real Xen host in QEMU (Debian 12)

KDIR    ?= /lib/modules/$(shell uname -r)/build

help:
	@sed -n '2,4s/^# \{0,1\}//p' Makefile
	@echo "  make check-full | deb | rpm | model | fuzz | unit | style | faults    see README.md and tests/README.md"

module:
	@sh compat/preflight '$(KDIR)' '$(CURDIR)/src'
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src modules

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src clean

demo:
	@tests/lab/demo

# WITHIN=SECONDS: what cannot end within that time is skipped, and says so
check:
	@tests/check $(if $(WITHIN),--within $(WITHIN)) $(PARTS)

# What make check leaves out for its length: each part of it is in tests/check
check-long:
	@tests/check long

bench:
	@tests/bench/run

# Reloads and moves under traffic: 4 minutes for the default, more than an hour for RELOADS=1000
# MOVES=100
soak:
	@tests/soak/run $(or $(RELOADS),20) $(or $(MOVES),2)

# Regression and fault tests with debug kernels. Hours: a PVH guest takes 3 minutes for the smoke
# test alone. Compiling the kernels, the first time, takes 20 minutes each. PARTS="pv pvh pv-faults
# pvh-faults" picks some.
check-debug:
	@tests/lab/debug-kernel/check $(PARTS)

unit model fuzz style faults:
	@$(MAKE) --no-print-directory -C tests $@

deb:
	@packaging/deb/build

rpm:
	@packaging/rpm/build

# What a fleet's guests install from: an apt and a dnf repository in build/repo, signed with
# GPGKEY=... See README.md and packaging/repo.
# PROMOTE=VERSION, WITHDRAW=VERSION, RENEW=1
repo:
	@packaging/repo $(if $(SUITE),--suite $(SUITE)) $(if $(PROMOTE),--promote $(PROMOTE)) $(if $(WITHDRAW),--withdraw $(WITHDRAW)) $(if $(RENEW),--renew)

# build/release/VERSION: packages, sources, SBOM, test report, checksums, of a clean commit that
# passes make check. See packaging/release
release:
	@packaging/release $(VERSION)

# A mistake in each of receive hash, multicast, XDP, ethtool, timeline and what a move keeps, which
# their tests must find: half an hour
mutants-nic:
	@tests/mutants/run nic

# HVM guests: what they alone have (emulated cards, hibernation, kexec, a crash), and what every
# guest does. Half an hour; three minutes more the first time. HVM="hvm kexec" picks some,
# KEYS=KERNEL=bullseye another kernel
check-hvm:
	@tests/lab/setup all hvm && tests/lab/run --name check-hvm --type hvm --file scripts/xen-netfrontctl --file scripts/ctl/timeline.sh \
		--file scripts/lib/common.sh $(foreach t,$(or $(HVM),smoke hvm hibernate kexec reload save-restore migrate keeps timeline traffic),\
		tests/regress/$(t).sh$(if $(KEYS),:$(KEYS)))

# Netback of other kernels in dom0: 5.10, 6.12, 7.3. Eight minutes each. DOM0="trixie" picks some
check-backends:
	@rc=0; for d in $(or $(DOM0),bullseye trixie trixie-backports); do \
		tests/lab/run --dom0 $$d --name check-dom0-$$d $(addprefix tests/regress/,smoke.sh rss.sh multicast.sh \
			ethtool.sh traffic.sh:MB=20,STEP=97 xdp.sh keeps.sh masked.sh churn.sh) || rc=1; done; exit $$rc

# What people do with their interfaces, what an admin sets at a bad moment, a toolstack that
# detaches meanwhile. Of these, frames and napi are in make check, on one kernel each. An hour.
# USES="napi frames" picks some; KEYS=TYPE=pv,KERNEL=trixie-backports another kind of guest
check-uses:
	@rc=0; tests/lab/run --name check-uses $(foreach t,$(or $(USES),frames napi grants identity slow held driverdomain replace stall moderation sleep shortage namespaces netconsole zerocopy cpus cancel),\
		tests/regress/$(t).sh:$(or $(KEYS),TYPE=pv)) || rc=1; tests/backend/run --name check-detach --test detach.sh --test shutdown.sh || rc=1; exit $$rc

# Guests in which a single warning is a panic (panic_on_warn, warn_limit=1): all faults, dying
# domains, detaches. An hour and a half.
# ON="--on pv:bookworm" picks a kind of guest
check-hardened:
	@HARDENED=1 tests/backend/run --name check-hardened $(or $(ON),--on pv:bookworm --on pv:trixie-backports) --test faults.sh --test silent.sh \
		--test detach.sh:PARTS=silent+unload+unbind+force+load+domain --test driverdomain.sh --test hardened.sh --test shutdown.sh

# The kernel's own tests of network drivers, on 7.3. DRIVERS="ours intree" compares
check-kselftest:
	@tests/lab/run --name check-kselftest --mem 5200 --dom0-mem 2400 --file "$$(tests/lab/kselftest)" \
		$(foreach d,$(or $(DRIVERS),ours),tests/regress/kselftest.sh:KERNEL=trixie-backports,TYPE=pv,DRIVER=$d)

# Full Debian guests: apt, reboot, kernel update, a fleet, a kernel with the driver built in. Expect
# two hours, 15 minutes more for the kernel and the disks the first time. FULL="install apply" picks
# some
check-full:
	@tests/lab/run --driver intree --name check-full $(addprefix tests/regress/full-,$(addsuffix .sh,$(or $(FULL),apply install fleet builtin atboot atboot-fails lease)))

# A full guest that has no compiler, see tests/regress/full-prebuilt.sh. An hour
check-prebuilt:
	@tools=$$(packaging/deb/build) && git archive --format=tar.gz -o build/project.tar.gz HEAD && tests/lab/run --driver intree --name check-prebuilt \
		--file build/project.tar.gz --file $$(echo $$tools | sed s/-dkms_/-tools_/)=tools.deb tests/regress/full-prebuilt.sh

# The package's own test in a full guest, as Debian runs it. An hour
check-autopkgtest:
	@rm -rf build/autopkgtest && mkdir -p build/autopkgtest/source && cp -a packaging/deb/debian build/autopkgtest/source/ && \
		packaging/changelog deb "$$(packaging/changelog version)" > build/autopkgtest/source/debian/changelog && \
		tar -C build/autopkgtest -czf build/autopkgtest/source.tar.gz source && tests/lab/run --driver intree --name check-autopkgtest \
		--file build/autopkgtest/source.tar.gz tests/regress/full-autopkgtest.sh

# Built once for a fleet: packages with the built, signed module. See docs/packages.md. KEY=NAME
modules:
	@packaging/modules $(if $(KEY),--key $(KEY))

.PHONY: modules check-prebuilt check-autopkgtest repo help module clean demo check check-long check-uses check-hardened check-kselftest check-debug check-backends check-full check-hvm soak mutants-nic bench unit model fuzz style faults deb rpm release
