/** Glue of the jSquash codecs: each module exports an emscripten factory. Its shape is given where it is used. */
declare module '@jsquash/*.js' {
  const factory: unknown
  export default factory
}
