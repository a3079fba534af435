# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The packages that packaging/modules makes of a built module: a deb or an rpm for one kernel, and
# the deb that brings all. Sourced by it, after it has set version, revision, out, tmp, certificate,
# and for each module kernel and arch. Module and records on the guest are what
# scripts/lib/prebuilt.sh looks for; the guest's scripts are told by "kernels modules KERNEL".
# shellcheck disable=SC2154 # set by packaging/modules
MAINTAINER="xen-netfront-dkms maintainers <maintainers@example.org>"
HOOK=/usr/lib/xen-netfront/kernels

# deb_arch ARCH: in Debian's words
deb_arch()
{
	case $1 in x86_64) echo amd64 ;; aarch64) echo arm64 ;; esac
}

path_deb()
{
	echo "$out/xen-netfront-modules-${kernel}_$version-${revision}_$(deb_arch "$arch").deb"
}

path_rpm()
{
	echo "$out/kmod-xen-netfront-$kernel-$version-$revision.$arch.rpm"
}

# lay_out DIR FOLDER: the files, FOLDER being where the family has modules of others; prints their
# paths.
#
# To depmod all of updates is one place, and so is all of extra: without a word of ours it would
# take one of two modules of one name there as the disk has them. Of several overrides the one that
# is read last counts, in the order of the files' names: one that is for this kernel alone comes
# after those of weak-updates, which Red Hat's own order has behind the kernel's own driver; zz-...,
# by which guests pass a module over, after both.
lay_out()
{
	local top=$1 module=/lib/modules/$kernel/$2/xen-netfront/xen_netfront.ko
	install -D -m 644 "$tmp/xen_netfront.ko" "$top$module"
	mkdir -p "$top/lib/depmod.d"
	echo "override xen_netfront $kernel $2/xen-netfront" > "$top/lib/depmod.d/xen-netfront-1-$kernel.conf"
	[ "$2" != extra ] || echo 'override xen_netfront * weak-updates/xen-netfront' > "$top/lib/depmod.d/xen-netfront-0-$kernel.conf"
	[ -z "$certificate" ] || install -D -m 644 "$certificate" "$top/usr/share/xen-netfront/modules/$kernel/${certificate##*/}"
	(cd "$top" && find lib usr -type f 2> /dev/null | sed 's|^|/|' | LC_ALL=C sort)
}

# deb_papers TREE NAME VERSION TEXT: what each deb has to say of itself
deb_papers()
{
	local doc=$1/usr/share/doc/$2
	mkdir -p "$doc" "$1/DEBIAN"
	printf '%s\n' 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/' 'Upstream-Name: xen-netfront-dkms' '' 'Files: *' \
		'Copyright: 2026 The xen-netfront-dkms authors' 'License: GPL-2.0-only' \
		' On Debian systems the full text of the GNU General Public License version 2' ' can be found in /usr/share/common-licenses/GPL-2.' > "$doc/copyright"
	printf '%s\n' "$2 ($3) unstable; urgency=medium" '' "  * $4" '' " -- $MAINTAINER  $(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" -R)" |
		gzip -9n > "$doc/changelog.gz"
}

# pack_deb TREE FILE
pack_deb()
{
	(cd "$1" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
	dpkg-deb --root-owner-group -Zxz -b "$1" "$2.new" > "$tmp/log" 2>&1 || { say "dpkg-deb failed: $(tail -n 1 "$tmp/log")" && return 1; }
	mv "$2.new" "$2"
}

make_deb()
{
	local tree=$tmp/deb name=xen-netfront-modules-$kernel
	rm -rf "$tree"
	mkdir "$tree"
	lay_out "$tree" updates > /dev/null
	mkdir -p "$tree/usr/share/lintian/overrides"
	printf '%s\n' '# Made by a fleet for itself: nobody uploads it.' "$name: initial-upload-closes-no-bugs *" > "$tree/usr/share/lintian/overrides/$name"
	deb_papers "$tree" "$name" "$version-$revision" "The driver's version $version, built for $kernel."
	cat > "$tree/DEBIAN/control" << EOF
Package: $name
Source: xen-netfront-dkms ($version)
Version: $version-$revision
Architecture: $(deb_arch "$arch")
Maintainer: $MAINTAINER
Installed-Size: $(du -sk "$tree" | cut -f1)
Depends: kmod, xen-netfront-tools (>= $version) | xen-netfront-common (>= $version)
Section: kernel
Priority: optional
Homepage: https://example.org/xen-netfront-dkms
Description: Xen network frontend driver, built for $kernel
 The driver of xen-netfront-dkms as a module for one kernel. Where it is
 installed, it is used in place of one that DKMS would build.
EOF
	cat > "$tree/DEBIAN/postinst" << EOF
#!/bin/sh
set -e
case "\$1" in
configure | abort-upgrade | abort-remove | abort-deconfigure)
	$HOOK modules $kernel || :
	$HOOK image || :
	;;
esac
exit 0
EOF
	cat > "$tree/DEBIAN/postrm" << EOF
#!/bin/sh
set -e
if [ "\$1" = remove ] && [ -x $HOOK ]; then
	$HOOK modules $kernel || :
	$HOOK image || :
fi
exit 0
EOF
	chmod 755 "$tree/DEBIAN"/post*
	pack_deb "$tree" "$package"
}

# make_all_deb: the one that brings the modules of every kernel of $arch that is in $out, of this
# version. One more kernel is a later revision of it.
make_all_deb()
{
	local tree=$tmp/all each newest='' count=0 depends='' suffix
	suffix=_$(deb_arch "$arch").deb
	for each in $(cd "$out" && printf '%s\n' "xen-netfront-modules-"*_"$version"-*"$suffix" | sed 's/_.*//' | sort -u); do
		newest=$(cd "$out" && printf '%s\n' "${each}_$version"-*"$suffix" | sort -V | tail -n 1)
		newest=${newest#*_}
		depends="$depends${depends:+, }$each (>= ${newest%"$suffix"})"
		count=$((count + 1))
	done
	[ $count -gt 0 ] || return 0
	package=$out/xen-netfront-modules_$version-$revision.$count$suffix
	rm -rf "$tree"
	mkdir "$tree"
	deb_papers "$tree" xen-netfront-modules "$version-$revision.$count" "For $count kernels."
	cat > "$tree/DEBIAN/control" << EOF
Package: xen-netfront-modules
Source: xen-netfront-dkms ($version)
Version: $version-$revision.$count
Architecture: $(deb_arch "$arch")
Maintainer: $MAINTAINER
Installed-Size: 8
Depends: $depends
Section: metapackages
Priority: optional
Homepage: https://example.org/xen-netfront-dkms
Description: Xen network frontend driver, built for the kernels of a fleet
 Brings the module for every kernel that it was built for: what a new kernel
 wants is there before its first boot. Modules of kernels that are not
 installed lie idle.
EOF
	pack_deb "$tree" "$package" && echo "$package"
}

make_rpm()
{
	local root=$tmp/rpmroot module=/lib/modules/$kernel/extra/xen-netfront/xen_netfront.ko spec=$tmp/spec weak=
	rm -rf "$root"
	mkdir "$root"
	# rpm before 4.13, of RHEL 7 and Amazon Linux 2, knows none of these.
	case $kernel in
	*.el7* | *.amzn2.*) ;;
	# Some names are no version to rpm, as they are; none of Red Hat's.
	*-*-*) weak="Supplements: (xen-netfront-common and kernel-uname-r = ${kernel//-/_})
Suggests: xen-netfront-tools" ;;
	*) weak="Supplements: (xen-netfront-common and kernel-uname-r = $kernel)
Suggests: xen-netfront-tools" ;;
	esac
	{
		cat << EOF
Name: kmod-xen-netfront-$kernel
Version: $version
Release: $revision
Summary: Xen network frontend driver, built for $kernel
License: GPL-2.0-only
URL: https://example.org/xen-netfront-dkms
Group: System Environment/Kernel
Provides: kmod-xen-netfront = $version-$revision
Requires: xen-netfront-common >= $version
Requires(preun): xen-netfront-common
Requires(postun): xen-netfront-common
Requires: kmod
$weak
AutoReqProv: no
%global __os_install_post %{nil}
%global debug_package %{nil}
%description
The driver of xen-netfront-dkms as a module for one kernel, and by way of
weak-modules for others with the same symbols. Where it is installed, it is
used in place of one that DKMS would build.
%install
cp -a $root/. %{buildroot}/
%post
[ ! -x /usr/sbin/weak-modules ] || echo $module | /usr/sbin/weak-modules --add-modules --no-initramfs || :
%posttrans
[ ! -x $HOOK ] || { $HOOK modules $kernel; $HOOK image; } || :
%postun
if [ "\$1" = 0 ]; then
    [ ! -x /usr/sbin/weak-modules ] || echo $module | /usr/sbin/weak-modules --remove-modules --no-initramfs || :
    if [ -x $HOOK ]; then
        $HOOK modules $kernel || :
        $HOOK image || :
    elif [ -d /lib/modules/$kernel/kernel ]; then
        depmod $kernel || :
    fi
fi
%files
%dir ${module%/*}
EOF
		lay_out "$root" extra
		[ -z "$certificate" ] || printf '%%dir %s\n' /usr/share/xen-netfront /usr/share/xen-netfront/modules "/usr/share/xen-netfront/modules/$kernel"
		echo "%changelog"
		packaging/changelog rpm "$version"
	} > "$spec"
	rpmbuild -bb --target "$arch" --define "_topdir $tmp/rpm" --define "_rpmdir $tmp/rpm" --define "_buildhost localhost" \
		--define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" --define "_build_id_links none" \
		--define "_binary_payload w6.xzdio" "$spec" > "$tmp/log" 2>&1 || { say "$kernel: rpmbuild failed: $(grep -m 1 -i error "$tmp/log")" && return 1; }
	mv "$tmp/rpm/$arch/${package##*/}" "$package"
}
