/** Workers import compiled modules; nothing else in the repository imports a `.wasm`. */
declare module '*.wasm' {
  const module: WebAssembly.Module
  export default module
}

/** Of data, only the weights of the classifier. */
declare module '*.bin' {
  const bytes: ArrayBuffer
  export default bytes
}
