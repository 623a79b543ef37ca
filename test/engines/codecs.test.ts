import { testCodec } from '../contracts/codec.ts'
import { createAvifCodec } from '../../src/engines/image/codecs/avif.ts'

testCodec('avif', {
  create: createAvifCodec,
  encodeElsewhere: (image) => image.avif({ quality: 70, effort: 0 }),
  decibels: 30,
  options: { quality: 70 },
})
