import { Socket as UdpSocket } from "node:dgram";
import { Server, Socket } from "node:net";

/** How many attempts to open a connection were refused. */
export interface RefusedConnections {
  readonly count: number;
}

/** Lets no code of this process connect or listen: whatever tries it gets an error. */
export function refuseConnections(): RefusedConnections {
  let count = 0;
  const refuse = (): never => {
    count++;
    throw new Error("tidegate check opens no connections");
  };
  Socket.prototype.connect = refuse;
  Server.prototype.listen = refuse;
  UdpSocket.prototype.bind = refuse;
  UdpSocket.prototype.connect = refuse;
  UdpSocket.prototype.send = refuse;
  return {
    get count() {
      return count;
    },
  };
}
