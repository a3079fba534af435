# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Would a machine that checks signatures let our module in?

check_signature_kernel()
{
	[ "$readable" = 1 ] && signatures_enforced || return 0
	if [ -z "$(modinfo -F signer "$our")" ]; then
		found warning unsigned "Secure Boot is on and $our carries no signature" "$(sign_advice)"
	elif ! signer_trusted "$our" && [ "$(id -u)" != 0 ]; then
		found note signer-unseen "only root can see whether the key that signed $our is enrolled" "sudo xen-netfrontctl doctor"
	elif ! signer_trusted "$our"; then
		found warning not-enrolled "Secure Boot is on and the key that signed $our is not enrolled" \
			"$(enrol_advice "$our")"
	fi
}
