/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which frames a backend finishes: pure checks of the bytes of a frame.
 *
 * A frame that is sent with csum_blank arrives at a backend that looks for the
 * checksum by itself: netback's skb_checksum_setup() goes by the EtherType,
 * knows TCP and UDP over IPv4 and IPv6, and drops whatever else it is given,
 * a tagged frame among them, without a word on either side.
 *
 * Nothing here calls the kernel, so that the tests below tests/unit run it.
 */
#ifndef XNF_FRAME_H
#define XNF_FRAME_H

/* What a backend can finish of a frame. */
enum xnf_frame_kind {
	XNF_FRAME_OTHER,	/* nothing */
	XNF_FRAME_IPV4,		/* the checksum of TCP or UDP over IPv4 */
	XNF_FRAME_IPV6,		/* ... over IPv6 */
};

#define XNF_FRAME_ETH		14u
/* Where netback stops to look for the end of IPv6's headers. */
#define XNF_FRAME_IPV6_MAX	256u

static inline unsigned int xnf_frame_u16(const unsigned char *p)
{
	return p[0] << 8 | p[1];
}

/* Is the checksum of @protocol so far behind the beginning of its header? */
static inline int xnf_frame_offset_fits(unsigned int protocol,
					unsigned int offset)
{
	return (protocol == 6 && offset == 16) ||	/* TCP */
	       (protocol == 17 && offset == 6);		/* UDP */
}

static inline int xnf_frame_ipv4(const unsigned char *ip, unsigned int len,
				 unsigned int start, unsigned int offset)
{
	if (len < 20 || (xnf_frame_u16(ip + 6) & 0x3fff))	/* a fragment */
		return 0;
	return start == (ip[0] & 0xfu) * 4 && start >= 20 &&
	       xnf_frame_offset_fits(ip[9], offset);
}

/* Return: bytes of an IPv6 extension header, 0 if it is none that is known. */
static inline unsigned int xnf_frame_extension(const unsigned char *p,
					       unsigned int type)
{
	switch (type) {
	case 0:		/* hop by hop */
	case 43:	/* routing */
	case 60:	/* destination options */
		return (p[1] + 1u) * 8;
	case 51:	/* authentication */
		return (p[1] + 2u) * 4;
	case 44:	/* fragment; one that is the whole packet is none */
		return xnf_frame_u16(p + 2) & 0xfff9 ? 0 : 8;
	default:
		return 0;
	}
}

static inline int xnf_frame_ipv6(const unsigned char *ip, unsigned int len,
				 unsigned int start, unsigned int offset)
{
	unsigned int next, here = 40, size;

	if (len < 40)
		return 0;
	next = ip[6];
	while (here < start) {
		if (here + 8 > len || here + 8 > XNF_FRAME_IPV6_MAX)
			return 0;
		size = xnf_frame_extension(ip + here, next);
		if (!size)
			return 0;
		next = ip[here];
		here += size;
	}
	return here == start && xnf_frame_offset_fits(next, offset);
}

/**
 * xnf_frame_kind() - what can a backend finish of this frame?
 * @frame: from its Ethernet header on
 * @len: bytes that can be read there
 * @start: where the sum begins, from @frame on (skb_checksum_start_offset())
 * @offset: where it goes, from @start on (skb->csum_offset)
 *
 * Return: XNF_FRAME_OTHER if the checksum has to be filled in before the frame
 * is sent, or the kind of packet that the backend has to know.
 * Context: any.
 */
static inline enum xnf_frame_kind
xnf_frame_kind(const unsigned char *frame, unsigned int len,
	       unsigned int start, unsigned int offset)
{
	const unsigned char *ip = frame + XNF_FRAME_ETH;

	if (len < XNF_FRAME_ETH || start < XNF_FRAME_ETH)
		return XNF_FRAME_OTHER;
	len -= XNF_FRAME_ETH;
	start -= XNF_FRAME_ETH;
	switch (xnf_frame_u16(frame + 12)) {
	case 0x0800:
		return xnf_frame_ipv4(ip, len, start, offset) ?
		       XNF_FRAME_IPV4 : XNF_FRAME_OTHER;
	case 0x86dd:
		return xnf_frame_ipv6(ip, len, start, offset) ?
		       XNF_FRAME_IPV6 : XNF_FRAME_OTHER;
	default:
		return XNF_FRAME_OTHER;
	}
}

#endif /* XNF_FRAME_H */
