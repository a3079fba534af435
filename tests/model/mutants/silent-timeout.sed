# rings that may be mapped are taken back without a word
s/todo |= XNF_DO_COMPLAIN;/;/
