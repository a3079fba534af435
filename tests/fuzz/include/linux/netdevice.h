#include "xnf.h"
