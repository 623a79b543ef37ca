/** Files that would have a demuxer read something else: another file of this machine, an address of the network. */

const text = (value: string) => new TextEncoder().encode(value)

/** An atom of MP4. */
function atom(type: string, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const body = Buffer.concat(parts.map((part) => Uint8Array.from(part)))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length + 8)
  head.write(type, 4, 'latin1')
  return new Uint8Array(Buffer.concat([head, body]))
}
const words = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value, n * 4)
  return new Uint8Array(bytes)
}

/** A track whose samples lie in another file: `dref` with a `url ` or an `alis` that is not "this file". */
function elsewhere(address: string): Uint8Array {
  const dref = atom('dref', words(0, 1), atom('url ', words(0), text(`${address}\0`)))
  const stsd = atom(
    'stsd',
    words(0, 1),
    atom(
      'mp4v',
      words(0, 1, 0, 0, 0, 0),
      [0, 32, 0, 32],
      words(0x480000, 0x480000, 0),
      [0, 1],
      new Uint8Array(32),
      [0, 24, 255, 255],
    ),
  )
  const tables = [
    atom('stts', words(0, 1, 1, 1000)),
    atom('stsc', words(0, 1, 1, 1, 1)),
    atom('stsz', words(0, 64, 1)),
    atom('stco', words(0, 1, 0)),
  ]
  const stbl = atom('stbl', stsd, ...tables)
  const minf = atom('minf', atom('vmhd', words(1, 0, 0)), atom('dinf', dref), stbl)
  const handler = atom('hdlr', words(0, 0), text('vide'), words(0, 0, 0), [0])
  const mdia = atom('mdia', atom('mdhd', words(0, 0, 0, 1000, 1000, 0)), handler, minf)
  const trak = atom(
    'trak',
    atom('tkhd', words(1, 0, 0, 1, 0, 1000, 0, 0, 0, 0), new Uint8Array(36), words(0x200000, 0x200000)),
    mdia,
  )
  const mvhd = atom('mvhd', words(0, 0, 0, 1000, 1000, 0x10000), new Uint8Array(76), words(2))
  return new Uint8Array(
    Buffer.concat([atom('ftyp', text('qt  '), words(0), text('qt  ')), atom('moov', mvhd, trak)]),
  )
}

/** What it is, its bytes, and the options that have it read as what it is. */
export type HostileFile = readonly [what: string, bytes: Uint8Array, demuxer: readonly string[]]

const HLS = ['-f', 'hls']
const CONCAT = ['-f', 'concat', '-safe', '0']
const MOV = ['-f', 'mov', '-enable_drefs', '1', '-use_absolute_path', '1']

/**
 * @param address that must not be asked
 * @param file that must not be read
 */
export function hostileFiles(address: string, file: string): readonly HostileFile[] {
  const playlist = (target: string) =>
    text(`#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${target}\n#EXT-X-ENDLIST\n`)
  return [
    ['a playlist of an address', playlist(`${address}/a.ts`), HLS],
    ['a playlist of a file', playlist(`file://${file}`), HLS],
    ['a playlist that joins', playlist(`concat:${file}|${address}/b.ts`), HLS],
    [
      'a key elsewhere',
      text(`#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="${address}/k"\n#EXTINF:1,\na.ts\n`),
      HLS,
    ],
    ['a list for concat', text(`ffconcat version 1.0\nfile '${file}'\nfile '${address}/c.mp4'\n`), CONCAT],
    ['samples at an address', elsewhere(`${address}/d.mov`), MOV],
    ['samples in a file', elsewhere(`file://${file}`), MOV],
    [
      'a manifest',
      text(`<?xml version="1.0"?><MPD><BaseURL>${address}/e.mp4</BaseURL></MPD>`),
      ['-f', 'dash'],
    ],
    [
      'a session description',
      text(`v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 9 RTP/AVP 96\n`),
      ['-f', 'sdp'],
    ],
    ['a zip', new Uint8Array([0x50, 0x4b, 3, 4, ...Array.from({ length: 60 }, () => 0)]), ['-f', 'image2']],
    [
      'a picture that draws another',
      text(`<svg xmlns:l="x"><image l:href="${address}/f.png"/></svg>`),
      ['-f', 'svg_pipe'],
    ],
    ['nothing', new Uint8Array(0), ['-f', 'mpegts']],
  ]
}
