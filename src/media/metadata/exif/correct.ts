/** EXIF that tells of the picture as it was made true of the picture as it is. */
import { guessText, latin, utf8 } from '../bytes.ts'
import type { Made } from '../made.ts'
import { POINTER, type ExifDirectory, type ExifField, type ExifTree } from './tree.ts'

export const TAG = { artist: 0x013b, copyright: 0x8298 } as const
const [ASCII, SHORT, LONG] = [2, 3, 4]

/**
 * How the file's pixels were stored (TIFF 6.0), previews, and copies of what has a place of its own: XMP, IPTC,
 * Photoshop's resources, the profile.
 */
const GONE: ReadonlySet<number> = new Set([
  0x00fe, 0x00ff, 0x0102, 0x0103, 0x0106, 0x010a, 0x0111, 0x0115, 0x0116, 0x0117, 0x011c, 0x013d, 0x0140,
  0x0142, 0x0143, 0x0144, 0x0145, 0x014a, 0x0152, 0x0153, 0x015b, 0x0201, 0x0202, 0x0212, 0x02bc, 0x83bb,
  0x8649, 0x8773,
])

/** Of a TIFF file's own fields: those that tell of the picture and who made it. */
const DESCRIPTIVE: ReadonlySet<number> = new Set([
  0x010d, 0x010e, 0x010f, 0x0110, 0x011a, 0x011b, 0x0128, 0x0131, 0x0132, 0x013b, 0x013c, 0x4746, 0x4749,
  0x8298, 0x9c9b, 0x9c9c, 0x9c9d, 0x9c9e, 0x9c9f,
])

export const descriptiveOnly = ({ root, ...tree }: ExifTree): ExifTree => ({
  ...tree,
  root: { ...root, fields: root.fields.filter(({ tag }) => DESCRIPTIVE.has(tag)) },
})

/** Upright, of its size, in its colours, without previews. */
export function corrected({ isLittleEndian, root }: ExifTree, made: Made): ExifTree {
  const { width, height, isConverted } = made
  const number = (tag: number, value: number) => numberField(tag, value, isLittleEndian)
  const inRoot = [number(0x0112, 1), number(0x0100, width), number(0x0101, height)]
  const sizes = [number(0xa002, width), number(0xa003, height)]
  const inExif = isConverted ? [...sizes, number(0xa001, 1)] : sizes
  const exif = root.children.get(POINTER.exif)
  const children = new Map(root.children)
  if (exif) children.set(POINTER.exif, withValues(isConverted ? withoutBelow(exif) : exif, inExif))
  const fields = root.fields.filter(({ tag }) => !GONE.has(tag))
  return { isLittleEndian, root: withValues({ fields, children }, inRoot) }
}

/** Its directory of interoperability says which colours they were. */
const withoutBelow = ({ fields }: ExifDirectory): ExifDirectory => ({ fields, children: new Map() })

/** Only of fields that are there. */
function withValues({ fields, children }: ExifDirectory, values: readonly ExifField[]): ExifDirectory {
  return { fields: fields.map((field) => values.find(({ tag }) => tag === field.tag) ?? field), children }
}

function numberField(tag: number, value: number, isLittleEndian: boolean): ExifField {
  const isShort = value < 65_536
  const bytes = new Uint8Array(isShort ? 2 : 4)
  const view = new DataView(bytes.buffer)
  if (isShort) view.setUint16(0, value, isLittleEndian)
  else view.setUint32(0, value, isLittleEndian)
  return { tag, type: isShort ? SHORT : LONG, count: 1, bytes }
}

/** ASCII by the book, UTF-8 in practice. Of several parts, each ends with a zero. */
function textField(tag: number, text: string): ExifField {
  const bytes = Uint8Array.from([...utf8(text), ...latin('\0')])
  return { tag, type: ASCII, count: bytes.length, bytes }
}

/** Cameras write a name of nothing but spaces. */
const tells = ({ fields }: ExifDirectory, wanted: number) =>
  fields.some(({ tag, bytes }) => tag === wanted && guessText(bytes) !== '')

/** What the tree does not tell of the two is added. */
export function withCredits(
  tree: ExifTree | undefined,
  credits: { readonly artist?: string | undefined; readonly copyright?: string | undefined },
): ExifTree | undefined {
  const { isLittleEndian, root } = tree ?? {
    isLittleEndian: false,
    root: { fields: [], children: new Map<number, ExifDirectory>() },
  }
  const missing = (['artist', 'copyright'] as const).flatMap((name) => {
    const [tag, text] = [TAG[name], credits[name]]
    return text && !tells(root, tag) ? [textField(tag, text)] : []
  })
  if (missing.length === 0) return tree
  const other = root.fields.filter(({ tag }) => !missing.some((field) => field.tag === tag))
  const fields = [...other, ...missing].toSorted((a, b) => a.tag - b.tag)
  return { isLittleEndian, root: { ...root, fields } }
}
