/** Hash of bytes or text, hex. */
export function hashOf(bytes: Uint8Array | string): string
/** Of everything that the core is made of. */
export function hashOfSources(): string
