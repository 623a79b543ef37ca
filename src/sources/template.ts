/**
 * Templates of keys and addresses. `${name}` and `$1` (also `${1}`) are captures of the origin's pattern; a capture
 * that took no part in the match is empty. `$$` is a dollar sign.
 *
 * A capture is data: it never makes a dot-segment or a dot-file, never ends a path and never begins a query. In the
 * authority of an address it may only be letters, digits, dots and dashes, and such a host is never trusted: it must be
 * named by an entry of `outbound.allowHosts` other than `*`.
 */
import { MediaError } from '../error.ts'

export type Captures = Readonly<Record<string, string>>

const PLACEHOLDER = /\$(?:\$|\{(\w{1,64})\}|(\d{1,2}))/g

interface Piece {
  readonly text: string
  /** Name of a capture; absent for literal text. */
  readonly capture?: string
}

/** Name of every capture in use. */
export function templateNames(template: string): string[] {
  return parseTemplate(template).flatMap((piece) => piece.capture ?? [])
}

/** What is wrong with a template, or undefined. */
export function templateFault(template: string): string | undefined {
  const rest = template.replaceAll(PLACEHOLDER, '')
  if (rest.includes('$')) return 'expected ${name} or $1 after $; a dollar sign itself is $$'
  return /\p{Cc}/u.test(rest) ? 'expected no control characters' : undefined
}

/** What is wrong with the template of an address, or undefined. */
export function urlTemplateFault(template: string): string | undefined {
  if (!/^https?:\/\/[^/?#\\]/.test(template))
    return 'expected an address that begins with http:// or https://'
  const { authority } = splitAddress(template)
  if (authority.includes('@')) return 'expected no user in the address; use headers'
  if (!URL.canParse(fillPieces(parseTemplate(template), () => 'x').text)) return 'expected an address'
  if (/\$[^/]*:|:[^/]*\$/.test(authority.replace(/:\d+$/, ''))) return 'expected no capture in the port'
  return templateFault(template)
}

/** Puts the captures into the template of a key. @throws INVALID_PATH */
export function fillKey(template: string, captures: Captures): string {
  const { text, literal } = fillPieces(parseTemplate(template), (name) => captures[name] ?? '')
  checkSegments(text, literal)
  return text
}

/** Puts the captures into the template of an address. @throws INVALID_PATH, INVALID_URL */
export function fillUrl(template: string, captures: Captures): URL {
  const { scheme, authority, path, rest } = splitAddress(template)
  const value = (name: string) => captures[name] ?? ''
  const host = fillPieces(parseTemplate(authority), (name) => hostLabel(value(name))).text
  fillKey(path, captures)
  const encodedPath = fillPieces(parseTemplate(path), (name) => encodePath(value(name))).text
  const encodedRest = fillPieces(parseTemplate(rest), (name) =>
    encodeURIComponent(toWellFormed(value(name))),
  ).text
  try {
    return new URL(scheme + host + encodedPath + encodedRest)
  } catch (cause) {
    throw new MediaError('INVALID_URL', undefined, { cause })
  }
}

/** Scheme, host and port as the template writes them; undefined when a capture decides them. */
export function literalAuthority(template: string): URL | undefined {
  const { scheme, authority } = splitAddress(template)
  return authority.includes('$') ? undefined : new URL(scheme + authority)
}

/** Percent-encodes each segment as RFC 3986 has it, so that signatures over the path are unambiguous. */
export function encodePath(path: string): string {
  return path
    .split('/')
    .map((segment) =>
      encodeURIComponent(toWellFormed(segment)).replaceAll(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/')
}

function parseTemplate(template: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of template.matchAll(PLACEHOLDER)) {
    pieces.push({ text: template.slice(at, match.index) })
    const capture = match[1] ?? match[2]
    pieces.push(capture === undefined ? { text: '$' } : { text: match[0], capture })
    at = match.index + match[0].length
  }
  pieces.push({ text: template.slice(at) })
  return pieces
}

/** The filled text, and for each of its characters whether the template wrote it. */
function fillPieces(pieces: readonly Piece[], value: (name: string) => string) {
  let text = ''
  const literal: boolean[] = []
  for (const piece of pieces) {
    const part = piece.capture === undefined ? piece.text : value(piece.capture)
    text += part
    for (let i = 0; i < part.length; i++) literal.push(piece.capture === undefined)
  }
  return { text, literal }
}

function checkSegments(text: string, literal: readonly boolean[]): void {
  let at = 0
  for (const segment of text.split('/')) {
    const isDotFile = segment.startsWith('.') && !literal[at]
    if (segment === '.' || segment === '..' || isDotFile) throw new MediaError('INVALID_PATH')
    at += segment.length + 1
  }
  if (/[\p{Cc}\\]/u.test(text)) throw new MediaError('INVALID_PATH')
}

function splitAddress(template: string) {
  const match = /^(https?:\/\/)([^/?#]*)([^?#]*)(.*)$/s.exec(template)
  const [, scheme = '', authority = '', path = '', rest = ''] = match ?? []
  return { scheme, authority, path, rest }
}

function hostLabel(value: string): string {
  if (!/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(value) || value.includes('..'))
    throw new MediaError('INVALID_URL', 'The address is malformed: a part of the host is not a host name')
  return value
}

/** A lone surrogate cannot be written as UTF-8. */
function toWellFormed(text: string): string {
  return text.replaceAll(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}
