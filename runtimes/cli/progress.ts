/** A bar on a terminal; nothing where the output goes to a file. */
export interface Progress {
  advance(label: string): void
  end(): void
}

const WIDTH = 30

interface Terminal {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export function createProgress(total: number, out: Terminal): Progress {
  const shown = out.isTTY === true && total > 1
  let done = 0
  return {
    advance(label) {
      done++
      if (!shown) return
      const filled = Math.round((done / total) * WIDTH)
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
      out.write(`\r\u001b[K${bar} ${done}/${total} ${label}`)
    },
    end() {
      if (shown) out.write('\n')
    },
  }
}
