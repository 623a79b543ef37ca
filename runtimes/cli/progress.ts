/** Bars on a terminal; nothing where the output goes to a file. */
export interface Progress {
  advance(label: string): void
  end(): void
}

const WIDTH = 30

export interface Terminal {
  readonly isTTY?: boolean
  /** Characters in a row. */
  readonly columns?: number
  write(text: string): unknown
}

/** @param part from 0 to 1 */
export function barOf(part: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * WIDTH)
  return '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
}

export function createProgress(total: number, out: Terminal): Progress {
  const shown = out.isTTY === true && total > 1
  let done = 0
  return {
    advance(label) {
      done++
      if (shown) out.write(`\r\u001b[K${barOf(done / total)} ${done}/${total} ${label}`)
    },
    end() {
      if (shown) out.write('\n')
    },
  }
}

/** Rows that stay where they are while they change. */
export function createBars(out: Terminal): { draw(rows: readonly string[]): void } {
  let drawn = 0
  return {
    draw(rows) {
      const back = drawn > 0 ? `\u001b[${drawn}A` : ''
      // A row that wraps would be two.
      const cut = (row: string) => row.slice(0, Math.max(1, (out.columns ?? 80) - 1))
      out.write(back + rows.map((row) => `\r\u001b[K${cut(row)}\n`).join(''))
      drawn = rows.length
    },
  }
}

/** What others wrote cannot move the cursor, nor do worse. Line breaks stay. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- those are what it is about
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?')
}
