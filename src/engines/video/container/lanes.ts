/** Tracks on their way from one container into another: what is decoded first goes first. */
import {
  EncodedAudioPacketSource,
  EncodedVideoPacketSource,
  type AudioCodec,
  type EncodedPacket,
  type InputAudioTrack,
  type InputVideoTrack,
  type Output,
  type VideoCodec,
} from 'mediabunny'
import type { Span } from '../../../plan/timed/recipe.ts'
import { packetsWithin } from './packets.ts'

/** One track on its way: where its packets come from, and where they go. */
export interface Lane {
  readonly packets: AsyncGenerator<EncodedPacket, void, void>
  next: EncodedPacket | undefined
  add(packet: EncodedPacket): Promise<void>
  close(): void
}

export async function videoLane(output: Output, track: InputVideoTrack, span: Span): Promise<Lane> {
  const source = new EncodedVideoPacketSource((await track.getCodec()) as VideoCodec)
  const decoderConfig = (await track.getDecoderConfig()) ?? undefined
  const language = await track.getLanguageCode()
  output.addVideoTrack(source, {
    languageCode: language,
    ...(output.format.supportsVideoTransformationMetadata
      ? { transformationMatrix: await track.getTransformationMatrix() }
      : {}),
    canBeTransparent: await track.canBeTransparent(),
  })
  return laneOf(source, packetsWithin(track, span), decoderConfig ? { decoderConfig } : {})
}

export async function audioLane(output: Output, track: InputAudioTrack, span: Span): Promise<Lane> {
  const source = new EncodedAudioPacketSource((await track.getCodec()) as AudioCodec)
  const decoderConfig = (await track.getDecoderConfig()) ?? undefined
  output.addAudioTrack(source, { languageCode: await track.getLanguageCode() })
  return laneOf(source, packetsWithin(track, span), decoderConfig ? { decoderConfig } : {})
}

function laneOf<Meta>(
  source: { add(packet: EncodedPacket, meta: Meta): Promise<void>; close(): void },
  packets: Lane['packets'],
  meta: Meta,
): Lane {
  return { packets, next: undefined, add: (packet) => source.add(packet, meta), close: () => source.close() }
}

export async function advance(lane: Lane): Promise<void> {
  const { value } = await lane.packets.next()
  lane.next = value ?? undefined
}

/** What is decoded first is written first, so that a player finds sound beside its pictures. */
export function earliest(lanes: readonly Lane[]): Lane | undefined {
  const open = lanes.filter((lane) => lane.next)
  return open.reduce<Lane | undefined>(
    (one, other) => (one?.next && other.next && one.next.timestamp <= other.next.timestamp ? one : other),
    undefined,
  )
}
