// TLS: what is known of a session, and beginning one.

import * as tls from "sockdock:plugin/tls@0.1.0";
import { asked } from "./calls.js";
import { SocketError, refusal } from "./errors.js";

/** The options of Bun that mean something here, as the contract has them. */
export function tlsOptions(options) {
  if (options === true) options = {};
  for (const name of ["cert", "key", "ca", "passphrase"]) {
    if (options[name] !== undefined) {
      throw new SocketError("invalid-argument", `tls.${name}: key material doesn't enter a plugin; give the name of credentials that the operator has configured`);
    }
  }
  const protocols = options.ALPNProtocols ?? [];
  return {
    serverName: text(options.serverName ?? options.servername),
    alpn: (Array.isArray(protocols) ? protocols : [protocols]).map(text),
    credentials: text(options.credentials),
  };
}

const text = (value) => (value === undefined || value === null ? null : String(value).toWellFormed());

/** Null for a plain socket, a handshake that isn't over, and a socket that is closed. */
export function session(id) {
  try {
    return tls.session(id);
  } catch (error) {
    if (error?.payload === "closed") return null;
    throw refusal(error, "session");
  }
}

export const peerCertificates = (id) => asked("getPeerCertificates", tls.peerCertificates, id);

export const upgradeClient = (id, options) => asked("upgradeTLS", tls.upgradeClient, id, tlsOptions(options));

export function upgradeServer(id, options) {
  const { credentials } = tlsOptions(options);
  if (credentials === null) {
    throw new SocketError("invalid-argument", "upgradeTLS: a server needs tls.credentials, the name of a certificate and key that the operator has configured");
  }
  asked("upgradeTLS", tls.upgradeServer, id, credentials);
}
