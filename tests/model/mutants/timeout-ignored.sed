# nothing happens when the budget is over
/^static unsigned int hs_in_closing(/,/^}/{/case XNF_EV_TIMEOUT:/,/return hs->removing/{s/todo |= XNF_DO_COMPLAIN.*/return 0;/}}
