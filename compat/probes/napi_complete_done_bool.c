/* napi_complete_done() returns false if polling goes on.
 * Upstream v4.10 (364b6055738b); RHEL 7.4. */
/* needs: napi_complete_done */
#include <linux/netdevice.h>

bool (*xnf_probe_napi_complete_done_bool)(struct napi_struct *, int) = napi_complete_done;
