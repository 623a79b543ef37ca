/** Content-Disposition: RFC 6266, with RFC 8187 for names outside ASCII. */
import { FORMATS } from '../media/format.ts'

const EXTENSIONS: ReadonlyMap<string, string> = new Map(
  Object.values(FORMATS).map(({ mime, extensions }) => [mime, extensions[0]]),
)

export interface Disposition {
  readonly filename?: string
  readonly download: boolean
  /** The name is that of the original: that of a rendition ends as its type does. */
  readonly followsType?: boolean
}

/** `photo.png` of a rendition in WebP is `photo.webp`. @param type Content-Type */
export function renamedTo(type: string, { filename, ...rest }: Disposition): Disposition {
  const extension = EXTENSIONS.get(type)
  if (filename === undefined || extension === undefined || rest.followsType !== true)
    return { ...rest, ...(filename === undefined ? {} : { filename }) }
  const stem = filename.replace(/(?<=.)\.[^.]*$/, '')
  return { ...rest, filename: `${stem}.${extension}` }
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
