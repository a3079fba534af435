# xnf.h
# Events as kernels before XSA-332 have them: acknowledged before their handler runs, so that they
# come at any moment of a poll (no late EOI).
/^#include "wire.h"$/a\
\
#define bind_evtchn_to_irqhandler_lateeoi bind_evtchn_to_irqhandler\
#define xen_irq_lateeoi(irq, flags) ((void)(irq), (void)(flags))
