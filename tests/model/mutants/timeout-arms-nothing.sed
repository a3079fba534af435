# after a missed budget nothing tries again
s/return hs->removing ? todo : todo | retry(hs);/return todo;/
