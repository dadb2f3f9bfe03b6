/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What kind of bytes a payload begins with: of its first eight, how many are printable ASCII, zero,
 * and above 127. These three counts tell text from binary protocols wherever they are spoken; the
 * bytes themselves are kept nowhere.
 *
 * It is asked once for each partial, of the first packet with payload (flow_wants_head()). Where
 * not all of these bytes are at hand (a capture cut short, a frame's end missing) nothing is told.
 *
 * The eight bytes are counted in one word at a time; bytes that are not there are zero in it. The
 * order of its bytes does not matter.
 *
 * No helpers, no maps: clang compiles this text into the kernel programs, cc into the agent.
 */
#ifndef WEIR_HEAD_H
#define WEIR_HEAD_H

#include "flow.h"

#define HEAD_MOST       8
#define HEAD_EACH(byte) (0x0101010101010101ULL * (byte))

/* How many bytes have their highest bit set. */
FLOW_INLINE __u8 head_count(__u64 word)
{
	return (word >> 7 & HEAD_EACH(1)) * HEAD_EACH(1) >> 56;
}

/* Note the first n bytes of the payload, 1..8 of them. No sum below carries into the next byte. */
FLOW_INLINE void head_note(struct flow_packet *k, __u64 word, __u32 n)
{
	__u64 low = word & HEAD_EACH(0x7f);

	k->head.bytes = n;
	k->head.text = head_count((low + HEAD_EACH(0x60)) & ~(low + HEAD_EACH(1)) & ~word);
	k->head.zero = head_count(~(low + HEAD_EACH(0x7f)) & ~word) - (HEAD_MOST - n);
	k->head.high = head_count(word);
}

/* How many bytes there are to look at. The payload of a later fragment does not begin there. */
FLOW_INLINE __u32 head_size(const struct flow_packet *k)
{
	if (k->fragment == FLOW_LATER_FRAGMENT)
		return 0;
	return k->payload < HEAD_MOST ? k->payload : HEAD_MOST;
}

/*
 * Note the head of a packet that parse_packet() followed in data..end, no tag being stripped. Not
 * if it isn't all there.
 */
FLOW_INLINE void head_look(struct flow_packet *k, const void *data, const void *end)
{
	const __u8 *pos = (const __u8 *)data + (k->headers & 0x7fff);
	__u32 size = head_size(k), i;
	__u64 word = 0;

	if (!size)
		return;
#ifndef __bpf__
	if (size == HEAD_MOST && (const __u8 *)end - pos >= HEAD_MOST) {
		__builtin_memcpy(&word, pos, HEAD_MOST);
		head_note(k, word, HEAD_MOST);
		return;
	}
#endif
	for (i = 0; i < HEAD_MOST; i++) {
		if (i == size)
			break;
		asm volatile("" : "+r"(pos)); /* one step at a time, or the verifier is lost */
		if (pos + 1 > (const __u8 *)end)
			return;
		word |= (__u64)*pos++ << 8 * i;
	}
	head_note(k, word, size);
}

#endif
