//go:build wasip1

#include "textflag.h"

// func unreachable()
TEXT ·unreachable(SB), NOSPLIT, $0
	UNDEF
