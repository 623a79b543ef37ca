/** Small servers on 127.0.0.1 for tests: HTTP by handler, or raw bytes on a socket. Everything is closed by `close`. */
import { createServer, type RequestListener, type Server } from 'node:http'
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts'

export interface Loopback {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Sockets that are open now. */
  openSockets(): number
  close(): Promise<void>
}

export function serveHttp(listener: RequestListener): Promise<Loopback> {
  return listen(createServer(listener))
}

/** HTTPS as `pictures.test`. */
export function serveTls(listener: RequestListener): Promise<Loopback> {
  return listen(createTlsServer({ key: PRIVATE_KEY, cert: CERTIFICATE }, listener))
}

/** Calls `onRequest` once for each socket, when its first bytes are here. */
export function serveRaw(onRequest: (socket: Socket) => void): Promise<Loopback> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => onRequest(socket))
    }),
  )
}

async function listen(server: Server | TcpServer): Promise<Loopback> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    port,
    host: `127.0.0.1:${port}`,
    origin: `http://127.0.0.1:${port}`,
    openSockets: () => sockets.size,
    async close() {
      const closed = new Promise((done) => server.close(done))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
