/* One AV1 picture at a time. */
#ifndef AV1_H
#define AV1_H
#include "core.h"
#include "dav1d/dav1d.h"

extern Dav1dPicture av1; /* the picture that was decoded last */
#endif
