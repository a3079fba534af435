/* SPDX-License-Identifier: GPL-2.0 */
/* Only found on kernels that lack this header; compat.h has already brought what it declares. */
