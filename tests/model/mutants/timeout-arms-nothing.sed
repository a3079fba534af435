# after a missed budget nothing tries again
s/return hs->removing ? todo : todo | hs_retry(hs);/return todo;/
