# shellcheck shell=bash
# Frames of every kind that a guest may send or be sent, to and from dom0 and between two guests,
# ours and in-tree's: all of them arrive, every byte as it was, where in-tree delivers. Netback
# finishes checksums and segments for plain IP only; all else must be finished before.
# KINDS=REGEX: only what matches.
# timeout: 1800
# modules: more
. /lab/tests/lib/frames.sh
requires wg
# Its own TCP, which sends again to a guest, over its own bridge, with either driver in the guest
case $(uname -r) in 5.10.*) allow_message '^\./dom0\.dmesg:.*(skb_warn_bad_offload|Call Trace:)' ;; esac
out=$(guest_create g1 vifs=2 vif=script=vif-frames modules=more) || fatal "a $TYPE guest with $KERNEL and driver $DRIVER comes up" "$out"
out=$(guest_create g2 vifs=2 vif=script=vif-frames modules=more driver=intree) || fatal "a guest with the in-tree driver comes up" "$out"
allow_guest g2
frames_up dom0 g1 g2 > "$STATE/up" 2>&1 || fatal "each end has a way for every kind of frame" "$(< "$STATE/up")"
for way in g1:dom0 dom0:g1 g2:dom0 dom0:g2 g1:g2 g2:g1; do frames_run "${way%:*}" "${way#*:}"; done
both="frames.g2.dom0 frames.dom0.g2"
frames_verdicts "frames.g1.dom0|frames.g2.dom0|guest to dom0" "frames.dom0.g1|frames.dom0.g2|dom0 to guest" \
	"frames.g1.g2|$both|guest to in-tree guest" "frames.g2.g1|$both|in-tree guest to guest"

# A guest between two networks: what it receives in one piece, unfinished, it sends on
if router_wanted; then
	out=$(router_rig 2>&1) || fatal "two namespaces of dom0" "$out"
	router_run g1
	router_run g2
	frames_verdicts "frames.g1.there|frames.g2.there|there" "frames.g1.back|frames.g2.back|back" "frames.g1.nat|frames.g2.nat|there"
	router_down
fi
frames_down
