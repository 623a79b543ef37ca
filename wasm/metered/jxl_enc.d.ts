/** Glue of icodec, copied by build.mjs: an emscripten factory, its shape given where it is used. */
declare const factory: unknown
export default factory
