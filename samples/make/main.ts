/** Makes the sample pictures anew: `bun samples/make/main.ts [file …]`. No clock, no chance: the same pixels each time. */
import { writeFile } from 'node:fs/promises'
import { encodePicture, PICTURES } from './pictures.ts'

const wanted = process.argv.slice(2)
for (const picture of PICTURES.filter(({ file }) => wanted.length === 0 || wanted.includes(file))) {
  const begun = performance.now()
  const pixels = picture.render(picture.width, picture.height, picture.samples)
  const bytes = await encodePicture(picture, pixels)
  await writeFile(new URL(`../${picture.file}`, import.meta.url), bytes)
  console.log(`${picture.file}: ${bytes.length} bytes, ${((performance.now() - begun) / 1000).toFixed(0)} s`)
}
