/**
 * A small model in ONNX, written byte by byte: the mean of each of three channels, times `weights`, plus `bias`, through
 * softmax. onnx.proto3 of ONNX 1.13: ModelProto, GraphProto, NodeProto, TensorProto.
 */
export interface OnnxModel {
  /** A row for each channel, a column for each class. */
  readonly weights: readonly (readonly number[])[]
  readonly bias: readonly number[]
  readonly input?: string
  readonly output?: string
}

const VARINT = 0
const BYTES = 2
const FLOAT = 1
const INT = 2
const INTS = 7

export function onnxModel({ weights, bias, input = 'input', output = 'prediction' }: OnnxModel): Uint8Array {
  const classes = bias.length
  const graph = [
    node('ReduceMean', [input], 'mean', [ints('axes', [1, 2]), int('keepdims', 0)]),
    node('MatMul', ['mean', 'weights'], 'product'),
    node('Add', ['product', 'bias'], 'sum'),
    node('Softmax', ['sum'], output, [int('axis', 1)]),
    text(2, 'means'),
    tensor('weights', [3, classes], weights.flat()),
    tensor('bias', [classes], bias),
    value(11, input, [1, 224, 224, 3]),
    value(12, output, [1, classes]),
  ].flat()
  return Uint8Array.from([...number(1, 8), ...message(7, graph), ...message(8, number(2, 13))])
}

function node(op: string, inputs: readonly string[], output: string, attributes: number[][] = []): number[] {
  const names = [...inputs.map((name) => text(1, name)), text(2, output), text(4, op)].flat()
  return message(1, [...names, ...attributes.flatMap((one) => message(5, one))])
}

const int = (name: string, of: number) => [...text(1, name), ...number(3, of), ...number(20, INT)]
const ints = (name: string, of: readonly number[]) => [
  ...text(1, name),
  ...of.flatMap((one) => number(8, one)),
  ...number(20, INTS),
]

function tensor(name: string, shape: readonly number[], values: readonly number[]): number[] {
  const raw = [...new Uint8Array(Float32Array.from(values).buffer)]
  const head = [...shape.flatMap((side) => number(1, side)), ...number(2, FLOAT), ...text(8, name)]
  return message(5, [...head, ...message(9, raw)])
}

function value(field: number, name: string, shape: readonly number[]): number[] {
  const sides = shape.flatMap((side) => message(1, number(1, side)))
  const type = message(1, [...number(1, FLOAT), ...message(2, sides)])
  return message(field, [...text(1, name), ...message(2, type)])
}

function varint(of: number): number[] {
  return of < 128 ? [of] : [(of & 127) | 128, ...varint(of >>> 7)]
}
const number = (field: number, of: number) => [...varint((field << 3) | VARINT), ...varint(of)]
const message = (field: number, of: readonly number[]) => [
  ...varint((field << 3) | BYTES),
  ...varint(of.length),
  ...of,
]
const text = (field: number, of: string) => message(field, [...Buffer.from(of)])
