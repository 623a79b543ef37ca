/** Colours that are known by their points and a curve, as a profile. */
import type { NamedColors, Point } from '../jxl/colors.ts'
import type { MatrixProfile, Xyz } from './icc.ts'

type Rows = readonly [Xyz, Xyz, Xyz]

/** The white of profiles: D50 (ICC.1:2022 section 7.2.16). */
const D50: Xyz = [0.9642, 1, 0.8249]
/** Bradford's: from XYZ to the responses of cones. */
const CONES: Rows = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
]

/** Undefined for curves of what is brighter than white. */
export function namedProfile({ white, primaries, curve }: NamedColors): MatrixProfile | undefined {
  const toLight = typeof curve === 'string' ? CURVES[curve] : (x: number) => x ** curve.gamma
  if (!toLight) return undefined
  const light = Float32Array.from({ length: 256 }, (_, value) => toLight(value / 255))
  const whiteXyz = xyzOf(white)
  const points = primaries.map(xyzOf) as unknown as Rows
  const shares = times(inverse(turned(points)), whiteXyz)
  const adapted = adaptation(whiteXyz)
  const columns = points.map((point, i) =>
    times(adapted, point.map((value) => value * (shares[i] as number)) as unknown as Xyz),
  )
  return { curves: [light, light, light], columns: columns as unknown as MatrixProfile['columns'] }
}

const CURVES: Readonly<Record<string, (x: number) => number>> = {
  srgb: (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4),
  bt709: (x) => (x < 0.081 ? x / 4.5 : ((x + 0.099) / 1.099) ** (1 / 0.45)),
  linear: (x) => x,
}

const xyzOf = ([x, y]: Point): Xyz => [x / y, 1, (1 - x - y) / y]

/** From this white to D50's. */
function adaptation(white: Xyz): Rows {
  const [from, to] = [times(CONES, white), times(CONES, D50)]
  const scaled = CONES.map((row, i) => row.map((value) => (value * (to[i] as number)) / (from[i] as number)))
  const back = inverse(CONES)
  return [0, 1, 2].map((row) =>
    [0, 1, 2].map((column) =>
      [0, 1, 2].reduce((sum, i) => sum + (back[row]?.[i] ?? 0) * (scaled[i]?.[column] ?? 0), 0),
    ),
  ) as unknown as Rows
}

const times = (rows: Rows, [x, y, z]: Xyz): Xyz =>
  rows.map((row) => row[0] * x + row[1] * y + row[2] * z) as unknown as Xyz

const turned = (rows: Rows): Rows => [0, 1, 2].map((i) => rows.map((row) => row[i])) as unknown as Rows

function inverse([[a, b, c], [d, e, f], [g, h, i]]: Rows): Rows {
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g]
  const size = a * p + b * q + c * r
  return [
    [p / size, (c * h - b * i) / size, (b * f - c * e) / size],
    [q / size, (a * i - c * g) / size, (c * d - a * f) / size],
    [r / size, (b * g - a * h) / size, (a * e - b * d) / size],
  ]
}
