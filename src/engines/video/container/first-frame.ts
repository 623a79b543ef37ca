/** FLAC in which no frame can be read: the package would look for one of a certain time for ever, and nobody else had a turn. */
import { EncodedPacketSink, type Input } from 'mediabunny'
import type { FormatName } from '../../../media/format.ts'
import { corrupt } from '../../../media/headers/reader.ts'

/** @throws CORRUPT_MEDIA */
export async function requireFirstFrame(input: Input, format: FormatName): Promise<void> {
  if (format !== 'flac') return
  const track = await input.getPrimaryAudioTrack()
  const first = track && (await new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true }))
  if (!first) throw corrupt(format, 'it has no frame')
}
