/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stands in for src/xnf.h, trace.h and headers of the kernel: the fuzzer that
 * includes a file of src/ has declared what that file needs.
 */
