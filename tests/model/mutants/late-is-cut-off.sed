# a backend that is only late has its rings pulled when the budget is over
/^static unsigned int is_late/,/^}/s/return !hs->removing &&/return !hs \&\&/
