import { testCodec } from '../contracts/codec.ts'
import { createAvifCodec } from '../../src/engines/image/codecs/avif.ts'
import { createJpegCodec } from '../../src/engines/image/codecs/jpeg.ts'
import { createPngCodec } from '../../src/engines/image/codecs/png.ts'
import { createWebpCodec } from '../../src/engines/image/codecs/webp.ts'

testCodec('jpeg', {
  create: createJpegCodec,
  encodeElsewhere: (image) => image.jpeg({ quality: 90 }),
  decibels: 33,
  options: { quality: 85 },
})
testCodec('png', {
  create: createPngCodec,
  encodeElsewhere: (image) => image.png(),
  decibels: 200,
  options: {},
})
testCodec('webp', {
  create: createWebpCodec,
  encodeElsewhere: (image) => image.webp({ quality: 90 }),
  decibels: 33,
  options: { quality: 85 },
})
testCodec('webp lossless', {
  create: createWebpCodec,
  encodeElsewhere: (image) => image.webp({ lossless: true }),
  decibels: 45,
  options: { lossless: true },
})
testCodec('avif', {
  create: createAvifCodec,
  encodeElsewhere: (image) => image.avif({ quality: 70, effort: 0 }),
  decibels: 30,
  options: { quality: 70 },
})
