/* 128-bit vectors: WebAssembly's own, or SIMDe's portable ones where the core is built natively to be tested. */
#ifndef SIMD_H
#define SIMD_H
#ifdef __wasm__
#include <wasm_simd128.h>
#else
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/wasm/simd128.h>
/* Those that SIMDe 0.7.4 lacks. */
#define wasm_u8x16_splat(x) wasm_i8x16_splat((int8_t)(x))
#define wasm_u32x4_extract_lane(v, i) ((uint32_t)wasm_i32x4_extract_lane(v, i))
#endif
typedef v128_t V;
#endif
