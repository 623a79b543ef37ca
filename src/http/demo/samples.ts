/** The pictures that come with the service; `samples/` holds them. */
export interface DemoSample {
  readonly file: string
  readonly title: string
  /** What it is good for judging. */
  readonly note: string
  /** As displayed. */
  readonly width: number
  readonly height: number
  readonly bytes: number
}

export const SAMPLES: readonly DemoSample[] = []
