/** The same bytes for the same question, whenever and wherever it is asked: the package writes the time into MP4 and a random number into Ogg. */
import { OggOutputFormat, type Output } from 'mediabunny'

/** Its writers. Not of its public interface: the version is pinned, and a test holds it. */
interface Writer {
  /** Of MP4 and MOV, in seconds since 1904; 0 is unknown. */
  creationTime?: number
  /** Of Ogg: what is written of a track. */
  getTrackData?: (...track: unknown[]) => { serialNumber?: number }
}

export function makeSteady(output: Output): void {
  const { _muxer: writer } = output as unknown as { readonly _muxer: Writer }
  if (writer.creationTime !== undefined) writer.creationTime = 0
  const { getTrackData } = writer
  if (getTrackData && output.format instanceof OggOutputFormat)
    writer.getTrackData = (...track) => Object.assign(getTrackData.apply(writer, track), { serialNumber: 1 })
}
