/** Writes `docs/parameters.md` from the table that the service runs on: `npx bun scripts/parameters-page.ts`. */
import { FORMATS, type FormatRow } from '../src/media/format.ts'
import { AKAMAI_WORDS } from '../src/request/grammars/akamai.ts'
import { PARAMS, paramRow, type ParamName, type ParamRole } from '../src/request/params.ts'
import { expectation } from '../src/request/rows/row.ts'

/** The whole page. */
export function parametersPage(): string {
  return `${HEAD}
## What shapes a rendition

${table('rendition')}
${ORDER}
## Qualities

${qualities()}
${FORMAT_NOTES}
## What goes along of the metadata

${METADATA_NOTES}
## What \`format=json\` tells

${JSON_NOTES}
## Derivatives and client hints

${table('select')}
${DERIVATIVES}
## What shapes the answer alone

These never make another rendition.

${table('response')}
## Signatures

${table('access')}
${SIGNING}
## Video and audio

Dropped for pictures, so that they cannot multiply stored renditions. A video is \`mode=video\` when it has any parameter and no mode: copied
where its packets can stay as they are, else made anew by an ffmpeg, with the parameters of size, \`crop\`, \`rotate\` (by any angle), \`flip\`,
\`background\` and \`quality\` above; sides are even. \`mode=audio\` is its sound, \`mode=frame\` a picture, with every parameter of pictures.
\`format=gif\` and \`format=webp\` make a preview of a video that moves, for ever and without sound: 3 seconds from the second 2 on (of a shorter video
its last ones), 480 pixels wide, 10 frames a second, at most 60 seconds; what is asked for counts. \`mode=frame\` with either is a still, and \`Accept\` alone
never makes a video a picture. Originals are MP4, MOV, 3GP, WebM, Matroska and transport streams, and by an ffmpeg, which gets them whole, AVI and FLV, and
other codecs than H.264, H.265, VP8, VP9 and AV1 (MPEG-4 part 2, MPEG-2, Motion JPEG and more; not in transport streams).
Of sound \`mode=frame\`, or a format of pictures, is the picture that the file carries. \`mode=waveform\` is JSON,
\`{version: 2, channels: 1, sample_rate, samples_per_pixel, bits: 8, length, data}\`: \`width\` (800) pairs of lowest and highest sample, from -128 to 127, of
\`track\`, \`time\` and \`duration\`, as peaks.js and wavesurfer read it.
HLS is answered with 501 \`NOT_SUPPORTED_HERE\`.

\`time=auto\` of a frame looks at key frames, of the first 13 seconds and then of eighths of the rest, and takes the first that is neither black nor of one
colour nor blurred, or the best where all are.

\`mode=spritesheet\` lays frames side by side, row by row, as one picture of any format. \`width\` and \`height\` are one tile, exactly, whatever the
frames measure; \`fit\` is \`cover\` unless it says \`pad\` (\`contain\` and \`scale-down\` do the same here) or \`fill\`. With one side the other follows the
shape as displayed; with none, tiles lie within 160 by 160 pixels. \`crop\`, \`rotate\` and \`flip\` are of each frame, quality, background and effects of the sheet
(\`blur\`, \`sharpen\` and \`pixelate\` do nothing here). The clip (\`time\`, \`duration\`; default all of it) is cut into \`imageCount\` equal parts, each shown by the frame
of its middle, or by a key frame that lies in the same part: that before the middle, else the last one behind it.

\`mode=storyboard\` tells players where each part of a clip stands on such a sheet: WebVTT whose cues name the sheet and a tile of it (\`#xywh=\`), in the original's own
time, without gaps; with \`format=json\` the same as JSON (\`url\`, size, \`tiles\`). It takes what the sheet takes, and names the address of one like that: absolute where
\`publicUrl\` is set, else relative to the address that was asked. Where that was signed, so is this, by the same key and until the same \`exp\`; an unsigned
derivative that is a storyboard names a signed sheet too, if there is a secret. In Cloudflare's grammar the sheet has an address of our own grammar.

${table('timed')}
## Words of Akamai

Explicit words of our own win over them. \`w\`, \`h\`, \`q\` and \`f\` are aliases.

${akamai()}
${AKAMAI_NOTES}
## Words of Cloudflare

${CLOUDFLARE}`
}

function table(role: ParamRole): string {
  const names = (Object.keys(PARAMS) as ParamName[]).filter((name) => paramRow(name).role === role)
  const rows = names.map((name) => {
    const row = paramRow(name)
    const words = [name, ...row.aliases].map((word) => `\`${word}\``).join(' ')
    const example = `\`${name}=${row.example}\``
    return [
      words,
      expectation(row, { outputSide: 8192, enabledFormats: ['jxl'] }),
      row.fallback,
      row.doc,
      example,
    ]
  })
  return markdown(['parameter', 'values', 'default', 'meaning', 'example'], rows)
}

function qualities(): string {
  const rows = Object.entries<FormatRow>(FORMATS)
    .filter(([, row]) => row.encodes)
    .map(([name, { quality, levels }]) =>
      levels ? [name, quality, levels.low, levels.medium, levels.high].map(String) : [name, '', '', '', ''],
    )
  return markdown(['format', 'default', '`low`', '`medium`', '`high`'], rows)
}

function akamai(): string {
  const rows = Object.entries(AKAMAI_WORDS).map(([word, { name, values = {} }]) => [
    `\`${word}\``,
    `\`${name}\``,
    Object.entries(values)
      .map(([from, to]) => `\`${from}\` is \`${to}\``)
      .join(', '),
  ])
  return markdown(['word', 'means', 'values'], rows)
}

function markdown(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}

const HEAD = `<!-- Written by scripts/parameters-page.ts: do not edit. -->
# Parameters

\`GET /{path}?{parameters}\`. A path without parameters (or with none that shapes a rendition) is the original itself.

- A wrong value is 400 \`INVALID_PARAMETER\`; \`details\` lists every fault as \`{parameter, value, expected}\`. With
  \`parameters.invalid: "warn"\` wrong values are dropped and named in \`X-Param-Warnings\`. An empty value is a wrong one.
- Unknown parameters are ignored, never make another rendition, and are named in \`X-Param-Warnings\`.
- Of a parameter given more than once the first counts; a parameter's own name wins over its alias.
- Words and colours are read in any letter case. The order of parameters means nothing.
- Largest sides and sizes are those of \`limits\` in the configuration; this page shows the defaults.
`

const ORDER = `Order of work: EXIF orientation, \`crop\`, \`trim\`, \`rotate\`, \`flip\`, then \`width\`, \`height\` and \`fit\`. With \`width\` or \`height\`
alone, or none, \`fit\` has nothing to do. Effects come last, on the result with its background, in the order of the table. A crop that reaches over the edge is cut at the edge; one that lies outside
is 400.
`

const FORMAT_NOTES = `\`quality=auto\` encodes up to four times and takes the smallest file whose structural similarity to the picture before it was
encoded (luma, three scales, the worst tenth of it counting as much as the mean) is 0.955, give or take 0.008, or the nearest that
was found. Animations and formats without a quality take their default. \`max_bytes\` encodes about five times; with both, the smaller quality counts.
PNG has no quality and ignores it. \`lossless\` is lossless WebP or AVIF, and 100 for JPEG. \`format=auto\` looks at
\`Accept\`, which is then in \`Vary\`. Formats of video and audio are accepted here and refused for pictures (400). Of an
animation, formats that do not move are not chosen, unless \`animated=false\` or \`page\` makes a still of it.
`

const METADATA_NOTES = `- \`none\`: nothing. Colours of a profile become those of sRGB, EXIF's orientation becomes that of the pixels.
- \`copyright\`: whose the picture is, wherever the original says so: EXIF (\`Copyright\`, \`Artist\`), XMP (\`dc:rights\`,
  \`dc:creator\`, \`photoshop:Credit\`, \`xmpRights\`) and IPTC (by-line, credit, copyright notice). Written as EXIF and as XMP. No place,
  no camera, no preview. Colours become sRGB.
- \`keep\`: EXIF, XMP, IPTC (JPEG alone) and the profile, whose colours then stay as they are. Orientation and sizes are made
  true of the result; previews go, and so do references to what JPEGs of telephones hold behind the picture. Where the profile cannot
  go along (GIF, grey, CMYK, an overlay, a background other than black and white) colours become sRGB.

It is read from JPEG, PNG, WebP, AVIF, TIFF and GIF (XMP), and written to all that is written; GIF holds XMP alone, which
then says whose the picture is if only EXIF did. What is damaged, or larger than 512 KiB (profiles: 4 MiB), is left out.
\`max_bytes\` counts all of it.
`

const JSON_NOTES = `\`format\`, \`contentType\`, \`size\` (bytes), \`width\` and \`height\` (as displayed), \`orientation\` (EXIF's number), \`frames\`,
\`animated\`, \`hasAlpha\`, \`colorSpace\` (\`rgb\`, \`gray\` or \`cmyk\`), \`placeholder\`, and \`exif\` when it is asked for and there is any.
It is about the original: of the other parameters only \`metadata\` counts. What is not known is null; \`duration\`, \`video\`,
\`audio\` and \`tracks\` are left out for pictures.

- \`placeholder\` has \`thumbhash\` (Base64), \`blurhash\` (4 x 3), \`dominant\` and up to six colours of a \`palette\`, the commonest
  first, in sRGB. Pixels that are mostly transparent have no colour. It is null for what this version cannot decode, for
  damaged pixels and for files that are too large: the header's facts hold all the same. A damaged header is 422.
- \`metadata=copyright\` tells \`copyright\` and \`artist\`; \`keep\` also \`description\`, \`make\`, \`model\`, \`lens\`, \`software\`,
  \`takenAt\`, \`exposureTime\`, \`fNumber\`, \`iso\`, \`focalLength\`, \`focalLengthIn35mm\` and \`gps\`, the place. By default nothing of it
  is told: who may see a picture need not know where it was taken. EXIF is looked for in JPEG, PNG and WebP.
`

const DERIVATIVES = `A derivative is a set of parameters with a name, from \`derivatives\` in the configuration. One that does not exist is
ignored and named in \`X-Param-Warnings\`. Without one, and without \`width\` and \`height\`, one is chosen:

1. by \`imwidth\` (or \`imheight\`): the first of \`responsive.breakpoints\` whose \`maxWidth\` is as large, else
   \`responsive.defaultDerivative\`;
2. by client hints, when a parameter above is there or the origin says \`responsive: "always"\`:
   \`Sec-CH-Viewport-Width\`, \`Viewport-Width\` or \`Width\`, times \`dpr\`, \`Sec-CH-DPR\` or \`DPR\`, against the same
   breakpoints; a \`dpr\` that chose is used up;
3. by \`CF-Device-Type\`, when a derivative has that name; else \`responsive.defaultDerivative\`.

Every header that was looked at is in \`Vary\`. However a derivative is reached, the rendition is the same one. An
origin's \`defaults\` fill up what neither the address nor the derivative says.
`

const SIGNING = `\`sig\` is the HMAC-SHA256 of the text below with the secret, as base64url without padding. The path is the one the
service sees, still percent-encoded; the query is every parameter but \`sig\`, sorted by name, then value, each name and
value passed through \`encodeURIComponent\`, joined with \`=\` and \`&\`. \`signUrl\` of \`mediamorph/client\` and
\`mediamorph sign\` do it.

\`\`\`text
mediamorph-v1
{path}
{query}
\`\`\`
`

const AKAMAI_NOTES = `\`imwidth\` and \`imheight\` choose a derivative and nothing else. \`im-viewwidth\` and \`im-density\` stand for the headers
\`Sec-CH-Viewport-Width\` and \`Sec-CH-DPR\`; \`im-viewheight\` is taken and has no effect. \`imref=name=value,name=value\`
is unpacked and ranks last.
`

const CLOUDFLARE = `\`/cdn-cgi/image/{options}/{path}\` and \`/cdn-cgi/media/{options}/{path}\`, the path being one of an origin here.
Addresses on other hosts are 403 \`ACCESS_DENIED\`. A signature covers the whole path, and goes into the query as ever.

- \`width\` \`height\` \`fit\` \`gravity\` \`quality\` \`format\` \`dpr\` \`background\` \`rotate\` \`flip\`, and for media \`mode\` \`time\`
  \`duration\` \`audio\` \`imageCount\`, mean the parameters of that name.
- \`fit\`: \`contain\`, \`cover\`, \`pad\` and \`squeeze\` (our \`fill\`) may enlarge, as they do there.
- \`gravity\`: \`left\`, \`right\`, \`top\`, \`bottom\` are \`west\`, \`east\`, \`north\`, \`south\`.
- \`quality\`: \`medium-low\` is \`medium\`, \`medium-high\` is \`high\`. \`format=baseline-jpeg\` is \`jpeg\`.
- \`slow-connection-quality\` replaces \`quality\` for clients that send \`Save-Data: on\`, \`ECT\` of 3g or less, \`RTT\` above
  150 or \`Downlink\` below 5.
- \`onerror=redirect\`: what fails is a redirect to the original.
- \`trim=border\` is \`trim=10\`, \`trim.border.tolerance\` sets the number, up to our 100. Pixels to cut off at each side have no effect.
- \`metadata\` is that of the same name, and nothing goes along where it is not given; there, JPEG keeps its copyright.
- Other options (\`border\`, \`gravity=face\`, …) have no effect in this version and
  are named in \`X-Param-Warnings\`.
`

if (process.argv[1]?.endsWith('parameters-page.ts')) {
  const { writeFile } = await import('node:fs/promises')
  await writeFile(new URL('../docs/parameters.md', import.meta.url), parametersPage())
}
