# the carrier goes on before the backend is Connected
/case XNF_EV_CONNECTED:/,/return/{s/hs->announced = 0;/hs->announced = 1;/;s/return 0;/return XNF_DO_ANNOUNCE;/}
