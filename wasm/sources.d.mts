/** By name: its licences, and the files and folders that it is made of, seen from here. */
export const OWN_MODULES: Readonly<
  Record<string, { readonly licence: string; readonly sources: readonly string[] }>
>
/** Hash of bytes or text, hex. */
export function hashOf(bytes: Uint8Array | string): string
/** Of everything that a module is made of. */
export function hashOfSources(name: string): string
