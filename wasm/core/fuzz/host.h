/* What the host and memory.c are to the module, natively: a failure is a jump back to the harness. */
#ifndef HOST_H
#define HOST_H
#include "core.h"
#include <setjmp.h>

extern jmp_buf host_failed;
/* Gives back everything that was taken. */
void host_reset(void);
#endif
