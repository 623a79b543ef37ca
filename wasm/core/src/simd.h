/* 128-bit vectors: WebAssembly's own, or SIMDe's portable ones where the core is built natively to be tested. */
#ifndef SIMD_H
#define SIMD_H
#ifdef __wasm__
#include <wasm_simd128.h>
#else
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/wasm/simd128.h>
#endif
typedef v128_t V;
#endif
