/** What picture files hold beside their pixels, taken out of its container. */
export interface Metadata {
  /** A TIFF structure, without the prefix that JPEG needs. */
  readonly exif?: Uint8Array
  /** XML, in one piece; what is written is a packet of our own (`asPacket`). */
  readonly xmp?: string
  /** Records of IPTC's Information Interchange Model. */
  readonly iptc?: Uint8Array
  readonly icc?: Uint8Array
}

/** Most bytes of each kind: what is larger is left out. Profiles are bounded where they are found. */
export const MOST_EXIF = 512 * 1024
export const MOST_XMP = 512 * 1024
/** One segment of JPEG holds it. */
export const MOST_IPTC = 64_000
