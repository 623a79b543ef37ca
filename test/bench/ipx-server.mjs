/** ipx (sharp) over a folder, as its documentation starts it. */
import { createServer } from 'node:http'
import { createIPX, createIPXNodeServer, ipxFSStorage } from 'ipx'

const ipx = createIPX({ storage: ipxFSStorage({ dir: process.env.IPX_FOLDER }), maxAge: 60 })
createServer(createIPXNodeServer(ipx)).listen(Number(process.env.PORT), process.env.HOST)
