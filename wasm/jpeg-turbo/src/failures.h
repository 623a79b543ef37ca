/* libjpeg's errors as ours. It has no way back from an error_exit: neither has fail(). */
#ifndef FAILURES_H
#define FAILURES_H
#include "core.h"

/* By the message codes of jerror.h. */
_Noreturn void fail_with_error(int code);
/* Only where pixels are lost: libjpeg fills them up with grey and goes on. */
void fail_with_warning(int code);
#endif
