# a backend that is only late has its rings pulled when the budget is over
/^static unsigned int hs_is_overdue/,/^}/s/return !hs->removing &&/return !hs \&\&/
