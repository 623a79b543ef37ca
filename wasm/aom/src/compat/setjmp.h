/* libaom jumps out of its depths after an error. Here that ends the call: the host throws, and the instance begins anew. */
#ifndef COMPAT_SETJMP_H
#define COMPAT_SETJMP_H
typedef char jmp_buf[1];
_Noreturn void aom_failed(int error);
#define setjmp(where) 0
#define longjmp(where, error) aom_failed(error)
#endif
