# ctrl.c
# An event on the control ring is news whenever the backend's index is another one than last time.
s/^\tbool news = xnf_wire_is_news(prod, awaited, ctrl->heard);$/\tbool news = prod != ctrl->heard \&\& awaited < ~0u;/
s/^\t\tctrl->heard = awaited;$/\t\tctrl->heard = prod;/
