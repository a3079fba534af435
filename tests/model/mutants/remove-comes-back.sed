# a device that is being removed goes down instead of away
s/hs->removing ? XNF_HS_GONE : XNF_HS_DOWN/XNF_HS_DOWN/
