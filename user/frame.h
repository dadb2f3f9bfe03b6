/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame of a capture as the kernel programs would have seen it: the parsers' facts of it. */
#ifndef WEIR_FRAME_H
#define WEIR_FRAME_H

#include "capture.h"
#include "flow.h"

/* All of k is written, also where the frame is in no flow: then its time and length are right. */
enum flow_cause frame_parse(struct flow_packet *k, const struct capture_packet *frame);

#endif
