/** Which attributes and styles may stay: none that runs, and none that refers to anything outside of the file. */

/** Pictures inside the file, in formats whose size can be checked. */
const DATA_PICTURE = /^data:image\/(?:png|jpe?g|gif|webp);base64,[\w+/=\s]*$/i
const FRAGMENT = /^#[^\s"'()<>]+$/

export function isHarmless(name: string, value: string, element: string): boolean {
  if (name === 'href' || name === 'xlink:href')
    return FRAGMENT.test(value.trim()) || (element === 'image' && DATA_PICTURE.test(value.trim()))
  if (name.includes(':')) return name === 'xml:space' || name === 'xml:lang'
  if (name === 'xmlns' || /^on/i.test(name)) return false
  if (name === 'style') return isHarmlessStyle(value)
  return refersInside(value)
}

/** No at-rules (imports, fonts), no escapes to hide words in, no functions that fetch. */
export function isHarmlessStyle(text: string): boolean {
  return !/[@\\]|expression|javascript:|image-set|src\s*\(/i.test(text) && refersInside(text)
}

/** Every url() is one of this file. */
const refersInside = (text: string) =>
  [...text.matchAll(/url\s*\(\s*(["']?)([^"')]*)/gi)].every(([, , target = '']) =>
    FRAGMENT.test(target.trim()),
  )

/** The identifiers that an attribute or a style refers to. */
export function referencesIn(name: string, value: string): string[] {
  if (name === 'href' || name === 'xlink:href')
    return FRAGMENT.test(value.trim()) ? [value.trim().slice(1)] : []
  return [...value.matchAll(/url\s*\(\s*["']?\s*#([^"')\s]+)/gi)].flatMap(([, id]) => id ?? [])
}
