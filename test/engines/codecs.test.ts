import { testCodec } from '../contracts/codec.ts'
import { createAvifCodec } from '../../src/engines/image/codecs/avif.ts'
import { createJxlCodec } from '../../src/engines/image/codecs/jxl.ts'
import { encodeJxlElsewhere, seeJxl } from '../support/jxl.ts'

testCodec('avif', {
  create: createAvifCodec,
  encodeElsewhere: (image) => image.avif({ quality: 70, effort: 0 }),
  decibels: 30,
  options: { quality: 70 },
})

testCodec('jxl', {
  create: createJxlCodec,
  encodeElsewhere: (image) => ({ toBuffer: () => encodeJxlElsewhere(image) }),
  see: seeJxl,
  decibels: 35,
  options: { quality: 80 },
})
