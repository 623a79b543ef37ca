/** Content-Disposition: RFC 6266, with RFC 8187 for names outside ASCII. */

export interface Disposition {
  readonly filename?: string
  readonly download: boolean
}

/** `attachment; filename="a.jpg"; filename*=UTF-8''%C3%A4.jpg`; undefined when nothing was asked. */
export function contentDisposition({ filename, download }: Disposition): string | undefined {
  if (filename === undefined) return download ? 'attachment' : undefined
  const type = download ? 'attachment' : 'inline'
  const ascii = filename.replace(/[^\x20-\x7e]/g, '_').replace(/["\\]/g, '_')
  const extended = ascii === filename ? '' : `; filename*=UTF-8''${encodeExtended(filename)}`
  return `${type}; filename="${ascii}"${extended}`
}

/** `attr-char` of RFC 8187 is narrower than what encodeURIComponent leaves alone. */
function encodeExtended(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '_')).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
