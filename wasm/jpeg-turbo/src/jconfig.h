/* What libjpeg-turbo's own build would write: decoding only, as version 6b has it. */
#define JPEG_LIB_VERSION 62
#define LIBJPEG_TURBO_VERSION 2.1.5
#define LIBJPEG_TURBO_VERSION_NUMBER 2001005
#define MEM_SRCDST_SUPPORTED 1

/* Bits of a sample are fixed when it is compiled. Each file is compiled for 8, and again for 12 under other names; its own build has no
   arithmetic coding with 12. */
#ifndef BITS_IN_JSAMPLE
#define BITS_IN_JSAMPLE 8
#endif
#if BITS_IN_JSAMPLE == 8
#define D_ARITH_CODING_SUPPORTED 1
#endif
