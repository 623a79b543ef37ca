/* What every part of the core uses: how it fails, how it is stopped, where its memory comes from. */
#ifndef CORE_H
#define CORE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef int16_t i16;
typedef uint16_t u16;
typedef int32_t i32;
typedef uint32_t u32;
typedef uint64_t u64;

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALIGNED16 __attribute__((aligned(16)))
#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name))) name
#define IMPORT(name) __attribute__((import_module("core"), import_name(#name)))
#else
#define EXPORT(name) name
#define IMPORT(name)
#endif

/* The same numbers as in src/engines/image/core/failure.ts. */
typedef enum {
  OUT_OF_MEMORY = 1, /* more than the limit of this picture */
  DAMAGED = 2,       /* the file contradicts itself or its format */
  TRUNCATED = 3,     /* the file ends too early */
  UNSUPPORTED = 4,   /* a kind of file that this decoder leaves to others */
  MISUSED = 5,       /* a call that the glue must not make */
} Failure;

/* Ends the call: the host throws, and nothing of this picture may be used any more but memory_reset().
   `what` completes the sentence "Cannot decode the picture: …". */
IMPORT(fail) _Noreturn void fail(Failure code, const char *what);

/* Called at least once for each row of blocks or pixels. The host throws here when the work must stop. */
IMPORT(tick) void tick(void);

/* ---- memory.c: one region for each picture, bounded, given back as a whole ---- */

/* `bytes` bytes, aligned to 16, not cleared. Fails with OUT_OF_MEMORY. */
void *take(size_t bytes);
void *take_zeroed(size_t bytes);
/* Everything taken after `memory_mark` goes with `memory_release`; malloc'ed blocks too. */
size_t memory_mark(void);
void memory_release(size_t mark);

/* ---- small arithmetic ---- */
INLINE int min_int(int a, int b) { return a < b ? a : b; }
INLINE int max_int(int a, int b) { return a > b ? a : b; }
INLINE int clamp_int(int x, int low, int high) { return x < low ? low : x > high ? high : x; }
INLINE u8 clamp_u8(int x) { return (u8)clamp_int(x, 0, 255); }
INLINE int ceil_div(int a, int b) { return (a + b - 1) / b; }
INLINE size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }
INLINE u32 read_be32(const u8 *p) { return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3]; }
INLINE u32 read_be16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
#endif
