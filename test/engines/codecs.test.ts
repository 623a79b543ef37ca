import { testCodec } from '../contracts/codec.ts'
import { createAvifCodec } from '../../src/engines/image/codecs/avif.ts'
import { createJpegCodec } from '../../src/engines/image/codecs/jpeg.ts'

testCodec('jpeg', {
  create: createJpegCodec,
  encodeElsewhere: (image) => image.jpeg({ quality: 90 }),
  decibels: 33,
  options: { quality: 85 },
})
testCodec('avif', {
  create: createAvifCodec,
  encodeElsewhere: (image) => image.avif({ quality: 70, effort: 0 }),
  decibels: 30,
  options: { quality: 70 },
})
