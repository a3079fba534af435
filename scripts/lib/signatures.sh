# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Signatures of modules: does this machine ask for them, who signed a file, would the kernel let it
# in, and what to do when it would not.
#
# Sourced after common.sh. Nothing here changes anything. POSIX sh.

# efi_byte FILE: the value of a variable of one byte; before it stand four of attributes.
efi_byte()
{
	[ -r "$1" ] && od -An -tu1 -j4 -N1 "$1" | tr -d ' \n'
}

# Does this machine refuse modules whose signature it cannot check?
signatures_enforced()
{
	# Where that is not known, the next boot finds out: what is refused there is replaced by the
	# distribution's driver (boot/load).
	! in_chroot || return 1
	secureboot=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	if [ -r "$secureboot" ]; then
		# Four bytes of attributes, then the value.
		# "mokutil --disable-validation" has the loader tell the kernel not to check.
		validation=/sys/firmware/efi/efivars/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23
		case $(efi_byte "$secureboot")$(efi_byte "$validation") in
		1 | 10) return 0 ;;
		esac
	fi
	grep -qs Y /sys/module/module/parameters/sig_enforce && return 0
	grep -qs '\[\(integrity\|confidentiality\)\]' /sys/kernel/security/lockdown
}

# dkms_certificate: the public half of the key DKMS signs with, where this DKMS keeps it.
dkms_certificate()
{
	for cert in $(sed -n 's/^ *mok_certificate=["'\'']\{0,1\}\([^"'\'' ]*\).*/\1/p' \
		/etc/dkms/framework.conf /etc/dkms/framework.conf.d/*.conf 2>/dev/null) \
		/var/lib/dkms/mok.pub /var/lib/shim-signed/mok/MOK.der; do
		if [ -r "$cert" ]; then
			echo "$cert"
			return 0
		fi
	done
	return 1
}

# certificate_for FILE: the public half of the key that FILE would be signed with.
certificate_for()
{
	if is_prebuilt "$1"; then prebuilt_certificate "$1"; else dkms_certificate; fi
}

# enrol_advice FILE: the command that enrols the key that FILE is signed with.
enrol_advice()
{
	if cert=$(certificate_for "$1"); then
		echo "mokutil --import $cert   # then reboot, confirm it on the console, and: xen-netfrontctl build"
	else
		echo "man 8 xen-netfrontctl   # SECURE BOOT; import the certificate of '$(modinfo -F signer "$1" 2>/dev/null)', which this DKMS does not name"
	fi
}

# sign_advice: DKMS before 3.0 signs nothing by itself, later ones only where openssl is.
sign_advice()
{
	if grep -qs generate_mok "$(command -v dkms)"; then
		echo "$([ -e /etc/debian_version ] && echo apt || echo yum) install openssl && xen-netfrontctl build"
	else
		echo "mokutil --disable-validation   # or sign it, as SECURE BOOT in xen-netfrontctl(8) says"
	fi
}

# signer_trusted FILE: would the kernel accept the key that FILE is signed with? Asks the kernel's
# keyrings first, then the firmware's list, which a freshly enrolled key reaches before the kernel
# knows it.
signer_trusted()
{
	signer=$(modinfo -F signer "$1" 2>/dev/null)
	[ -n "$signer" ] || return 1
	grep -qsF "$signer" /proc/keys && return 0
	cert=$(certificate_for "$1") || return 1
	LC_ALL=C mokutil --test-key "$cert" 2>/dev/null | grep -q 'already enrolled'
}
