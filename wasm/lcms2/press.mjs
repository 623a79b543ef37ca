/**
 * What inks look like where no profile says so: coated paper, offset, ISO 12647-2 (Fogra's characterization data FOGRA39L, measured
 * CMYK and CIELAB). Writes a C header: sRGB of STEPS^4 mixtures, 8 bits, cyan changing slowest and black fastest.
 * Usage: node press.mjs FOGRA39L.ti3 >press.h
 */
import { readFileSync } from 'node:fs'

const STEPS = 9
/** Percent of black, and the percents of which every mixture of the other three was measured with it. */
const LAYERS = [
  [0, [0, 10, 20, 30, 40, 55, 70, 85, 100]],
  [20, [0, 10, 20, 40, 70, 100]],
  [40, [0, 20, 40, 70, 100]],
  [60, [0, 20, 40, 70, 100]],
  [80, [0, 40, 70, 100]],
  [100, [0, 40, 100]],
]
const D50 = [0.9642, 1, 0.8249]
/** XYZ under D50 to linear sRGB: the primaries of BT.709 and D65, adapted by Bradford's method. */
const FROM_XYZ = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
]

/** CIELAB by the percents of the inks. */
function readMeasured(path) {
  const lines = readFileSync(path, 'latin1').split(/\r\n?|\n/)
  const rows = lines.slice(lines.indexOf('BEGIN_DATA') + 1, lines.indexOf('END_DATA'))
  return new Map(
    rows.map((line) => {
      const [, c, m, y, k, , , , ...lab] = line.trim().split(/\s+/).map(Number)
      return [`${c} ${m} ${y} ${k}`, lab]
    }),
  )
}

/** Through all points, without waves between them: Fritsch and Carlson's slopes. Each point is a list of numbers. */
function curve(places, points) {
  const count = places.length
  const wide = places.slice(1).map((x, i) => x - places[i])
  return (x) => {
    const at = Math.min(
      count - 2,
      Math.max(
        0,
        places.findLastIndex((place) => place <= x),
      ),
    )
    const t = (x - places[at]) / wide[at]
    return points[0].map((_, part) => {
      const rise = wide.map((width, i) => (points[i + 1][part] - points[i][part]) / width)
      const slope = (i) => {
        if (i === 0 || i === count - 1) return rise[Math.min(i, count - 2)]
        const [a, b] = [rise[i - 1], rise[i]]
        if (a * b <= 0) return 0
        const [v, w] = [2 * wide[i] + wide[i - 1], wide[i] + 2 * wide[i - 1]]
        return (v + w) / (v / a + w / b)
      }
      const [from, to] = [points[at][part], points[at + 1][part]]
      const [s, e] = [slope(at) * wide[at], slope(at + 1) * wide[at]]
      return from + t * (s + t * (3 * (to - from) - 2 * s - e + t * (2 * (from - to) + s + e)))
    })
  }
}

const measured = readMeasured(process.argv[2])
const wanted = Array.from({ length: STEPS }, (_, i) => (100 * i) / (STEPS - 1))

/** CIELAB of every wanted mixture of three inks with so much black. */
function layer([black, percents]) {
  const along = (points) => wanted.map(curve(percents, points))
  const planes = percents.map((c) =>
    percents.map((m) => along(percents.map((y) => measured.get(`${c} ${m} ${y} ${black}`)))),
  )
  // Yellow is wanted now; then magenta, then cyan. Numbers of a row are carried along in one list.
  const rows = planes.map((plane) => along(plane.map((row) => row.flat())).flat())
  return along(rows).flat()
}

function toXyz([lightness, a, b]) {
  const y = (lightness + 16) / 116
  const linear = (f) => (f > 6 / 29 ? f ** 3 : 3 * (6 / 29) ** 2 * (f - 4 / 29))
  return [y + a / 500, y, y - b / 200].map((f, i) => linear(f) * D50[i])
}

const paper = toXyz(measured.get('0 0 0 0'))
/** Of the white of the paper; the darkest mixture becomes black. */
const relative = (lab) => toXyz(lab).map((value, i) => (value / paper[i]) * D50[i])
const darkest = relative(measured.get('100 100 100 100'))[1]

function toSrgb(lab) {
  const xyz = relative(lab).map((value, i) => (value - darkest * D50[i]) / (1 - darkest))
  return FROM_XYZ.map((row) => {
    const light = Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, share, i) => sum + share * xyz[i], 0),
      ),
    )
    return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055))
  })
}

const layers = LAYERS.map(layer)
const blacks = LAYERS.map(([black]) => black)
const mixtures = STEPS ** 3
const values = Array.from({ length: mixtures }, (_, mixture) => {
  const lab = layers.map((numbers) => numbers.slice(3 * mixture, 3 * mixture + 3))
  return wanted.map((black) => toSrgb(curve(blacks, lab)(black)))
}).flat(2)
const lines = Array.from({ length: Math.ceil(values.length / 27) }, (_, i) =>
  values.slice(i * 27, i * 27 + 27).join(),
)
process.stdout.write(`#define PRESS_STEPS ${STEPS}\nstatic const u8 press[] = {\n${lines.join(',\n')}};\n`)
